"""Ledgers in which the future is gone or changed, and ones in which undated attributes are: for ``leakage``."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Self

import polars as pl

from riskpay.dates import Cut
from riskpay.ledger.columns import Column, Table
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMERS, ITEM_KEY, TABLES

_DAYS: Final = ("known_on", "valid_from", "rate_date")
_OTHER_PLACES: Final = {
    "country": ("US", "DE"),
    "time_zone": ("America/New_York", "Europe/Berlin"),
    "language": ("en", "de"),
}
"""Values to change to and fro where any text would not do."""


@dataclass(frozen=True)
class Later:
    """A ledger in two: what was known at one moment, the documents asked about included, and what came later."""

    known: Ledger
    later: Ledger
    as_of: date

    @classmethod
    def than(cls, ledger: Ledger, batch: pl.DataFrame, cut: Cut) -> Self:
        """Split at the one as_of of ``batch`` (item key, as_of).

        The first versions of the documents asked about count as known, and so do exchange rates up to their issue day.
        """
        as_of: date = batch["as_of"][0]
        sides: tuple[dict[str, pl.DataFrame], ...] = ({}, {})
        own = _first_versions(ledger.invoices, batch)
        for name, frame in ledger.frames().items():
            day = next((d for d in _DAYS if d in frame.columns), None)
            by_then = pl.lit(value=True) if day is None else _by_then(day, as_of, cut)
            if name == "invoices":
                by_then |= pl.struct(TABLES[name].key).is_in(
                    own.select(pl.struct(TABLES[name].key)).to_series().implode()
                )
            if name == "fx_rates":
                by_then |= pl.col("rate_date") <= pl.lit(own["issue_date"].max(), pl.Date).clip(upper_bound=as_of)
            marked = frame.with_columns(by_then.fill_null(value=False).alias(" known"))
            sides[0][name] = marked.filter(" known").drop(" known")
            sides[1][name] = marked.filter(~pl.col(" known")).drop(" known")
        known, later = (Ledger(**side, loaded_on=ledger.loaded_on) for side in sides)
        return cls(known, later, as_of)

    def deleted(self) -> Ledger:
        """The ledger without what came later; its newest load is of as_of at the latest."""
        loaded = self.known.loaded_on
        return replace(self.known, loaded_on=loaded and min(loaded, self.as_of))

    def scrambled(self, seed: int) -> Ledger:
        """The ledger with other amounts, days, customers and items in every fact that came later; it stays later."""
        later = self.later.frames()
        changed = {n: _scrambled(f, TABLES[n], seed) for n, f in later.items() if f.height}
        both = {n: pl.concat([getattr(self.known, n), f]) for n, f in changed.items()}
        loaded = self.known.loaded_on
        moved = loaded + timedelta(days=1 + seed % 30) if loaded and loaded > self.as_of else loaded
        return replace(self.known.with_tables(**both), loaded_on=moved)


def _by_then(day: str, as_of: date, cut: Cut) -> pl.Expr:
    known = pl.col(day) < as_of if cut == "start" else pl.col(day) <= as_of
    return known | pl.col(day).is_null()


def _first_versions(invoices: pl.DataFrame, batch: pl.DataFrame) -> pl.DataFrame:
    """The first version of the whole documents asked about, all their instalments."""
    document = ["company_id", "invoice_id"]
    return first_documents(invoices.join(batch.select(document).unique(), on=document, how="semi"))


def first_documents(invoices: pl.DataFrame) -> pl.DataFrame:
    """The first version of every item, by the day it became known."""
    return invoices.sort("known_on", *ITEM_KEY).group_by(ITEM_KEY, maintain_order=True).first()


def _scrambled(frame: pl.DataFrame, table: Table, seed: int) -> pl.DataFrame:
    """Rows with the same keys and other content: links and names dealt out anew, numbers and days changed."""
    names = [c.name for c in table.columns if c.dtype in {pl.String, pl.Int32} and c.name not in table.key]
    dealt = frame.select(names).sample(fraction=1.0, shuffle=True, seed=seed)
    numbers: dict[type[pl.DataType], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
        pl.Int64: lambda c, chance: c * (2 + chance % 8).cast(pl.Int64) + 1,
        pl.Float64: lambda c, chance: c * (1.5 + (chance % 8).cast(pl.Float64)),
        pl.Date: lambda c, chance: c + pl.duration(days=(chance % 61).cast(pl.Int64) - 30),
        pl.Datetime: lambda c, chance: c + pl.duration(days=(chance % 61).cast(pl.Int64) - 30),
        pl.Boolean: lambda c, _: ~c,
    }
    # Each column moves otherwise, so that the days between two of them change too.
    exprs = [
        numbers[c.dtype](pl.col(c.name), pl.int_range(pl.len()).hash(seed + place))
        for place, c in enumerate(table.columns)
        if c.dtype in numbers and c.name not in _DAYS
    ]
    # Versions of one thing move together: none may land on another's day.
    thing = pl.concat_str([n for n in table.key if n not in _DAYS], separator=" ").hash(seed)
    delays = [pl.col(d) + pl.duration(days=(thing % 11).cast(pl.Int64)) for d in _DAYS if d in frame.columns]
    return frame.with_columns(dealt).with_columns(*exprs, *delays)


def scrambled_attributes(ledger: Ledger, seed: int) -> Ledger:
    """The ledger with other values in every undated attribute of every customer."""
    undated = pl.col("valid_from").is_null()
    rows = ledger.customers.filter(undated)
    attributes = [column for column in CUSTOMERS.columns if column.name not in CUSTOMERS.key]
    dealt = rows.select(column.name for column in attributes).sample(fraction=1.0, shuffle=True, seed=seed)
    changed = rows.with_columns(dealt).with_columns(_another(column) for column in attributes)
    return ledger.with_tables(customers=pl.concat([ledger.customers.filter(~undated), changed]))


def _another(column: Column) -> pl.Expr:
    """Another value that the column may hold, for every row."""
    value = pl.col(column.name)
    if column.dtype == pl.Boolean:
        return ~value
    if column.dtype.is_integer():
        return (value.fill_null(0) * 3 + 1).cast(column.dtype)
    allowed = column.allowed or _OTHER_PLACES.get(column.name, ())
    if allowed:
        turned = dict(zip(allowed, allowed[1:] + allowed[:1], strict=True))
        return value.replace_strict(turned, default=allowed[0], return_dtype=pl.String)
    return pl.concat_str(value.fill_null("nobody"), pl.lit(" (another)"))
