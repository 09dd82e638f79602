"""The earliest or the latest of some date among the spans that hold, as of any day, by group."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal, Self

import polars as pl

from riskpay.features.timeline import Layer, moment

Spell = tuple[date, date, date]

NEVER: Final = date.max
"""End of a span that still holds."""

_CHANGES: Final = {"group": pl.Int64, "day": pl.Date, "found": pl.Date}


@dataclass(frozen=True)
class OpenDates:
    """The days on which the answer changed, in order of group and day, and the answer from each on."""

    line: Layer
    found: pl.Series

    @classmethod
    def of(cls, spells: pl.DataFrame, group: str, dated: str, which: Literal["earliest", "latest"]) -> Self:
        """``spells``: ``group`` (a number), ``dated``, first and end (it holds from ``first`` to the day before ``end``)."""
        rows = spells.select(pl.col(group).cast(pl.Int64), "first", pl.col("end").fill_null(NEVER), dated)
        sign = 1 if which == "earliest" else -1
        changes = [
            (number, *change)
            for number, part in groupby(rows.sort(group, "first").iter_rows(), key=itemgetter(0))
            for change in _followed([row[1:] for row in part], sign)
        ]
        days = pl.DataFrame(changes, schema=_CHANGES, orient="row").sort(moment("group", "day"))
        return cls(Layer.of(days, "group", (), "day"), days["found"])

    def at(self, moments: pl.Series) -> pl.Series:
        """The date among the spans that hold at the end of each moment's day; null where none does."""
        return self.found.gather(self.line.row(moments))


def _followed(spells: list[Spell], sign: int) -> Iterator[tuple[date, date | None]]:
    """The days on which one group's spans change, and the date from then on; ``spells`` in order of first.

    A sweep with a heap: spans enter on ``first``, and go once their ``end`` has come and they are asked for.
    """
    heap: list[tuple[int, date]] = []
    entered = 0
    for day in sorted({day for first, end, _ in spells for day in (first, end) if day != NEVER}):
        while entered < len(spells) and spells[entered][0] <= day:
            _, end, dated = spells[entered]
            heappush(heap, (sign * dated.toordinal(), end))
            entered += 1
        while heap and heap[0][1] <= day:
            heappop(heap)
        yield day, date.fromordinal(sign * heap[0][0]) if heap else None
