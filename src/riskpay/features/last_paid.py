"""The last day on which settlements of a customer became known that still stand, as of any day."""

from dataclasses import dataclass
from functools import reduce
from operator import add

import polars as pl

from riskpay.features.timeline import Layer, Timeline, day_of, moment

_SUMS = ("n", "days_late")


@dataclass(frozen=True)
class PaidDays:
    """``line``: a row for each customer and day on which settlements became known, in order.

    ``days``: what was settled on each, n and days_late, and whether some of it was changed or taken back later
    (``changed``). ``standing``: the rows of those that were, by the number of their day in ``days``.
    """

    line: Layer
    days: pl.DataFrame
    standing: Timeline

    @classmethod
    def of(cls, settled: pl.DataFrame) -> "PaidDays":
        """From ``settlements``."""
        rows = settled.select("customer", "since", "day", *_SUMS, changed=pl.col("day") != pl.col("since"))
        days = (
            rows.group_by("customer", "since")
            .agg(pl.col(_SUMS).sum(), pl.col("changed").any())
            .sort(moment("customer", "since"))
            .with_row_index("number")
        )
        changed = rows.drop("changed").join(days.filter("changed"), on=["customer", "since"])
        line = Layer.of(days, "customer", (), "since")
        return cls(line, days.select(*_SUMS, "changed"), Timeline.of(changed, "number", _SUMS))

    def last(self, moments: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The last row up to each moment, and its moment: null where the customer has none by then."""
        row = self.line.row(moments)
        return row, self.line.moments.gather(row)

    def standing_then(self, rows: pl.Series, last_days: pl.Series) -> pl.DataFrame:
        """Sums n and days_late of rows (null: nothing) as they stand by the end of the days."""
        found = self.days.select(pl.all().gather(rows))
        if not found["changed"].any():
            return found.select(pl.col(_SUMS).fill_null(0).cast(pl.Float64))
        asked = pl.DataFrame({"row": rows.fill_null(-1), "last_day": last_days})
        then = self.standing.whole(asked.select(moment("row", "last_day")).to_series(), _SUMS, "then_")
        return pl.concat([found, then], how="horizontal").select(
            pl.when("changed").then(f"then_{name}").otherwise(name).fill_null(0).cast(pl.Float64).alias(name)
            for name in _SUMS
        )


@dataclass(frozen=True)
class LastPaid:
    """Days on which customers paid, in layers: what was known first, and what came or was taken back later."""

    layers: tuple[PaidDays, ...]

    @classmethod
    def of(cls, settled: pl.DataFrame) -> "LastPaid":
        """From ``settlements``."""
        return cls((PaidDays.of(settled),))

    def plus(self, later: "LastPaid") -> "LastPaid":
        """With later settlements."""
        return LastPaid(self.layers + later.layers)

    def at(self, moments: pl.Series, last_days: pl.Series) -> pl.DataFrame:
        """For each moment (of the day in ``last_days``): settled_day, and days_late, the mean of that day's settlements.

        Null where nothing stands. A day of which nothing stands any more gives way to the one before it.
        """
        asked = pl.DataFrame({"moment": moments, "last_day": last_days}).with_row_index("asked")
        found, left = [], asked
        while not left.is_empty():
            there = self._latest(left)
            found.append(there.filter(pl.col("n") > 0))
            left = there.filter(pl.col("n") <= 0).select("asked", moment=pl.col("since") - 1, last_day="last_day")
        answers = pl.concat([self._latest(asked.clear()), *found])
        answers = answers.select(
            "asked", days_late=pl.col("days_late") / pl.col("n"), settled_day=day_of(answers["since"])
        )
        return asked.select("asked").join(answers, on="asked", how="left", maintain_order="left").drop("asked")

    def _latest(self, asked: pl.DataFrame) -> pl.DataFrame:
        """``asked`` with ``since`` (the moment of the customer's last day up to ``moment``), n and days_late then.

        Questions of customers without such a day are left out.
        """
        reached = [layer.last(asked["moment"]) for layer in self.layers]
        since = pl.select(pl.max_horizontal(at for _, at in reached)).to_series() if len(reached) > 1 else reached[0][1]
        sums = [
            layer.standing_then(
                row if len(reached) == 1 else pl.select(pl.when(at == since).then(row)).to_series(), asked["last_day"]
            )
            for layer, (row, at) in zip(self.layers, reached, strict=True)
        ]
        return pl.concat([asked.with_columns(since=since), reduce(add, sums)], how="horizontal").filter(
            pl.col("since").is_not_null()
        )
