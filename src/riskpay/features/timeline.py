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
import numpy.typing as npt
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
    """Moments in order, and of each the sum of its group's rows up to it.

    ``sums`` is one row longer than ``moments``: its last is nothing.
    """

    moments: pl.Series
    sums: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame, group: pl.Expr | str, sums: Sequence[str], day: str) -> "Layer":
        """As ``Timeline.of``."""
        number = pl.col("moment") // _DAYS
        begins = (number != number.shift(1)).fill_null(value=True)
        first = pl.when(begins).then(pl.int_range(pl.len(), dtype=pl.UInt32)).forward_fill()
        ordered = rows.select(moment(group, day).alias("moment"), *exact(rows, sums)).sort("moment")
        values, whole = pl.col(list(sums)), pl.col(list(sums)).cum_sum()
        running = ordered.with_columns(first.alias("first")).select(
            (whole - (whole - values).gather("first")).extend_constant(0, 1)
        )
        return cls(ordered["moment"], running)

    def upto(self, moments: pl.Series) -> pl.Series:
        """How many rows there are up to each moment, its own day included."""
        return pl.Series(self._upto(moments.to_numpy()), dtype=pl.UInt32)

    def last(self, moments: pl.Series) -> pl.Series:
        """The row that holds the sums of each moment's group up to it; the last of ``sums`` where there is none."""
        asked = moments.to_numpy()
        row = self._upto(asked) - 1
        nothing = self.moments.len()
        if nothing:
            row[(row < 0) | (self.moments.to_numpy()[row] // _DAYS != asked // _DAYS)] = nothing
        else:
            row[:] = 0
        return pl.Series(row, dtype=pl.UInt32)

    def row(self, moments: pl.Series) -> pl.Series:
        """The row of the last fact of each moment's group up to it; null where there is none."""
        last = pl.DataFrame({"last": self.last(moments)})
        return last.select(pl.when(pl.col("last") < self.moments.len()).then("last")).to_series()

    def _upto(self, moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        # NumPy starts from where the question before was found: twice as fast for questions in order.
        return np.searchsorted(self.moments.to_numpy(), moments, side="right")


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
        return Reached(self, moments, tuple(layer.last(moments) for layer in self.layers))

    def whole(self, moments: pl.Series, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows of each moment's group up to it."""
        return self.at(moments).whole(names, prefix)


@dataclass(frozen=True)
class Reached:
    """Moments asked of a timeline, and where the sums up to them stand in each layer."""

    line: Timeline
    moments: pl.Series
    last: tuple[pl.Series, ...]

    def whole(self, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows of each moment's group up to it, Float64, as prefix + name."""
        return self._added([[pl.col(name).gather(last) for name in names] for last in self.last], names, prefix)

    def since(self, days: int, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows of the last so many days, the moment's own included."""
        then = [layer.last(self.moments - days) for layer in self.line.layers]
        spans = [
            [pl.col(name).gather(last) - pl.col(name).gather(first) for name in names]
            for last, first in zip(self.last, then, strict=True)
        ]
        return self._added(spans, names, prefix)

    def first_day(self, count: str) -> pl.Series:
        """The first day up to each moment on which rows of its group add up to more than none by ``count``, else null."""
        layers = self.line.layers
        found = self._earliest(self.moments // _DAYS * _DAYS)
        while len(layers) > 1:
            # What a later layer takes out may be all that there was on the day.
            counted = self.line.at(found.fill_null(0)).since(1, (count,))[count]
            gone = found.is_not_null() & (counted <= 0)
            if not gone.any():
                break
            found = pl.select(pl.when(gone).then(self._earliest(found.fill_null(0) + 1)).otherwise(found)).to_series()
        return day_of(found)

    def _earliest(self, start: pl.Series) -> pl.Series:
        """The earliest moment of a row from ``start`` on, up to the moments asked; null where there is none."""
        found = []
        for layer in self.line.layers:
            row = layer.upto(start - 1)
            there = pl.select(pl.when(row < layer.moments.len()).then(row)).to_series()
            found.append(layer.moments.gather(there))
        earliest = pl.select(pl.min_horizontal(found)).to_series()
        return pl.select(pl.when(earliest <= self.moments).then(earliest)).to_series()

    def _added(self, spans: Sequence[Sequence[pl.Expr]], names: Sequence[str], prefix: str) -> pl.DataFrame:
        """The sums of all layers, of which ``spans`` are those of each."""
        sums, found = self.line.layers[0].sums, spans[0]
        if len(spans) > 1:
            # Exact numbers are added before they become floating-point ones: layers give what one layer gives.
            parts = (layer.sums.select(span) for layer, span in zip(self.line.layers, spans, strict=True))
            sums, found = reduce(add, parts), [pl.col(name) for name in names]
        return sums.select(
            _plain(span, sums.schema[name]).alias(prefix + name) for name, span in zip(names, found, strict=True)
        )


def changes(spans: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Rows (with their ``day``) that add up, by ``names``, to what holds on a day; other columns stay.

    ``spans``: each holds from ``first`` up to but not including ``end`` (null: still).
    """
    begins = spans.with_columns(day="first")
    ends = spans.filter(pl.col("end").is_not_null()).with_columns(pl.col(names) * -1, day="end")
    return pl.concat([begins, ends])


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
