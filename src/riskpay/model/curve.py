"""From interval hazards to payment curves by day, and back to one late probability."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from riskpay.features.labels import Grid
from riskpay.model.paid_shape import Spread
from riskpay.model.risk import HORIZON_DAYS

FloatArray = npt.NDArray[np.float64]

_LONG_AGO = int(np.iinfo(np.int64).min // 2)
_PIECE = 512


def curves(at: npt.NDArray[np.int64], hazards: FloatArray, grid: Grid, spread: Spread) -> npt.NDArray[np.float32]:
    """S(t), t = 0..HORIZON_DAYS, shape (items, HORIZON_DAYS + 1), S(0) = 1.

    ``at``: days from the due date to as_of. ``hazards``: shape (items, intervals), NaN for intervals
    that lie behind as_of. The hazard is constant inside an interval, the first one follows
    ``spread``, and S is constant beyond the grid's last end.

    Items asked equally many days from their due dates go together: for them an interval is a span of columns. In all that is
    an exponential an item and day, and no more memory than the curves.
    """
    unpaid = np.ones((len(at), HORIZON_DAYS + 1), dtype=np.float32)
    order = np.argsort(at, kind="stable")
    for rows in _pieces(at[order]):
        items = order[rows]
        unpaid[items] = _alike(int(at[items[0]]), hazards[items], grid, spread.where(items))
    return unpaid


def _pieces(at: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Spans of equal values in sorted ``at``, long ones in pieces that a processor's cache holds."""
    for begin, end in pairwise([0, *(np.flatnonzero(np.diff(at)) + 1), len(at)]):
        for start in range(begin, end, _PIECE):
            yield slice(start, min(start + _PIECE, end))


def _alike(at: int, hazards: FloatArray, grid: Grid, spread: Spread) -> FloatArray:
    """S(t) of items that are all asked ``at`` days from their due dates."""
    unpaid = np.ones((len(hazards), HORIZON_DAYS + 1))
    spans = zip((_LONG_AGO, *grid.ends[:-1]), grid.ends, strict=True)
    for number, (start, end) in enumerate(spans):
        begin = max(start, at)
        # Asked on the last day of the interval: what it still pays is known a day later.
        days = np.arange(begin + 1, min(max(end, begin + 1), at + HORIZON_DAYS) + 1)
        if at <= end and len(days):
            hazard, first, last = hazards[:, number, None], days[0] - at, days[-1] - at
            left = _left(np.full((1, 1), at), days[None, :], hazard, (start, end), None if number else spread)
            unpaid[:, first : last + 1] *= left
            unpaid[:, last + 1 :] *= left[:, -1:]
    return unpaid


def unpaid_on(at: npt.NDArray[np.int64], hazards: FloatArray, grid: Grid, spread: Spread, days: int) -> FloatArray:
    """S(``days``) of each row as ``curves`` has it, in full precision, shape (items,)."""
    found = np.ones(len(at))
    for number in range(len(grid.ends)):
        found *= left_of_interval(at, at + days, hazards[:, number], number, grid, spread)
    return found


def left_of_interval(
    at: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    hazard: FloatArray,
    number: int,
    grid: Grid,
    spread: Spread,
) -> FloatArray:
    """What one interval leaves unpaid until ``day``, of what was unpaid when it began: a factor of S, shape (rows,).

    ``at`` and ``day``: days from the due date of as_of and of the day looked at. ``number``: index of the interval.
    """
    start = grid.ends[number - 1] if number else int(np.iinfo(np.int64).min // 2)
    return _left(at, day, hazard, (start, grid.ends[number]), None if number else spread)


def _left(
    at: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    hazard: FloatArray,
    span: tuple[int, int],
    spread: Spread | None,
) -> FloatArray:
    """What is still unpaid at ``day`` of what was unpaid at the beginning of one interval; arrays that broadcast."""
    start, end = span
    begin = np.maximum(at, start)
    there = ~np.isnan(hazard)
    h = np.where(there, hazard, 0.0)
    if spread is not None:
        paid = np.where(day > end, 1.0, spread.paid_by(at, np.minimum(day, end), end))
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
