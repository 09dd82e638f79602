"""The next step of an item: the day's plan for items of the ledger, the same decision for items it does not have.

An item that the ledger does not have is decided in a book of its own: its payer's customers, their open
items, and what they promised, dispute or are blocked for, with the item added. Books of one question lie
side by side in one, told apart by the ends of their ids, so that many items cost little more than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl

from riskpay.decisions.book import ITEM_COLUMNS, SENT_COLUMNS, Book
from riskpay.decisions.cadence import rolls_of
from riskpay.decisions.entries import EntryStep
from riskpay.decisions.holds import held_items
from riskpay.decisions.policy import Policy
from riskpay.decisions.segments import customer_segments
from riskpay.decisions.steps import item_steps
from riskpay.features.effective import with_effective_due_date
from riskpay.ledger.fx import with_minor_rate
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

Row = dict[str, Any]
Step = dict[str, Any]
_END: Final = "\n"
"""Begins the end of an id in a book of its own: no id holds a line break."""
_TABLES: Final = ("disputes", "promises", "blocks", "contacts", "returned_debits")


@dataclass(frozen=True)
class NextSteps:
    """Next steps at the end of ``book.as_of``. ``planned``: those of the plan, by item key."""

    book: Book
    ledger: Ledger
    segments: pl.DataFrame
    policy: Policy
    planned: dict[tuple[Any, ...], Step]
    accounts: pl.DataFrame

    @classmethod
    def decide(cls, book: Book, ledger: Ledger, policy: Policy) -> "NextSteps":
        """Decides the open book as the daily run does. ``book`` in order; ``ledger``: facts known by its day."""
        book = replace(book, cash=_since_promises(book))
        segments = customer_segments(book, policy)
        steps = item_steps(book, held_items(book, policy), segments, policy)
        return cls(book, ledger, segments, policy, _by_item(steps), book.accounts())

    def of_new(self, rows: Sequence[Row], days: Sequence[date]) -> list[Step | None]:
        """The next step of each item that the ledger does not have, None if its ladder has no further one.

        ``rows``: company_id, customer_id, issue_date, due_date, amount (minor units), currency; ``days``: the
        day from which each is asked, that of the book or a later issue day.
        """
        if not rows:
            return []
        book, segments = self._side_by_side(self._asked(rows))
        held = held_items(book, self.policy).filter(pl.col("invoice_id").str.starts_with(_END))
        found: dict[str, Step] = {}
        for day in set(days):
            own = [_END + str(number) for number, asked_on in enumerate(days) if asked_on == day]
            mine = held.filter(pl.col("invoice_id").is_in(own))
            steps = item_steps(replace(book, as_of=day), mine, segments, self.policy)
            found |= {key[1]: step for key, step in _by_item(steps).items()}
        return [found.get(_END + str(number)) for number in range(len(rows))]

    def _asked(self, rows: Sequence[Row]) -> pl.DataFrame:
        """The new items as rows of a book, each with the end of its own book's ids (``end``)."""
        names = ("company_id", "customer_id", "issue_date", "due_date", "currency")
        items = pl.DataFrame(
            [{**{name: row[name] for name in names}, "open_amount": row["amount"]} for row in rows],
            schema={name: ITEM_COLUMNS[name] for name in (*names, "open_amount")},
        )
        countries = {company: self.book.countries.get(company, "") for company in items["company_id"].unique()}
        ends = pl.Series("end", [_END + str(number) for number in range(len(rows))], pl.String)
        rolled = with_effective_due_date(items, rolls_of(self.policy, countries))
        dated = rolled.with_columns(
            ends,
            invoice_id=ends,
            instalment=pl.lit(1, pl.Int32),
            days_past_due=(pl.lit(self.book.as_of) - pl.col("due_date")).dt.total_days().clip(lower_bound=0),
            today=pl.lit(self.book.as_of),
        )
        rated = with_minor_rate(dated, self.ledger, "today", self.book.reporting_currency).drop("today")
        return rated.with_columns(pl.col("rate").fill_null(1.0))

    def _side_by_side(self, asked: pl.DataFrame) -> tuple[Book, pl.DataFrame]:
        """A book a new item, in one, and the segments of their customers; who is not known is new."""
        members = self._members(asked)
        items = _copied(self.book.items, members)
        new = asked.with_columns(customer_id=pl.col("customer_id") + pl.col("end")).drop("end")
        sent = self.book.sent.join(self.book.items.select(*ITEM_KEY, "customer_id"), on=ITEM_KEY)
        customers = members.join(self.book.customers, on=CUSTOMER_KEY, how="left").with_columns(
            payer_id=pl.coalesce("payer_id", "customer_id") + pl.col("end")
        )
        told: dict[str, Any] = {name: _copied(getattr(self.book, name), members) for name in _TABLES}
        book = replace(
            self.book,
            items=pl.concat([items, new], how="diagonal_relaxed"),
            unpaid=self.book.unpaid[:0],
            customers=customers.with_columns(customer_id=pl.col("customer_id") + pl.col("end")).drop("end"),
            sent=_copied(sent, members).select(SENT_COLUMNS.keys()),
            unapplied=self.book.unapplied_cash().clear(),
            cash=self._cash(members),
            **told,
        ).in_order()
        segments = members.join(self.segments, on=CUSTOMER_KEY, how="left").select(
            "company_id",
            customer_id=pl.col("customer_id") + pl.col("end"),
            segment=pl.col("segment").fill_null("new"),
            rule=pl.col("rule").fill_null("new: not known"),
        )
        return book, segments

    def _cash(self, members: pl.DataFrame) -> pl.DataFrame:
        """The cash by which the promises of each book are judged: what its customers paid, and what was applied.

        Whoever paid a promised document, the promise is kept: cash that was applied goes where the promise goes.
        """
        cash = self.book.cash
        paid = _copied(cash.filter(pl.col("invoice_id").is_null()), members)
        document = ["company_id", "invoice_id"]
        promised = self.book.promises.join(members, on=CUSTOMER_KEY).select(*document, "end").unique()
        applied = cash.join(promised, on=document).with_columns(
            pl.col(name) + pl.col("end") for name in ("customer_id", "invoice_id")
        )
        return pl.concat([paid, applied.select(cash.columns)])

    def _members(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Customers in the book of each new item: its own and all others of its payer. company_id, customer_id, end."""
        own = asked.select(*CUSTOMER_KEY, "end")
        payers = own.join(self.accounts, on=CUSTOMER_KEY, how="left").with_columns(
            payer_id=pl.coalesce("payer_id", "customer_id")
        )
        payer = payers.select("company_id", "end", customer_id="payer_id").select(own.columns)
        others = payers.drop("customer_id").join(self.accounts, on=["company_id", "payer_id"]).select(own.columns)
        return pl.concat([own, payer, others]).unique(maintain_order=True)


def _since_promises(book: Book) -> pl.DataFrame:
    """The cash that can count for an open promise: every question goes through it, and a ledger's is long."""
    first = book.promises.filter(pl.col("status") == "open")["promised_on"].min()
    return book.cash.filter(pl.col("received_on") >= pl.lit(first, pl.Date))


def _copied(table: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The rows of the members of each book, their ids with its end."""
    ids = [name for name in table.columns if name.endswith("_id") and name != "company_id"]
    found = table.join(members, on=CUSTOMER_KEY)
    return found.with_columns(pl.col(name) + pl.col("end") for name in ids).select(table.columns)


def _by_item(steps: pl.DataFrame) -> dict[tuple[Any, ...], Step]:
    """Steps by item key, with what the lists too show of a next step."""
    shown = steps.select(*ITEM_KEY, *EntryStep.__slots__)
    return {
        row[: len(ITEM_KEY)]: dict(zip(EntryStep.__slots__, row[len(ITEM_KEY) :], strict=True))
        for row in shown.iter_rows()
    }
