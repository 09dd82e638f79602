"""The last day that open promises name, as of any day, by item or by customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Final, Self

import polars as pl

from riskpay.features.timeline import Layer, moment

Spell = tuple[date, date, date]

_NEVER: Final = date.max
_CHANGES: Final = {"group": pl.Int64, "day": pl.Date, "named": pl.Date}


@dataclass(frozen=True)
class LastOpenDay:
    """The days on which the answer changed, in order of group and day, and the answer from each on."""

    line: Layer
    named: pl.Series

    @classmethod
    def of(cls, spells: pl.DataFrame, group: str) -> Self:
        """``spells``: ``group`` (a number), promised_for, first and end (open from ``first`` to the day before ``end``)."""
        rows = spells.select(pl.col(group).cast(pl.Int64), "first", pl.col("end").fill_null(_NEVER), "promised_for")
        ordered = rows.sort(group, "first").iter_rows()
        changes = [
            (g, *change) for g, of in groupby(ordered, key=itemgetter(0)) for change in _followed(r[1:] for r in of)
        ]
        days = pl.DataFrame(changes, schema=_CHANGES, orient="row").sort(moment("group", "day"))
        return cls(Layer.of(days, "group", (), "day"), days["named"])

    def at(self, moments: pl.Series) -> pl.Series:
        """The last day named by what is open at the end of each moment's day; null where nothing is."""
        return self.named.gather(self.line.row(moments))


def _followed(spells: Iterator[Spell]) -> Iterator[tuple[date, date | None]]:
    """The days on which one group's open promises change, and the last day that they name from then on."""
    waiting = list(spells)
    days = sorted({day for first, end, _ in waiting for day in (first, end) if day != _NEVER})
    open_ones: list[tuple[int, date]] = []
    begun = 0
    for day in days:
        while begun < len(waiting) and waiting[begun][0] <= day:
            _, end, named = waiting[begun]
            heappush(open_ones, (-named.toordinal(), end))
            begun += 1
        # One that ended below a later day is left where it is: it is asked only when it is the last one.
        while open_ones and open_ones[0][1] <= day:
            heappop(open_ones)
        yield day, date.fromordinal(-open_ones[0][0]) if open_ones else None
