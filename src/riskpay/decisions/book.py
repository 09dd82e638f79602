"""The book: all that decisions are made from, known as of one day.

Beyond what every book holds, five things may be given:
``unapplied`` (cash per customer and currency; without it ``customers.unapplied_amount`` counts in the one
currency of the customer's items, or in the reporting currency when they differ), ``returned_debits``
(columns of ``RETURNED_COLUMNS``), ``cash`` (columns of ``CASH_COLUMNS``, by which promises are judged),
``countries`` (of the legal entities, by company_id, for customers without one), and ``went_live_on`` (the
day first planned, up to which opening dunning levels count; without it ``as_of``).
``customers.previous_segment``, where there is one, is the segment of the run before: it keeps customers from
hopping between two segments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.errors import DataError
from riskpay.ledger.tables import BLOCKS, CONTACTS, CUSTOMER_KEY, DISPUTES, ITEM_KEY, PROMISES

ITEM_COLUMNS: Final = {
    "company_id": pl.String,
    "invoice_id": pl.String,
    "instalment": pl.Int32,
    "customer_id": pl.String,
    "currency": pl.String,
    "issue_date": pl.Date,
    "due_date": pl.Date,
    "effective_due_date": pl.Date,
    "open_amount": pl.Int64,
    "days_past_due": pl.Int64,
    "p_late": pl.Float64,
    "p_unpaid_7": pl.Float64,
    "p_unpaid_30": pl.Float64,
    "p_unpaid_90": pl.Float64,
    "abstains": pl.Boolean,
    "rate": pl.Float64,
}
SENT_COLUMNS: Final = {
    "company_id": pl.String,
    "invoice_id": pl.String,
    "instalment": pl.Int32,
    "step_code": pl.String,
    "dunning_level": pl.Int32,
    "channel": pl.String,
    "sent_on": pl.Date,
}
UNAPPLIED_COLUMNS: Final = {
    "company_id": pl.String,
    "customer_id": pl.String,
    "currency": pl.String,
    "unapplied_amount": pl.Int64,
}
RETURNED_COLUMNS: Final = {
    "company_id": pl.String,
    "customer_id": pl.String,
    "invoice_id": pl.String,
    "instalment": pl.Int32,
    "reversed_on": pl.Date,
}
"""``customer_id`` paid what came back; a row an item it was applied to, with nulls where that is not known."""
CASH_COLUMNS: Final = {
    "company_id": pl.String,
    "customer_id": pl.String,
    "invoice_id": pl.String,
    "instalment": pl.Int32,
    "currency": pl.String,
    "amount": pl.Int64,
    "received_on": pl.Date,
    "for_id": pl.String,
    "piece": pl.String,
}
"""Cash that stands, as it came and as it was applied. Without document: rows that add up to each payment, with the
customer whose item that part was applied to as ``for_id``, null for the rest. With document: each part that was
applied, on the day it was. ``piece`` is the same for the same money in both."""
CUSTOMER_COLUMNS: Final = {
    "company_id": pl.String,
    "customer_id": pl.String,
    "name": pl.String,
    "payer_id": pl.String,
    "debtor_type": pl.String,
    "country": pl.String,
    "time_zone": pl.String,
    "payment_method": pl.String,
    "account_status": pl.String,
    "owner": pl.String,
    "strategic": pl.Boolean,
    "opening_dunning_level": pl.Int32,
    "email": pl.String,
    "phone": pl.String,
    "address": pl.String,
    "settled_count": pl.Int64,
    "late_share": pl.Float64,
    "late_share_as_written": pl.Float64,
    "last9_count": pl.Int64,
    "last9_late": pl.Int64,
    "last9_mean_days_late": pl.Float64,
    "unapplied_amount": pl.Int64,
    "previous_segment": pl.String,
}
_DEFAULTS: Final = {
    "debtor_type": "unknown",
    "payment_method": "transfer",
    "account_status": "active",
    "strategic": False,
    "opening_dunning_level": 0,
    "settled_count": 0,
    "late_share": 0.0,
    "last9_count": 0,
    "last9_late": 0,
    "unapplied_amount": 0,
}


def _none_sent() -> pl.DataFrame:
    return pl.DataFrame(schema=SENT_COLUMNS)


@dataclass(frozen=True)
class Book:
    """What is open on ``as_of`` and all that is known about it by then; input order never matters.

    ``items``: one row an open item, columns of ``ITEM_COLUMNS``; the four chances are null where no model is
    trained, and ``abstains`` says that too little is known for them; ``rate`` is reporting minor units for one minor unit of the item (null counts as 0 in rankings).
    ``unpaid``: S(t) for t = 0..180 days from as_of, float (n, 181), rows as items; any width of 0 rows or
    NaN where there is no score. ``customers``: attributes as of the day beside their payment facts, columns
    of ``CUSTOMER_COLUMNS`` (missing ones take plain defaults: unknown debtor, active, no history).
    ``disputes``, ``promises``, ``blocks``, ``contacts``: the ledger's tables, known by as_of.
    ``sent``: steps already sent. ``cash_until``: day of the newest cash fact known by as_of, by company_id; a
    company without any is left out.
    """

    as_of: date
    items: pl.DataFrame
    unpaid: npt.NDArray[np.floating]
    customers: pl.DataFrame
    cash_until: Mapping[str, date]
    reporting_currency: str
    disputes: pl.DataFrame = field(default_factory=DISPUTES.empty)
    promises: pl.DataFrame = field(default_factory=PROMISES.empty)
    blocks: pl.DataFrame = field(default_factory=BLOCKS.empty)
    contacts: pl.DataFrame = field(default_factory=CONTACTS.empty)
    sent: pl.DataFrame = field(default_factory=_none_sent)
    unapplied: pl.DataFrame | None = None
    returned_debits: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RETURNED_COLUMNS))
    cash: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CASH_COLUMNS))
    countries: Mapping[str, str] = field(default_factory=dict)
    went_live_on: date | None = None

    def in_order(self) -> "Book":
        """This book with typed columns, rows ordered by key, and the last version of each dispute, promise and block.

        Raises DataError if a column of the items is missing or the curves do not fit the items.
        """
        missing = [name for name in ITEM_COLUMNS if name not in self.items.columns]
        if missing:
            raise DataError(f"items lack {', '.join(missing)}", f"give all of: {', '.join(ITEM_COLUMNS)}")
        if self.unpaid.shape[0] not in (0, self.items.height):
            raise DataError(
                f"{self.unpaid.shape[0]} payment curves for {self.items.height} items",
                "give one curve an item, or none",
            )
        typed = self.items.with_row_index("_row").select("_row", *_typed(ITEM_COLUMNS)).sort(ITEM_KEY)
        curves = self.unpaid[typed["_row"].to_numpy()] if self.unpaid.shape[0] else self.unpaid
        return replace(
            self,
            items=typed.drop("_row"),
            unpaid=curves,
            customers=_customers(self.customers).sort(CUSTOMER_KEY),
            disputes=_latest(DISPUTES.conform(self.disputes), "dispute_id"),
            promises=_latest(PROMISES.conform(self.promises), "promise_id"),
            blocks=_latest(BLOCKS.conform(self.blocks), "block_id"),
            contacts=CONTACTS.conform(self.contacts).sort("company_id", "contact_id"),
            returned_debits=self._returned(),
            sent=self.sent.select(_typed(SENT_COLUMNS)).sort(*ITEM_KEY, "sent_on", "dunning_level", "step_code"),
        )

    def _returned(self) -> pl.DataFrame:
        blank = pl.DataFrame(schema=RETURNED_COLUMNS)
        known = pl.concat([blank, self.returned_debits], how="diagonal_relaxed").filter(
            pl.col("reversed_on") <= self.as_of
        )
        return known.select(_typed(RETURNED_COLUMNS)).unique().sort(list(RETURNED_COLUMNS))

    def accounts(self) -> pl.DataFrame:
        """Who answers for whom: company_id, customer_id, payer_id (the customer itself where no other pays)."""
        return self.customers.select(*CUSTOMER_KEY, payer_id=pl.coalesce("payer_id", "customer_id"))

    def unapplied_cash(self) -> pl.DataFrame:
        """Cash not applied to any item: company_id, customer_id, currency, unapplied_amount (minor units, above 0)."""
        if self.unapplied is not None:
            given = self.unapplied.select(_typed(UNAPPLIED_COLUMNS))
        else:
            only = pl.when(pl.col("currency").n_unique() == 1).then(pl.col("currency").first())
            owed = self.items.group_by(CUSTOMER_KEY, maintain_order=True).agg(
                currency=only.otherwise(pl.lit(self.reporting_currency))
            )
            given = self.customers.join(owed, on=CUSTOMER_KEY).select(_typed(UNAPPLIED_COLUMNS))
        keys = [*CUSTOMER_KEY, "currency"]
        totals = given.group_by(keys).agg(pl.col("unapplied_amount").sum())
        return totals.filter(pl.col("unapplied_amount") > 0).sort(keys)


def _typed(columns: dict[str, type[pl.DataType]]) -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in columns.items()]


def _customers(given: pl.DataFrame) -> pl.DataFrame:
    blanks = [pl.lit(None, kind).alias(name) for name, kind in CUSTOMER_COLUMNS.items() if name not in given.columns]
    return (
        given.with_columns(blanks)
        .select(_typed(CUSTOMER_COLUMNS))
        .with_columns(pl.col(name).fill_null(value) for name, value in _DEFAULTS.items())
    )


def _latest(versions: pl.DataFrame, number: str) -> pl.DataFrame:
    keys = ["company_id", number]
    return versions.sort(*keys, "known_on").group_by(keys, maintain_order=True).last()
