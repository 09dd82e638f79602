"""The customer's own hazard of an interval, read off its past late shares: where the trees of later intervals start."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import brentq
from scipy.special import expit, logit

from riskpay.features.catalogue import LATE_DAYS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TRUST = 0.8
"""Part of the habit's log-odds that is taken over; below 1 because shares of few items are noisy."""

LEVEL_ROWS = 1000.0
"""Rows whose weight holds a level near 0. Those of an interval long after the due date are many landmarks of few items of
few customers, and tell less than their number; where rows abound the trees find the level (record 0024)."""

_EDGE = 0.003

SHARES = ("late_share", *(f"late_{days}_share" for days in LATE_DAYS))
"""Features that say which share of a customer's past items was paid later than a day."""


@cache
def habit_hazard() -> pl.Expr:
    """Of the customer's past items unpaid at the interval's start, the share paid by its end.

    Read off the shrunk shares paid later than each end. Trees would need many splits to find these
    quotients; for payments a month late, which few customers make, they would not find them. An item asked within an
    interval has what is left of it, at the constant hazard that the curve has there.
    """
    # Asked on the interval's last day it still has that day: what was paid on it is not posted yet.
    end = pl.col("interval_end")
    start = pl.min_horizontal("interval_start", end - 1)
    unpaid = {days: pl.col(f"late_{days}_share") for days in LATE_DAYS}
    by_end, at_start = (_at(day, pl.col("late_share"), unpaid) for day in (end, start))
    begins = _at(start, pl.lit(0), {days: pl.lit(days) for days in LATE_DAYS})
    left = pl.when(at_start > 0).then(by_end / at_start).clip(0.0, 1.0)
    later = 1.0 - left.pow((end - start) / (end - begins))
    return pl.when(pl.col("interval") == 0).then(1.0 - pl.col("late_share")).otherwise(later)


def share_read() -> pl.Expr:
    """Index into SHARES of the share that is unpaid at the interval's end."""
    after = {days: pl.lit(SHARES.index(f"late_{days}_share")) for days in LATE_DAYS}
    found = _at(pl.col("interval_end"), pl.lit(0), after)
    return pl.when(pl.col("interval") == 0).then(pl.lit(0)).otherwise(found)


def _at(day: pl.Expr, by_due: pl.Expr, later: dict[int, pl.Expr]) -> pl.Expr:
    """What belongs to ``day`` days past due: that of the last edge not beyond it."""
    found = by_due
    for days, there in later.items():
        found = pl.when(day >= days).then(there).otherwise(found)
    return found


@dataclass(frozen=True)
class HabitOffset:
    """Log-odds of being paid that rows of later intervals have before any tree: ``TRUST`` x habit + a level.

    ``levels`` and ``centres``: by interval of the grid, the level and the mean of the habit's part in training.
    An interval beyond them takes the last.
    """

    levels: tuple[float, ...]
    centres: tuple[float, ...]

    @classmethod
    def fitted(cls, rows: pl.DataFrame, weight: FloatArray) -> "HabitOffset":
        """The levels at which person-period rows of later intervals are paid as often as they were, nearly.

        A ridge holds the level of an interval with few rows near 0, where the habit alone speaks.
        """
        habit, interval, paid = _habit_part(rows), _interval(rows), rows["paid"].to_numpy()
        last = int(interval.max(initial=0))
        levels, centres = [0.0], [0.0]
        for number in range(1, last + 1):
            here = interval == number
            levels.append(fitted_level(habit[here], paid[here], weight[here], LEVEL_ROWS))
            centres.append(float(np.average(habit[here], weights=weight[here])) if here.any() else 0.0)
        return cls(tuple(levels), tuple(centres))

    def log_odds(self, rows: pl.DataFrame) -> FloatArray:
        """Where the trees start, for rows of later intervals, shape (rows,)."""
        return _habit_part(rows) + self._of(self.levels, rows)

    def contribution(self, rows: pl.DataFrame) -> FloatArray:
        """What the habit's part adds, beside that of a mean row of the interval; 0 in the first interval."""
        apart = _habit_part(rows) - self._of(self.centres, rows)
        return np.where(_interval(rows) > 0, apart, 0.0)

    def _of(self, by_interval: tuple[float, ...], rows: pl.DataFrame) -> FloatArray:
        found: FloatArray = np.asarray(by_interval)[np.minimum(_interval(rows), len(by_interval) - 1)]
        return found


def _habit_part(rows: pl.DataFrame) -> FloatArray:
    known = pl.col("habit_hazard") if "habit_hazard" in rows.columns else habit_hazard()
    habit = rows.select(habit=known.clip(_EDGE, 1.0 - _EDGE).fill_null(0.5))["habit"]
    found: FloatArray = TRUST * logit(habit.to_numpy())
    return found


def _interval(rows: pl.DataFrame) -> IntArray:
    return rows["interval"].to_numpy().astype(np.int64)


def fitted_level(
    habit: FloatArray, paid: FloatArray | npt.NDArray[np.bool_], weight: FloatArray, ridge: float
) -> float:
    """The added log-odds at which the weighted log loss with its ``ridge``, in rows, is least: where its slope is 0."""

    def slope(level: float) -> float:
        return float(np.sum(weight * (paid - expit(habit + level))) - ridge * level)

    most = float(np.sum(weight)) / ridge + 1.0  # the rows pull no harder than their weight
    return float(brentq(slope, -most, most))
