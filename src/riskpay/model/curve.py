"""From interval hazards to payment curves by day, and back to one late probability."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.labels import Grid
from riskpay.model.risk import HORIZON_DAYS

FloatArray = npt.NDArray[np.float64]

EARLIEST = -90
_FLAT_SHARE = 0.05
_LONG_AGO = int(np.iinfo(np.int64).min // 2)
_PIECE = 512


@dataclass(frozen=True)
class PaidShape:
    """How payments up to the first interval's end spread over the days before it.

    ``share[d - EARLIEST]`` is the observed share of them made d days from the due date, d from
    EARLIEST (all earlier ones too) to the end of the first interval. A small flat part keeps days without
    observations possible.
    """

    share: tuple[float, ...]

    @classmethod
    def observed(cls, days_late: pl.Series, end: int) -> "PaidShape":
        """The shape of payments made ``days_late`` days from the due date, those after ``end`` left out."""
        days = days_late.filter(days_late <= end).clip(lower_bound=EARLIEST).to_numpy() - EARLIEST
        count = np.bincount(days.astype(np.int64), minlength=end - EARLIEST + 1).astype(np.float64)
        flat = np.full(len(count), 1.0 / len(count))
        seen = count / count.sum() if count.sum() else flat
        return cls(tuple((1.0 - _FLAT_SHARE) * seen + _FLAT_SHARE * flat))

    def paid_by(self, at: npt.NDArray[np.int64], day: npt.NDArray[np.int64], end: int) -> FloatArray:
        """Share of the first interval's payments made by ``day``, for items asked at ``at`` (days from due)."""
        total = np.concatenate([[0.0], np.cumsum(self.share)])

        def by(moment: npt.NDArray[np.int64]) -> FloatArray:
            found: FloatArray = total[np.clip(moment, EARLIEST - 1, end) - EARLIEST + 1]
            return found

        done, whole = by(day) - by(at), by(np.full_like(at, end)) - by(at)
        # Asked on the last day of the interval: what it still pays is known a day later.
        share: FloatArray = np.where(whole > 0, done / np.where(whole > 0, whole, 1.0), day > at)
        return share


def curves(at: npt.NDArray[np.int64], hazards: FloatArray, grid: Grid, shape: PaidShape) -> npt.NDArray[np.float32]:
    """S(t), t = 0..HORIZON_DAYS, shape (items, HORIZON_DAYS + 1), S(0) = 1.

    ``at``: days from the due date to as_of. ``hazards``: shape (items, intervals), NaN for intervals
    that lie behind as_of. The hazard is constant inside an interval, the first one follows
    ``shape``, and S is constant beyond the grid's last end.

    Items asked equally many days from their due dates go together: for them an interval is a span of columns. In all that is
    an exponential an item and day, and no more memory than the curves.
    """
    unpaid = np.ones((len(at), HORIZON_DAYS + 1), dtype=np.float32)
    order = np.argsort(at, kind="stable")
    for rows in _pieces(at[order]):
        items = order[rows]
        unpaid[items] = _alike(int(at[items[0]]), hazards[items], grid, shape)
    return unpaid


def _pieces(at: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Spans of equal values in sorted ``at``, long ones in pieces that a processor's cache holds."""
    for begin, end in pairwise([0, *(np.flatnonzero(np.diff(at)) + 1), len(at)]):
        for start in range(begin, end, _PIECE):
            yield slice(start, min(start + _PIECE, end))


def _alike(at: int, hazards: FloatArray, grid: Grid, shape: PaidShape) -> FloatArray:
    """S(t) of items that are all asked ``at`` days from their due dates."""
    unpaid = np.ones((len(hazards), HORIZON_DAYS + 1))
    spans = zip((_LONG_AGO, *grid.ends[:-1]), grid.ends, strict=True)
    for number, (start, end) in enumerate(spans):
        begin = max(start, at)
        # Asked on the last day of the interval: what it still pays is known a day later.
        days = np.arange(begin + 1, min(max(end, begin + 1), at + HORIZON_DAYS) + 1)
        if at <= end and len(days):
            hazard, first, last = hazards[:, number, None], days[0] - at, days[-1] - at
            left = _left(np.full_like(days, at), days, hazard, (start, end), None if number else shape)
            unpaid[:, first : last + 1] *= left
            unpaid[:, last + 1 :] *= left[:, -1:]
    return unpaid


def unpaid_on(at: npt.NDArray[np.int64], hazards: FloatArray, grid: Grid, shape: PaidShape, days: int) -> FloatArray:
    """S(``days``) of each row as ``curves`` has it, in full precision, shape (items,)."""
    found = np.ones(len(at))
    for number in range(len(grid.ends)):
        found *= left_of_interval(at, at + days, hazards[:, number], number, grid, shape)
    return found


def left_of_interval(
    at: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    hazard: FloatArray,
    number: int,
    grid: Grid,
    shape: PaidShape,
) -> FloatArray:
    """What one interval leaves unpaid until ``day``, of what was unpaid when it began: a factor of S, shape (rows,).

    ``at`` and ``day``: days from the due date of as_of and of the day looked at. ``number``: index of the interval.
    """
    start = grid.ends[number - 1] if number else int(np.iinfo(np.int64).min // 2)
    return _left(at, day, hazard, (start, grid.ends[number]), None if number else shape)


def _left(
    at: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    hazard: FloatArray,
    span: tuple[int, int],
    shape: PaidShape | None,
) -> FloatArray:
    """What is still unpaid at ``day`` of what was unpaid at the beginning of one interval; arrays that broadcast."""
    start, end = span
    begin = np.maximum(at, start)
    there = ~np.isnan(hazard)
    h = np.where(there, hazard, 0.0)
    if shape is not None:
        paid = np.where(day > end, 1.0, shape.paid_by(at, np.minimum(day, end), end))
        left: FloatArray = 1.0 - h * np.where(there, paid, 0.0)
        return left
    length = np.maximum(end - begin, 1)
    passed = np.clip((day - begin) / length, 0.0, 1.0)
    result: FloatArray = np.exp(passed * np.log1p(-np.minimum(h, 1.0 - 1e-12)))
    return result


def late_probability(at: npt.NDArray[np.int64], hazards: FloatArray, grid: Grid, days_late: int) -> FloatArray:
    """P(not paid by ``days_late`` days after the due date): the product of 1 - h up to that end; 1 once it has passed.

    ``days_late`` is one of the grid's ends.
    """
    upto = hazards[:, : grid.ends.index(days_late) + 1]
    p: FloatArray = np.prod(np.where(np.isnan(upto), 1.0, 1.0 - upto), axis=1)
    return np.where(at > days_late, 1.0, p)
