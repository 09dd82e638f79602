"""Dated rows in order of group and day, with running sums: a question about any days is two binary searches.

The sum over a span of rows is the difference of two running sums, so it costs the same for a week and for all time,
however long the history. Counts are summed as whole numbers and amounts as fixed-point ones, in 128 bits: sums are exact,
whatever else is in the table and in whatever order, parts or layers it was built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final

import numpy as np
import polars as pl

SUB_GROUPS: Final = 2**20
"""A customer's sub-groups, such as its due weekdays, have numbers below this."""

_DAYS: Final = 2**22
_YEAR_ZERO: Final = 2**20
"""Days from before the year 1 to 1970, so that every day of the calendar has a number from 0 to ``_DAYS``."""
_FRACTION: Final = 2.0**40


def moment(group: pl.Expr | str, day: pl.Expr | str) -> pl.Expr:
    """A number that orders by group (from -1 to 2^41), then day; less n it is the moment n days before."""
    number, days = (pl.col(e) if isinstance(e, str) else e for e in (group, day))
    return number.cast(pl.Int64) * _DAYS + days.to_physical().cast(pl.Int64) + _YEAR_ZERO


def group_of(moments: pl.Series) -> pl.Series:
    """The groups of moments."""
    return moments // _DAYS


def day_of(moments: pl.Series) -> pl.Series:
    """The days of moments."""
    return (moments % _DAYS - _YEAR_ZERO).cast(pl.Int32).cast(pl.Date)


@dataclass(frozen=True)
class Layer:
    """Moments in order, the row with which each one's group begins, and the sum of all rows before each.

    ``sums`` is one row longer than the others: its last is the sum of all.
    """

    moments: pl.Series
    first: pl.Series
    sums: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame, group: pl.Expr | str, sums: Sequence[str], day: str) -> "Layer":
        """As ``Timeline.of``."""
        ordered = rows.select(moment(group, day).alias("moment"), *exact(rows, sums)).sort("moment")
        number = pl.col("moment") // _DAYS
        begins = (number != number.shift(1)).fill_null(value=True)
        first = ordered.select(pl.when(begins).then(pl.int_range(pl.len(), dtype=pl.UInt32)).forward_fill())
        running = ordered.select(pl.col(list(sums)).cum_sum())
        return cls(ordered["moment"], first.to_series(), pl.concat([_zeros(running), running]))

    def upto(self, moments: pl.Series) -> pl.Series:
        """How many rows there are up to each moment, its own day included."""
        # NumPy starts from where the question before was found: twice as fast for questions in order.
        return pl.Series(np.searchsorted(self.moments.to_numpy(), moments.to_numpy(), side="right"))

    def begin(self, moments: pl.Series, last: pl.Series) -> pl.Series:
        """How many rows there are before each moment's group begins; ``last``, its ``upto``, where it has none by then."""
        if self.moments.is_empty():
            return last
        row = last.clip(lower_bound=1) - 1
        found = pl.DataFrame(
            {"at": self.moments.gather(row), "first": self.first.gather(row), "asked": moments, "last": last}
        )
        same = (pl.col("at") // _DAYS == pl.col("asked") // _DAYS) & (pl.col("last") > 0)
        return found.select(pl.when(same).then("first").otherwise("last")).to_series()

    def between(self, first: pl.Series, last: pl.Series, names: Sequence[str]) -> list[pl.Expr]:
        """Of ``sums``: the exact sums of the rows after the ``first`` number of rows up to the ``last``."""
        return [pl.col(name).gather(last) - pl.col(name).gather(first) for name in names]


@dataclass(frozen=True)
class Timeline:
    """Dated rows in layers: those gathered first, and those that came or were taken back (as negative ones) later."""

    layers: tuple[Layer, ...]

    @classmethod
    def of(cls, rows: pl.DataFrame, group: pl.Expr | str, sums: Sequence[str] = (), day: str = "day") -> "Timeline":
        """Rows with a group's number, a day and the columns to sum; null counts as nothing."""
        return cls((Layer.of(rows, group, sums, day),))

    def plus(self, later: "Timeline") -> "Timeline":
        """With the rows of another, of the same groups and sums."""
        return Timeline(self.layers + later.layers)

    def at(self, moments: pl.Series) -> "Reached":
        """The rows up to each moment, its own day included."""
        return Reached(self, moments, tuple(layer.upto(moments) for layer in self.layers))

    def whole(self, moments: pl.Series, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows of each moment's group up to it."""
        return self.at(moments).whole(names, prefix)


@dataclass(frozen=True)
class Reached:
    """Moments asked of a timeline, and how many rows of each layer lie up to them."""

    line: Timeline
    moments: pl.Series
    last: tuple[pl.Series, ...]

    def whole(self, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows of each moment's group up to it, Float64, as prefix + name."""
        begins = [layer.begin(self.moments, last) for layer, last in self._layers()]
        return self._between(begins, names, prefix)

    def since(self, days: int, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows of the last so many days, the moment's own included."""
        return self._between([layer.upto(self.moments - days) for layer in self.line.layers], names, prefix)

    def first_day(self, count: str) -> pl.Series:
        """The first day up to each moment on which rows of its group add up to more than none by ``count``, else null."""
        layers = self.line.layers
        found = self._earliest([layer.begin(self.moments, last) for layer, last in self._layers()])
        while len(layers) > 1:
            # What a later layer takes out may be all that there was on the day.
            counted = self.line.at(found.fill_null(0)).since(1, (count,))[count]
            gone = found.is_not_null() & (counted <= 0)
            if not gone.any():
                break
            then = self._earliest([layer.upto(found.fill_null(0)) for layer in layers])
            found = pl.select(pl.when(gone).then(then).otherwise(found)).to_series()
        return day_of(found)

    def _earliest(self, rows: Sequence[pl.Series]) -> pl.Series:
        """The earliest moment of one row of each layer, of those that are not past the moments asked."""
        there = [
            pl.select(pl.when(row < last).then(row)).to_series() for row, last in zip(rows, self.last, strict=True)
        ]
        found = [layer.moments.gather(row) for layer, row in zip(self.line.layers, there, strict=True)]
        return pl.select(pl.min_horizontal(found)).to_series()

    def _between(self, firsts: Sequence[pl.Series], names: Sequence[str], prefix: str) -> pl.DataFrame:
        parts = [
            (layer.sums, layer.between(first, last, names))
            for (layer, last), first in zip(self._layers(), firsts, strict=True)
        ]
        sums, spans = parts[0]
        if len(parts) > 1:
            # Exact numbers are added before they become floating-point ones: layers give what one layer gives.
            sums = reduce(add, (layer.select(found) for layer, found in parts))
            spans = [pl.col(name) for name in names]
        return sums.select(
            _plain(span, sums.schema[name]).alias(prefix + name) for name, span in zip(names, spans, strict=True)
        )

    def _layers(self) -> "zip[tuple[Layer, pl.Series]]":
        return zip(self.line.layers, self.last, strict=True)


def exact(rows: pl.DataFrame, names: Sequence[str]) -> list[pl.Expr]:
    """Columns as numbers whose sums are exact: fractions as fixed-point ones, null as nothing."""
    return [_exact(pl.col(name).fill_null(0), rows.schema[name]) for name in names]


def fixed(value: pl.Expr) -> pl.Expr:
    """Floating-point numbers as fixed-point ones."""
    return (value * _FRACTION).round().cast(pl.Int128)


def _exact(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_float():
        return fixed(value)
    return value if dtype.is_integer() else value.cast(pl.Int32)


def _plain(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return value.cast(pl.Float64) / _FRACTION if dtype == pl.Int128 else value.cast(pl.Float64)


def _zeros(running: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({name: [0] for name in running.columns}, schema=running.schema)
