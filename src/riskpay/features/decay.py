"""Sums in which an older settlement counts less: weight 2^(-age / half-life), its age counted from ``since``."""

from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np
import polars as pl

from riskpay.features.settlements import CORE
from riskpay.features.timeline import Timeline, moment

_HALF_LIVES = 200
"""Half-lives in an era: weights grow within one, and what is older than the era before weighs nothing any more."""
_LEAST_DAYS = 256
_ERAS = 2**14
"""More eras than there are."""
_FIRST_DAY = 2**20
"""Days before 1970 from which eras are counted."""


@dataclass(frozen=True)
class Decayed:
    """``line``: settlements by customer and era. ``weighted``: the running sums before each of them and after the last,
    each settlement times 2^(days from the begin of its era to ``since`` / half-life), within customer and era.
    """

    half_life_days: float
    group: pl.Expr
    line: Timeline
    weighted: pl.DataFrame

    @classmethod
    def of(cls, settled: pl.DataFrame, half_life_days: float, group: pl.Expr) -> "Decayed":
        """From ``settlements``, by ``group`` (up to 2^27)."""
        era, age = _era(pl.col("since"), half_life_days)
        by_day = settled.group_by("day", "since", group=group).agg(pl.col(CORE).sum())
        weights = _powers(half_life_days)[by_day.select(age).to_series()]
        by_day = by_day.select("day", "since", pl.col(CORE) * weights, group=pl.col("group") * _ERAS + era)
        by_day = by_day.sort(moment("group", "day"), "since")
        running = by_day.select(pl.col(CORE).cum_sum().over("group"))
        before = pl.DataFrame({name: [0.0] for name in CORE})
        return cls(half_life_days, group, Timeline.of(by_day, "group"), pl.concat([before, running]))

    def at(self, asked: pl.DataFrame, prefix: str) -> pl.DataFrame:
        """``CORE`` sums as decayed by the end of ``last_day`` of each question (last_day and what the group is made of)."""
        era, age = _era(pl.col("last_day"), self.half_life_days)
        days = era_days(self.half_life_days)
        parts = []
        for back in (0, 1):
            group = self.group * _ERAS + (era - back).clip(lower_bound=0)
            at = asked.select(moment(group, "last_day")).to_series()
            last = self.line.upto(at)
            there = last > self.line.begin(at, last)
            weight = 1.0 / _powers(self.half_life_days)[asked.select(age + back * days).to_series()]
            parts.append(self.weighted[last].select(pl.when(there).then(pl.col(CORE) * weight).otherwise(0.0)))
        return parts[0].select((pl.col(name) + parts[1][name]).alias(prefix + name) for name in CORE)


def era_days(half_life_days: float) -> int:
    """Days in an era."""
    return max(_LEAST_DAYS, ceil(_HALF_LIVES * half_life_days))


def _era(day: pl.Expr, half_life_days: float) -> tuple[pl.Expr, pl.Expr]:
    """Number of the era of a day, and days from its begin."""
    number = day.to_physical().cast(pl.Int64) + _FIRST_DAY
    days = era_days(half_life_days)
    return number // days, number % days


@cache
def _powers(half_life_days: float) -> pl.Series:
    """2^(days / half-life) by days, for two eras."""
    return pl.Series(np.exp2(np.arange(2 * era_days(half_life_days)) / half_life_days))
