"""How far two samples of one column lie apart: population stability index, Kolmogorov-Smirnov test, correction for many."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control, ks_2samp

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

BINS: Final = 10
"""Bins of a column without heavy values; those and null have one each beside them."""

SHARE_FLOOR: Final = 1e-4
"""Least share that a bin counts for, so that an empty one has a logarithm (Evidently fills empty bins with the same)."""


@dataclass(frozen=True)
class Binning:
    """Edges between the bins of a column; bin 0 is null, bin k holds edges[k - 2] < value <= edges[k - 1].

    The first and the last bin are open. A column that was never filled has no edges and two bins.
    """

    edges: tuple[float, ...]

    @classmethod
    def of(cls, values: FloatArray, bins: int = BINS) -> Self:
        """Edges at the quantiles of ``values`` (NaN is null): the deciles of credit scoring.

        A value so frequent that two of them fall on it gets a bin of its own: what lies below is not mixed with it.
        """
        there = values[~np.isnan(values)]
        if not len(there):
            return cls(())
        cuts = np.quantile(there, np.arange(1, bins) / bins, method="inverted_cdf")
        found, times = np.unique(cuts, return_counts=True)
        heavy = found[times > 1]
        return cls(tuple(np.unique([*found, *np.nextafter(heavy, -np.inf)]).tolist()))

    @property
    def size(self) -> int:
        """Number of bins, that of null included."""
        return len(self.edges) + 2

    def counts(self, values: FloatArray) -> IntArray:
        """Values in each bin, shape (size,)."""
        return np.bincount(self.places(values), minlength=self.size).astype(np.int64)

    def places(self, values: FloatArray) -> IntArray:
        """The bin of each value."""
        found = np.searchsorted(np.asarray(self.edges), values, side="left") + 1
        return np.where(np.isnan(values), 0, found).astype(np.int64)


def shares(counts: npt.NDArray[np.number]) -> FloatArray:
    """Counts as shares of their sum, along the last axis; zeros where there is nothing."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(counts / np.maximum(total, 1), dtype=np.float64)


def psi(before: npt.NDArray[np.number], now: npt.NDArray[np.number]) -> FloatArray:
    """Population stability index of counts by bin: sum of (now - before) ln(now / before) over shares, last axis.

    The index of Siddiqi, Credit Risk Scorecards (2006): below .1 stable, from .25 on another population. Shares
    below ``SHARE_FLOOR`` count as that much.
    """
    old, new = (np.maximum(shares(counts), SHARE_FLOOR) for counts in (before, now))
    return np.asarray(((new - old) * np.log(new / old)).sum(axis=-1), dtype=np.float64)


def kolmogorov_smirnov(before: FloatArray, now: FloatArray) -> tuple[float, float]:
    """Largest distance of two distributions and the chance of a larger one if they were the same (p).

    NaN (null) counts as a value below all others, so that a change of its share is found too. Without values on
    either side the distance is 0 and p is 1. Values are taken as independent, which items of one customer are not.
    """
    if not len(before) or not len(now):
        return 0.0, 1.0
    filled = np.concatenate([before, now])
    there = filled[~np.isnan(filled)]
    filled = np.where(np.isnan(filled), np.nextafter(there.min(), -np.inf) if len(there) else 0.0, filled)
    found = ks_2samp(filled[: len(before)], filled[len(before) :], method="asymp")
    return float(found.statistic), float(found.pvalue)


def corrected(p: FloatArray) -> FloatArray:
    """p-values corrected for their number by Benjamini and Hochberg (1995): the share of false finds among finds."""
    return np.asarray(false_discovery_control(p), dtype=np.float64) if len(p) else p
