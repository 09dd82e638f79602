"""Figures whose errors take whole customers as one: items of a customer end alike.

So every standard error adds up residuals by customer first (Liang and Zeger 1986).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.ledger.tables import CUSTOMER_KEY

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A figure and its standard error, None where there is none."""

    value: float
    error: float | None

    def surely_beyond(self, bound: float, errors: float) -> bool:
        """Whether the figure is larger than ``bound``, and above 0 by so many standard errors."""
        return self.error is not None and self.value > bound and self.value > errors * self.error


def owners_of(frame: pl.DataFrame) -> IntArray:
    """A number from 0 for the customer of each row (company_id, customer_id), in the order of their keys."""
    ranks = frame.select(owner=pl.struct(CUSTOMER_KEY).rank("dense"))["owner"]
    return ranks.to_numpy().astype(np.int64) - 1


def mean_of(values: FloatArray, owners: IntArray, weight: FloatArray | None = None) -> Estimate:
    """The mean (by ``weight``) and its standard error, ``owners`` (any numbers) drawn whole; no error for a single owner.

    The linearised variance of a ratio of sums over clusters (Cochran, Sampling Techniques, 3rd ed., 6.4).
    """
    each = np.ones(len(values)) if weight is None else weight
    total = float(each.sum())
    mean = float(each @ values) / total
    _, owner = np.unique(owners, return_inverse=True)
    sums = np.bincount(owner, weights=each * (values - mean))
    if len(sums) < 2:
        return Estimate(mean, None)
    spread = float(sums @ sums) * len(sums) / (len(sums) - 1)
    return Estimate(mean, float(np.sqrt(spread)) / total)
