"""The columns that boosters read: features and what tells the interval, in one order, and the matrix of them."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.catalogue import FEATURES, OPTIONAL, Feature
from riskpay.model.habit import habit_hazard
from riskpay.model.interval_rows import INTERVAL_COLUMNS

FloatArray = npt.NDArray[np.float64]

CLOCKS = frozenset(
    {"portfolio_late_share_30", "portfolio_late_share_90", "portfolio_mean_days_late_30", "portfolio_drift"}
)
"""Features that are alike for all items of a day: over a year of history trees read them as a clock, not as a level."""

SMALL_UNREAD = frozenset(
    {
        *(feature.name for feature in FEATURES if feature.family == "alike"),
        "due_days_since_business_day",
        "bank_days_in_terms",
    }
)
"""What boosters of a small set do not read: features that gain much on a ledger of some size, and of which the smallest
real one does not prove that they gain there (record 0014)."""

READ = tuple(feature for feature in FEATURES if feature.name not in CLOCKS)
COLUMNS = (*(feature.name for feature in READ), *INTERVAL_COLUMNS)
"""What a booster reads, in this order, where no optional feature is on."""


def read_of(names: Collection[str]) -> tuple[Feature, ...]:
    """The features that a booster reads where those ``names`` are there: optional ones only where they are."""
    return READ + tuple(feature for feature in OPTIONAL if feature.name in names)


def columns_of(names: Collection[str]) -> tuple[str, ...]:
    """What a booster reads, in this order, where columns of those ``names`` are there."""
    return (*(feature.name for feature in read_of(names)), *INTERVAL_COLUMNS)


def matrix(rows: pl.DataFrame, columns: Sequence[str] | None = None) -> FloatArray:
    """A booster's input of person-period rows, shape (rows, columns); null becomes NaN.

    ``columns``: those that it was grown on, by default ``columns_of`` the rows.
    """
    names = columns or columns_of(rows.columns)
    return rows.with_columns(habit_hazard=habit_hazard()).select(pl.col(names).cast(pl.Float64)).to_numpy()
