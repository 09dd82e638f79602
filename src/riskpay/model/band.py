"""How far the true chance may lie from the one that is told: its band, by how much is known of the customer.

The error of a chance p counts in units of p (1 - p): with ratio r its variance is r p (1 - p), as if it had been read
off 1/r - 1 outcomes (the beta-binomial law). What all items of a customer share of it is measured on later periods: there the
products of two items' residuals have mean r p (1 - p), which one outcome alone cannot show. What differs item by item cannot
be seen in any real ledger, for each item has one outcome; worlds of known truth tell how large it is, and the ratio is never
taken as less than theirs.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.ledger.tables import CUSTOMER_KEY
from riskpay.model.hindsight import Hindsight

FloatArray = npt.NDArray[np.float64]

SUPPORT: Final = (0, 3, 10, 30, 100)
"""Settled items of the customer from which a class of support begins."""
TRUTH: Final = (0.39, 0.17, 0.10, 0.07, 0.055)
"""The ratio by class of support in worlds of known truth (base scenario, 300 customers, 18 months, seeds 21 to 23)."""
NOMINAL: Final = 0.9
"""Share of items whose true chance lies in the band."""
_HALF = 1.2816
"""Standard deviations on either side: in worlds of known truth they hold nine in ten true chances, for most errors are small."""
LEAST: Final = 30
"""Customers of a class below which its ratio is that of worlds of known truth."""


@dataclass(frozen=True)
class Band:
    """The ratio of the error's variance to p (1 - p), by class of ``SUPPORT``; it does not rise with support."""

    ratios: tuple[float, ...] = TRUTH

    def around(self, p: FloatArray, support: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
        """Lower and upper end of the band about ``p``, from 0 to 1; shape (items,) each.

        ``support``: settled items of the customer. A fact (p of 0 or 1) has no width.
        """
        ratio = np.asarray(self.ratios)[_support_class(support)]
        half = _HALF * np.sqrt(ratio * p * (1.0 - p))
        return np.maximum(p - half, 0.0), np.minimum(p + half, 1.0)


def fit_band(found: Hindsight) -> Band:
    """The ratios at which residuals of one customer's items go together as they did in later periods.

    Items asked at issue whose lateness is decided. A customer counts by its number of items, not by that of their pairs, so
    that a large one does not decide alone.
    """
    decided = found.rows.filter(pl.col("at_issue") & pl.col("late").is_not_null())
    variance = pl.col("p_late") * (1.0 - pl.col("p_late"))
    told = decided.select(
        *CUSTOMER_KEY,
        support=pl.Series(_support_class(decided["settled_count"].fill_null(0).to_numpy())),
        residual=pl.col("late").cast(pl.Float64) - pl.col("p_late"),
        scale=variance.sqrt(),
    )
    sums = told.group_by("support", *CUSTOMER_KEY, maintain_order=True).agg(
        n=pl.len(),
        seen=pl.col("residual").sum() ** 2 - (pl.col("residual") ** 2).sum(),
        most=pl.col("scale").sum() ** 2 - (pl.col("scale") ** 2).sum(),
    )
    measured = [_ratio(sums.filter(pl.col("support") == number)) for number in range(len(SUPPORT))]
    ratios = np.maximum(TRUTH, measured)
    return Band(tuple(float(ratio) for ratio in np.maximum.accumulate(ratios[::-1])[::-1]))


def _ratio(customers: pl.DataFrame) -> float:
    """Of one class of support; 0 where too few customers tell."""
    several = customers.filter(pl.col("n") > 1)
    if several.height < LEAST:
        return 0.0
    seen, most = several.select((pl.col("seen", "most") / pl.col("n")).sum()).row(0)
    return min(max(float(seen / most), 0.0), 1.0) if most > 0 else 0.0


def _support_class(support: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.searchsorted(SUPPORT, support, side="right") - 1
