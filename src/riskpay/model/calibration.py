"""Calibration of interval hazards on periods later than those the boosters were grown on.

Platt's scaling of the log-odds, one line per group of intervals (paid by the due date; after it),
held towards the identity by a ridge so that few rows change little. A line is fitted on each of
several later periods. Its slope says whether the booster is too sure of itself, or not sure enough:
the periods' mean is kept. Its level says how payments moved after the booster's training ended;
the booster that is kept has learnt from those periods too, so that level is not carried over.
Late probability and curve are derived from the calibrated hazards, so they cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from riskpay.model.groups import GROUPS, group_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_RIDGE_ROWS = 20.0
_EDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Intercept and slope of the log-odds by group of intervals."""

    intercepts: tuple[float, ...] = (0.0,) * len(GROUPS)
    slopes: tuple[float, ...] = (1.0,) * len(GROUPS)

    def apply(self, hazard: FloatArray, interval: IntArray) -> FloatArray:
        """Calibrated hazards of rows in their intervals (index in the grid)."""
        group = group_of(interval)
        line = np.asarray(self.intercepts)[group] + np.asarray(self.slopes)[group] * _logit(hazard)
        return _expit(line)


def fit_calibration(
    hazard: FloatArray, interval: IntArray, paid: npt.NDArray[np.bool_], weight: FloatArray
) -> Calibration:
    """The lines that make hazards of a later period agree with what was paid in it."""
    group = group_of(interval)
    lines = [_line(hazard[group == g], paid[group == g], weight[group == g]) for g in range(len(GROUPS))]
    return Calibration(tuple(line[0] for line in lines), tuple(line[1] for line in lines))


def agreed(periods: Sequence[Calibration], interval: IntArray, paid: npt.NDArray[np.bool_]) -> Calibration:
    """The periods' mean slopes, turning about the level of all training rows; without periods the identity.

    ``interval`` and ``paid``: of the rows the kept boosters are grown on.
    """
    if not periods:
        return Calibration()
    slopes = [float(np.mean([period.slopes[g] for period in periods])) for g in range(len(GROUPS))]
    levels = [_level(paid[group_of(interval) == g]) for g in range(len(GROUPS))]
    return Calibration(tuple(c * (1.0 - b) for b, c in zip(slopes, levels, strict=True)), tuple(slopes))


def _level(paid: npt.NDArray[np.bool_]) -> float:
    """Log-odds of being paid over the rows of a group; 0 where it has none."""
    return float(_logit(np.atleast_1d(paid.mean()))[0]) if len(paid) else 0.0


def _line(hazard: FloatArray, paid: npt.NDArray[np.bool_], weight: FloatArray) -> tuple[float, float]:
    if not len(hazard):
        return 0.0, 1.0
    odds = _logit(hazard)

    def loss(line: FloatArray) -> float:
        z = line[0] + line[1] * odds
        fit = np.sum(weight * (np.logaddexp(0.0, z) - paid * z))
        return float(fit + _RIDGE_ROWS / 2 * (line[0] ** 2 + (line[1] - 1.0) ** 2))

    found = minimize(loss, np.array([0.0, 1.0]), method="L-BFGS-B", bounds=[(-3.0, 3.0), (0.2, 3.0)])
    return float(found.x[0]), float(found.x[1])


def _logit(p: FloatArray) -> FloatArray:
    clipped = np.clip(p, _EDGE, 1.0 - _EDGE)
    odds: FloatArray = np.log(clipped / (1.0 - clipped))
    return odds


def _expit(z: FloatArray) -> FloatArray:
    p: FloatArray = 1.0 / (1.0 + np.exp(-z))
    return p
