"""What features add to a chance: TreeSHAP contributions to log-odds of intervals, carried over to S(t) and p_late.

A contribution to the log-odds of an interval's hazard is carried on by the slope of the secant between the log-odds without
any feature (the base) and with all: first to the logarithm of what the interval leaves unpaid, then, summed over the intervals,
to S itself. That is the rescale rule of DeepLIFT (Shrikumar, Greenside and Kundaje 2017). Calibration, the part of the last
interval inside the horizon and the shape of payments before the due date lie on that way, so the contributions
sum to S less the base's S with nothing left over. The base is what the model says of an item in these intervals before it looks at
any feature: the boosters' expected value and what the intervals themselves add.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit

from riskpay.features.catalogue import Feature
from riskpay.features.labels import intervals
from riskpay.model.curve import left_of_interval
from riskpay.model.late_model import LateModel
from riskpay.model.subset import blanked

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_NEAR: Final = 1e-6
"""Two points nearer than this have no secant that could be told from noise: the slope there is taken."""
_STEP: Final = 1e-4
_LEAST_LEFT: Final = 1e-12
"""What an interval leaves unpaid at least, so that its logarithm is there."""


@dataclass(frozen=True)
class Attributed:
    """A chance of each question as ``base`` + the sum of ``points`` over the features ``read``.

    Shapes (questions,), (questions, features), (questions,); ``points`` in points of probability.
    """

    base: FloatArray
    points: FloatArray
    chance: FloatArray
    read: tuple[Feature, ...]


@dataclass(frozen=True)
class Contributed:
    """Person-period rows of questions, with what each feature adds to their log-odds.

    ``rows`` as ``intervals`` gives them, with ``position`` (row of the question); ``odds``: the raw log-odds, shape (rows,);
    ``added``: of the features ``read``, shape (rows, features), 0 for what the model is blind to; ``at``: days from due
    date to as_of of each question.
    """

    model: LateModel
    rows: pl.DataFrame
    odds: FloatArray
    added: FloatArray
    read: tuple[Feature, ...]
    at: IntArray

    @classmethod
    def of(cls, model: LateModel, frame: pl.DataFrame, days: int = 0) -> "Contributed":
        """The rows of every question's first interval, and of all that begin within ``days`` days from its as_of.

        ``frame`` as for ``LateModel.hazards``. TreeSHAP is slow: some 500 rows a second a core.
        """
        at = (frame["as_of"] - frame["due_date"]).dt.total_days().to_numpy().astype(np.int64)
        rows = intervals(blanked(frame, model.without).with_row_index("position"), model.grid)
        begins = pl.col("interval_start") - (pl.col("as_of") - pl.col("due_date")).dt.total_days() < days
        rows = rows.filter(pl.col("first") | begins)
        told = [number for number, feature in enumerate(model.hazard.read) if feature.name not in model.without]
        read = tuple(model.hazard.read[number] for number in told)
        added = model.hazard.contributions(rows)[:, told] if rows.height else np.empty((0, len(read)))
        return cls(model, rows, model.hazard.log_odds(rows), added, read, at)

    def firsts(self) -> tuple[pl.DataFrame, FloatArray]:
        """The rows of the first intervals, and what each feature adds to the calibrated log-odds of payment in them."""
        rows, here, interval = self.rows, self.rows["first"].to_numpy(), self._interval
        base = self.odds - self.added.sum(axis=1)

        def calibrated(odds: FloatArray) -> FloatArray:
            hazard = np.clip(self.model.calibration.apply(expit(odds), interval), 1e-15, 1.0 - 1e-15)
            found: FloatArray = np.log(hazard) - np.log1p(-hazard)
            return found

        weights = secant(calibrated, base, self.odds)[:, None] * self.added
        return rows.filter(here), weights[here]

    def unpaid(self, days: int) -> Attributed:
        """S(``days``) of every question, at most the days that the rows were made for."""
        position, at = self._position, self.at[self._position]
        return self._attributed(position, lambda hazard: self._left(hazard, at, at + days))

    def lateness(self) -> Attributed:
        """P(not paid by the end of the first interval of the grid) of every question; 1, with no points, once past it."""
        before = self._interval == 0
        # All of the interval counts: p_late asks who pays in it, not when.
        return self._attributed(self._position, lambda hazard: np.where(before, 1.0 - hazard, 1.0))

    def _attributed(self, position: IntArray, left_of: Callable[[FloatArray], FloatArray]) -> Attributed:
        interval, calibration = self._interval, self.model.calibration

        def log_left(odds: FloatArray) -> FloatArray:
            left = left_of(calibration.apply(expit(odds), interval))
            found: FloatArray = np.log(np.maximum(left, _LEAST_LEFT))
            return found

        base = self.odds - self.added.sum(axis=1)
        carried = secant(log_left, base, self.odds)[:, None] * self.added
        log_base = _summed(log_left(base), position, len(self.at))
        log_chance = _summed(log_left(self.odds), position, len(self.at))
        slope = secant(np.exp, log_base, log_chance)
        points = slope[:, None] * _summed(carried, position, len(self.at))
        return Attributed(np.exp(log_base), points, np.exp(log_chance), self.read)

    def _left(self, hazard: FloatArray, at: IntArray, day: IntArray) -> FloatArray:
        found, interval = np.ones(len(hazard)), self._interval
        spread = self.model.spread(self.rows)
        for number in np.unique(interval):
            here = interval == number
            there = spread.where(here)
            found[here] = left_of_interval(at[here], day[here], hazard[here], int(number), self.model.grid, there)
        return found

    @property
    def _interval(self) -> IntArray:
        return self.rows["interval"].to_numpy().astype(np.int64)

    @property
    def _position(self) -> IntArray:
        return self.rows["position"].to_numpy().astype(np.int64)


def secant(function: Callable[[FloatArray], FloatArray], start: FloatArray, end: FloatArray) -> FloatArray:
    """Slope of the secant of a function of each element from ``start`` to ``end``; its own slope where they all but meet."""
    apart = end - start
    near = np.abs(apart) < _NEAR
    own = (function(end + _STEP) - function(end - _STEP)) / (2 * _STEP)
    across = (function(end) - function(start)) / np.where(near, 1.0, apart)
    return np.where(near, own, across)


def grouped(points: FloatArray, groups: Sequence[Sequence[int]]) -> FloatArray:
    """Sums of the columns of each group, shape (rows, groups)."""
    return np.stack([points[:, list(group)].sum(axis=1) for group in groups], axis=1)


def _summed(values: FloatArray, position: IntArray, questions: int) -> FloatArray:
    """Sums over the rows of each question, in its place."""
    found = np.zeros((questions, *values.shape[1:]))
    np.add.at(found, position, values)
    return found
