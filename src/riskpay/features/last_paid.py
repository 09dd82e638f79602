"""The last day on which settlements of a customer became known that still stand, as of any day."""

from dataclasses import dataclass

import polars as pl

from riskpay.features.timeline import Timeline, moment

_SUMS = ("n", "days_late")


@dataclass(frozen=True)
class LastPaid:
    """``line``: a row for each customer and day on which settlements became known, in order.

    ``days``: what was settled on each, n and days_late, and whether some of it was changed or taken back later
    (``changed``). ``standing``: the rows of those that were, by the number of their day in ``days``.
    """

    line: Timeline
    days: pl.DataFrame
    standing: Timeline

    @classmethod
    def of(cls, settled: pl.DataFrame) -> "LastPaid":
        """From ``settlements``."""
        rows = settled.select("customer", "since", "day", *_SUMS, changed=pl.col("day") != pl.col("since"))
        days = (
            rows.group_by("customer", "since")
            .agg(pl.col(_SUMS).sum(), pl.col("changed").any())
            .sort(moment("customer", "since"))
            .with_row_index("number")
        )
        changed = rows.drop("changed").join(days.filter("changed"), on=["customer", "since"])
        line = Timeline.of(days, "customer", day="since")
        return cls(line, days, Timeline.of(changed, "number", _SUMS))

    def at(self, moments: pl.Series, last_days: pl.Series) -> pl.DataFrame:
        """For each moment (of the day in ``last_days``): settled_day, and days_late, the mean of that day's settlements.

        Null where nothing stands. A day of which nothing stands any more gives way to the one before it.
        """
        last = self.line.upto(moments)
        first = self.line.begin(moments, last)
        asked = pl.DataFrame({"row": last.cast(pl.Int64) - 1, "first": first, "last_day": last_days})
        asked = asked.with_row_index("asked")
        found, left = [], asked
        while not left.is_empty():
            there = self._standing(left.filter(pl.col("row") >= pl.col("first")))
            found.append(there.filter(pl.col("n") > 0))
            left = there.filter(pl.col("n") <= 0).select("asked", pl.col("row") - 1, "first", "last_day")
        answers = pl.concat([self._standing(asked.clear()), *found]).select(
            "asked", settled_day="since", days_late=pl.col("days_late") / pl.col("n")
        )
        return asked.select("asked").join(answers, on="asked", how="left", maintain_order="left").drop("asked")

    def _standing(self, asked: pl.DataFrame) -> pl.DataFrame:
        """``asked`` with since, n and days_late of its row of ``days``, as they stand by the end of ``last_day``."""
        day = self.days.select("since", *_SUMS, "changed")[asked["row"]]
        some = pl.concat([asked, day.cast(dict.fromkeys(_SUMS, pl.Float64))], how="horizontal")
        if not some["changed"].any():
            return some
        then = some.select(moment("row", "last_day")).to_series()
        sums = self.standing.whole(then, _SUMS, "then_")
        both = pl.concat([some, sums], how="horizontal")
        return both.with_columns(
            pl.when("changed").then(f"then_{name}").otherwise(name).alias(name) for name in _SUMS
        ).select(some.columns)
