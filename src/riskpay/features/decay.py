"""Sums in which an older settlement counts less: weight 2^(-age / half-life), its age counted from ``since``."""

from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np
import polars as pl

from riskpay.features.settlements import CORE
from riskpay.features.timeline import Timeline, fixed, moment

_HALF_LIVES = 40
"""Half-lives in an era: weights grow within one, and what is older than the era before weighs nothing any more."""
_ERAS = 2**14
"""Eras have numbers below this, and begin anew then: hundreds of years later, if a half-life has a day or more."""
_FIRST_DAY = 2**20
"""Days before 1970 from which eras are counted."""


@dataclass(frozen=True)
class Decayed:
    """``line``: settlements by group and era, each times 2^(days from the begin of its era to ``since`` / half-life).

    Weights are fixed-point numbers of 41 to 81 bits, so that sums are exact in whatever order they were made.
    """

    half_life_days: float
    line: Timeline

    @classmethod
    def of(cls, settled: pl.DataFrame, half_life_days: float, group: pl.Expr) -> "Decayed":
        """From ``settlements``, by ``group`` (up to 2^27)."""
        era, age = _era(pl.col("since"), half_life_days)
        weight = settled.select(fixed(_powers(half_life_days, age))).to_series()
        weighted = settled.select("day", pl.col(CORE) * weight, group=group * _ERAS + era)
        return cls(half_life_days, Timeline.of(weighted, "group", CORE))

    def plus(self, later: "Decayed") -> "Decayed":
        """With later settlements."""
        return Decayed(self.half_life_days, self.line.plus(later.line))

    def at(self, asked: pl.DataFrame, group: pl.Expr, prefix: str) -> pl.DataFrame:
        """``CORE`` sums of each question's group as decayed by the end of its ``last_day``."""
        era, age = _era(pl.col("last_day"), self.half_life_days)
        parts = []
        for back in (0, 1):
            of_era = group * _ERAS + (era - back) % _ERAS
            sums = self.line.whole(asked.select(moment(of_era, "last_day")).to_series(), CORE)
            weight = asked.select(_powers(self.half_life_days, age + back * era_days(self.half_life_days))).to_series()
            parts.append(sums.select(pl.col(CORE) / weight))
        return parts[0].select((pl.col(name) + parts[1][name]).alias(prefix + name) for name in CORE)


def era_days(half_life_days: float) -> int:
    """Days in an era."""
    return ceil(_HALF_LIVES * half_life_days)


def _era(day: pl.Expr, half_life_days: float) -> tuple[pl.Expr, pl.Expr]:
    """Number of the era of a day, and days from its begin."""
    number = day.to_physical().cast(pl.Int64) + _FIRST_DAY
    days = era_days(half_life_days)
    return number // days % _ERAS, number % days


def _powers(half_life_days: float, days: pl.Expr) -> pl.Expr:
    """2^(days / half-life), for days within two eras."""
    return pl.lit(_table(half_life_days)).gather(days)


@cache
def _table(half_life_days: float) -> pl.Series:
    return pl.Series(np.exp2(np.arange(2 * era_days(half_life_days)) / half_life_days))
