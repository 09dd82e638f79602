"""Dated rows in order of group and day, with running sums: a question about any days is two binary searches.

The sum over a span of rows is the difference of two running sums, so it costs the same for a week and for all time,
however long the history. Counts are summed as whole numbers and amounts as fixed-point ones, in 128 bits: sums are exact,
whatever else is in the table and in whatever order or parts it was built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Timeline:
    """Moments in order, the row with which each one's group begins, and the sum of all rows before each.

    ``sums`` is one row longer than the others: its last is the sum of all.
    """

    moments: pl.Series
    first: pl.Series
    sums: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame, group: pl.Expr | str, sums: Sequence[str] = (), day: str = "day") -> "Timeline":
        """Rows with a group's number, a day and the columns to sum; null counts as nothing."""
        ordered = rows.select(moment(group, day).alias("moment"), *exact(rows, sums)).sort("moment")
        number = pl.col("moment") // _DAYS
        begins = (number != number.shift(1)).fill_null(value=True)
        first = ordered.select(pl.when(begins).then(pl.int_range(pl.len(), dtype=pl.UInt32)).forward_fill())
        running = ordered.select(pl.col(list(sums)).cum_sum())
        return cls(ordered["moment"], first.to_series(), pl.concat([_zeros(running), running]))

    def day_of(self, rows: pl.Series) -> pl.Series:
        """The day of each row; null for one that is not there."""
        there = rows < self.moments.len()
        found = self.moments.gather(pl.select(pl.when(there).then(rows)).to_series())
        return (found % _DAYS - _YEAR_ZERO).cast(pl.Int32).cast(pl.Date)

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

    def whole(self, moments: pl.Series, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows of each moment's group up to it."""
        last = self.upto(moments)
        return self.between(self.begin(moments, last), last, names, prefix)

    def between(self, first: pl.Series, last: pl.Series, names: Sequence[str], prefix: str = "") -> pl.DataFrame:
        """Sums of the rows after the ``first`` number of rows up to the ``last``, Float64, as prefix + name."""
        return self.sums.select(
            _plain(pl.col(name).gather(last) - pl.col(name).gather(first), self.sums.schema[name]).alias(prefix + name)
            for name in names
        )


def exact(rows: pl.DataFrame, names: Sequence[str]) -> list[pl.Expr]:
    """Columns as numbers whose sums are exact: fractions as fixed-point ones, null as nothing."""
    return [_exact(pl.col(name).fill_null(0), rows.schema[name]) for name in names]


def _exact(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_float():
        return (value * _FRACTION).round().cast(pl.Int128)
    return value if dtype.is_integer() else value.cast(pl.Int32)


def _plain(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return value.cast(pl.Float64) / _FRACTION if dtype == pl.Int128 else value.cast(pl.Float64)


def _zeros(running: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({name: [0] for name in running.columns}, schema=running.schema)
