"""The ledger: every table of receivables at once, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import polars as pl

from riskpay.dates import Cut
from riskpay.ledger import tables
from riskpay.ledger.columns import Table
from riskpay.ledger.tellings import own_reversal, telling


def _empty(table: Table) -> pl.DataFrame:
    return table.empty()


@dataclass(frozen=True)
class Ledger:
    """One frame per table of ``riskpay.ledger.tables``; columns and types as declared there.

    ``loaded_on`` is the day of the newest load, None where it is not known.
    """

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
    loaded_on: date | None = None

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame], loaded_on: date | None = None) -> Self:
        """A ledger of the frames given by table name, conformed; tables not given are empty.

        Values and keys are not checked here: ``validated`` does that.
        """
        known = tables.TABLES
        full = {n: t.conform(frames[n]) if n in frames else t.empty() for n, t in known.items()}
        return cls(**full, loaded_on=loaded_on)

    def frames(self) -> dict[str, pl.DataFrame]:
        """The frames by table name."""
        return {name: getattr(self, name) for name in tables.TABLES}

    def validated(self) -> Self:
        """This ledger with every table checked against its contract; raises DataError."""
        return replace(
            self, loaded_on=self.loaded_on, **{n: tables.TABLES[n].validate(f) for n, f in self.frames().items()}
        )

    def with_tables(self, **frames: pl.DataFrame) -> Self:
        """This ledger with some tables replaced."""
        return replace(self, loaded_on=self.loaded_on, **frames)

    def known(self, as_of: date, cut: Cut) -> Self:
        """Only the facts known at ``as_of``: known_on < as_of for cut ``start``, <= for ``end``.

        Customer attributes count by valid_from (undated ones stay), exchange rates by rate_date.
        """
        days = {name: _day_column(frame) for name, frame in self.frames().items()}
        kept = {n: f.filter(_known(days[n], as_of, cut)) for n, f in self.frames().items() if days[n]}
        return replace(self, loaded_on=self.loaded_on, **kept)

    def last_known_on(self) -> date | None:
        """The day of the newest fact about cash or documents, at most that of the newest load; None for an empty ledger.

        A fact may be dated later than the load that brought it: cash that is posted in two days, an invoice of
        next week. Nobody can look from there yet.
        """
        frames = (self.invoices, self.payments, self.payment_reversals, self.allocations, self.write_offs)
        days = [frame["known_on"].max() for frame in frames if frame.height]
        newest = max((day for day in days if isinstance(day, date)), default=None)
        return min(newest, self.loaded_on) if newest and self.loaded_on else newest

    def last_cash_on(self) -> dict[str, date]:
        """The day of the newest fact that a bank told, by company_id: a payment, its return or its allocation.

        What is bought on credit says nothing of what is paid, so documents, credit notes and write-offs do
        not count, nor does what riskpay takes back or enters anew itself: it is known from a load, not from a bank.
        A company without such a fact is left out.
        """
        paid = self.payments.filter(telling("payment_id") == 1)
        back = self.payment_reversals.filter(~own_reversal())
        cash = self.allocations.filter(
            pl.col("source_type") == "payment", telling("allocation_id") == 1, telling("source_id") == 1
        )
        told = [frame.select("company_id", "known_on") for frame in (paid, back, cash)]
        return dict(pl.concat(told).group_by("company_id").agg(pl.col("known_on").max()).iter_rows())


def _day_column(frame: pl.DataFrame) -> str:
    return next((name for name in ("known_on", "valid_from", "rate_date") if name in frame.columns), "")


def _known(column: str, as_of: date, cut: Cut) -> pl.Expr:
    day = pl.col(column)
    within = day < as_of if cut == "start" else day <= as_of
    return within | day.is_null()
