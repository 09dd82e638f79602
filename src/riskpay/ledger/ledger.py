"""The ledger: every table of receivables at once, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Self

import polars as pl

from riskpay.dates import Cut
from riskpay.ledger import tables
from riskpay.ledger.columns import Table


def _empty(table: Table) -> pl.DataFrame:
    return table.empty()


@dataclass(frozen=True)
class Ledger:
    """One frame per table of ``riskpay.ledger.tables``; columns and types as declared there."""

    companies: pl.DataFrame
    customers: pl.DataFrame
    invoices: pl.DataFrame
    payments: pl.DataFrame
    payment_reversals: pl.DataFrame
    allocations: pl.DataFrame
    write_offs: pl.DataFrame
    fx_rates: pl.DataFrame
    disputes: pl.DataFrame
    promises: pl.DataFrame
    blocks: pl.DataFrame
    contacts: pl.DataFrame

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame]) -> Self:
        """A ledger of the frames given by table name, conformed; tables not given are empty.

        Values and keys are not checked here: ``validated`` does that.
        """
        known = tables.TABLES
        return cls(**{n: t.conform(frames[n]) if n in frames else t.empty() for n, t in known.items()})

    def frames(self) -> dict[str, pl.DataFrame]:
        """The frames by table name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def validated(self) -> Self:
        """This ledger with every table checked against its contract; raises DataError."""
        return replace(self, **{n: tables.TABLES[n].validate(f) for n, f in self.frames().items()})

    def with_tables(self, **frames: pl.DataFrame) -> Self:
        """This ledger with some tables replaced."""
        return replace(self, **frames)

    def known(self, as_of: date, cut: Cut) -> Self:
        """Only the facts known at ``as_of``: known_on < as_of for cut ``start``, <= for ``end``.

        Customer attributes count by valid_from (undated ones stay), exchange rates by rate_date.
        """
        days = {name: _day_column(frame) for name, frame in self.frames().items()}
        kept = {n: f.filter(_known(days[n], as_of, cut)) for n, f in self.frames().items() if days[n]}
        return replace(self, **kept)

    def last_known_on(self) -> date | None:
        """The day of the newest fact about cash or documents; None for an empty ledger."""
        frames = (self.invoices, self.payments, self.payment_reversals, self.allocations, self.write_offs)
        days = [frame["known_on"].max() for frame in frames if frame.height]
        return max(day for day in days if isinstance(day, date)) if days else None

    def last_cash_on(self) -> dict[str, date]:
        """The day of the newest fact that a bank told, by company_id: a payment, its return or its allocation.

        What is bought on credit says nothing of what is paid, so documents, credit notes and write-offs do
        not count. A company without such a fact is left out.
        """
        cash = self.allocations.filter(source_type="payment")
        told = [frame.select("company_id", "known_on") for frame in (self.payments, self.payment_reversals, cash)]
        return dict(pl.concat(told).group_by("company_id").agg(pl.col("known_on").max()).iter_rows())


def _day_column(frame: pl.DataFrame) -> str:
    return next((name for name in ("known_on", "valid_from", "rate_date") if name in frame.columns), "")


def _known(column: str, as_of: date, cut: Cut) -> pl.Expr:
    day = pl.col(column)
    within = day < as_of if cut == "start" else day <= as_of
    return within | day.is_null()
