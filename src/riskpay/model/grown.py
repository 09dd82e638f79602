"""Growing a hazard that is kept, beside trials on later periods that say how many rounds, and how to calibrate it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
import polars as pl

from riskpay.model import hazard
from riskpay.model.calibration import Calibration, agreed, fit_calibration
from riskpay.model.groups import GROUPS
from riskpay.model.hazard import Grower, Hazard, HazardSettings, Plan, Rounds, grown_here


@dataclass(frozen=True)
class Period:
    """A later period: the rows decided before it, and its own. ``days``: its first, and the first after it; where known."""

    early: pl.DataFrame
    later: pl.DataFrame
    days: tuple[date, date] = (date.max, date.max)


@dataclass(frozen=True)
class Grown:
    """The hazard that is kept, and the trial of each later period, which grew without knowing it.

    ``rounds``: at which the last period's loss was least. ``calibration``: what the periods agree on.
    """

    kept: Hazard
    rounds: Rounds
    calibration: Calibration
    trials: tuple[tuple[Period, Hazard], ...]


def grown_with_trials(
    rows: pl.DataFrame,
    periods: Iterator[Period],
    settings: HazardSettings,
    grower: Grower = grown_here,
    reads: tuple[str, ...] | None = None,
) -> Grown:
    """The hazard of all ``rows``, and the trials of ``periods``, the last period first.

    ``reads``: the columns that the trees may read, None for those of the catalogue.
    Once the rounds are known all other boosters need nothing of one another: the grower has them together.
    """
    rounds: Rounds = (settings.unwatched_rounds,) * len(GROUPS)
    trials, judged = [], []
    for period in islice(periods, 1):
        trials = hazard.grow([hazard.watching(period.early, period.later, settings, reads)], grower)
        judged.append(period)
        rounds = hazard.rounds_of(trials[0])

    def plans() -> Iterator[Plan]:
        yield hazard.two_members(rows, rounds, settings, reads)
        for period in periods:
            judged.append(period)
            yield hazard.one_member(period.early, rounds, settings, reads)

    kept, *more = hazard.grow(plans(), grower)
    told = tuple(zip(judged, [*trials, *more], strict=True))
    lines = [_line_of(trial, period.later, settings) for period, trial in told]
    interval = rows["interval"].to_numpy().astype(np.int64)
    return Grown(kept, rounds, agreed(lines, interval, rows["paid"].to_numpy()), told)


def _line_of(trial: Hazard, later: pl.DataFrame, settings: HazardSettings) -> Calibration:
    return fit_calibration(
        trial.predict(later),
        later["interval"].to_numpy().astype(np.int64),
        later["paid"].to_numpy(),
        hazard.weights(later, settings),
    )
