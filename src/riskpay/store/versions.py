"""What a later load says anew of things that have versions: documents, disputes, promises and blocks. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from riskpay.ledger import tables

FACT_DAY: Final = {name: tables.FACT_DAY[name] for name in ("invoices", "disputes", "promises", "blocks")}
"""The day of the fact itself, by table that has versions."""


@dataclass(frozen=True)
class News:
    """Rows of a load that the old ones lack: of things never seen, of days gone by, and changed content."""

    first_time: pl.DataFrame
    backfill: pl.DataFrame
    versions: pl.DataFrame

    @property
    def rows(self) -> pl.DataFrame:
        """All of them."""
        return pl.concat([self.first_time, self.backfill, self.versions])


def news(old: pl.DataFrame, new: pl.DataFrame, thing: Sequence[str], fact_day: str, earliest: pl.Expr) -> News:
    """What ``new`` brings beyond ``old``, the versions kept so far; both conformed to one table.

    A thing (its key columns ``thing``) is compared by its newest row with the newest version kept. Changed content
    is known from the day that the row states itself, where that lies after the version before; else from
    ``earliest``, an expression over ``before`` (known_on of the version before).
    """
    content = [name for name in new.columns if name != "known_on"]
    last_old = old.sort("known_on").group_by(thing, maintain_order=True).last()
    seen = new.join(last_old, on=thing, how="semi")
    newest = pl.col("known_on") == pl.col("known_on").max().over(thing)
    history, current = seen.filter(~newest), seen.filter(newest)
    # A row whose known_on is not the day of its fact says itself since when it holds: an older one is history.
    stated = pl.col("known_on") != pl.col(fact_day)
    stale = current.filter(stated).join(old, on=new.columns, how="semi", nulls_equal=True)
    differing = current.join(last_old, on=content, how="anti", nulls_equal=True)
    fresh = differing.join(stale, on=new.columns, how="anti", nulls_equal=True)
    before = last_old.select(*thing, before="known_on")
    since = pl.when(stated & (pl.col("known_on") > pl.col("before"))).then("known_on")
    versions = fresh.join(before, on=thing).with_columns(known_on=pl.coalesce(since, earliest)).select(new.columns)
    return News(
        first_time=new.join(last_old, on=thing, how="anti"),
        backfill=history.join(old, on=new.columns, how="anti", nulls_equal=True),
        versions=versions,
    )


def load_day(loaded_on: date) -> pl.Expr:
    """The day of the load, or that of the version before where this one is later: the newest load counts."""
    return pl.max_horizontal(pl.lit(loaded_on), "before")


def load_day_or_next(loaded_on: date) -> pl.Expr:
    """The day of the load, or the first one after the version before: where no version may be overwritten."""
    return pl.max_horizontal(pl.lit(loaded_on), pl.col("before") + pl.duration(days=1))
