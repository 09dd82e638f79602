"""When a payer was last touched and spoken to, and what it broke: one row a payer with open items."""

from typing import Final

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.compliance import CONVERSATIONS
from riskpay.decisions.policy import Policy
from riskpay.decisions.promises import broken_promises
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

PAYER_KEY: Final = ("company_id", "payer_id")

CONTACT_DAY: Final = pl.min_horizontal(pl.col("contacted_at").dt.date(), "known_on")
"""Day of a contact in the firm's days. The moment is in UTC, in which an American evening is tomorrow already;
nothing is known before it happened, so the day it became known is the latest it can have been."""


def contacted(book: Book, held: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Per payer of ``held`` (``held_items``), by as_of, null where it never happened:

    last_touch (contact of ours or step sent), last_spoken (conversation on any channel), broken_promises
    (count, of what was not paid), broken_on and debit_returned_on (the last days of these).
    """
    everyone = held.select(PAYER_KEY).unique()
    who = answering(book, held)
    parts = (_contacts(book, who), _sent(book, held), _returned(book, who), _broken(book, held, who, policy))
    for part in parts:
        everyone = everyone.join(part, on=PAYER_KEY, how="left")
    return everyone.with_columns(last_touch=pl.max_horizontal("_called", "_sent")).drop("_called", "_sent")


def answering(book: Book, held: pl.DataFrame) -> pl.DataFrame:
    """Whose facts count for which payer: company_id, customer_id, payer_id. A payer's own count for itself."""
    payers = held.select("company_id", pl.col("payer_id").alias("customer_id"), "payer_id")
    return pl.concat([book.accounts(), payers]).unique()


def _contacts(book: Book, who: pl.DataFrame) -> pl.DataFrame:
    days = book.contacts.with_columns(day=CONTACT_DAY).filter(pl.col("day") <= book.as_of)
    spoken = pl.col("outcome").is_in(sorted(CONVERSATIONS))
    return (
        days.join(who, on=CUSTOMER_KEY)
        .group_by(PAYER_KEY)
        .agg(
            _called=pl.col("day").filter(pl.col("direction") == "out").max(),
            last_spoken=pl.col("day").filter(spoken).max(),
        )
    )


def _sent(book: Book, held: pl.DataFrame) -> pl.DataFrame:
    steps = book.sent.filter(pl.col("sent_on") <= book.as_of).join(held.select(*ITEM_KEY, "payer_id"), on=ITEM_KEY)
    return steps.group_by(PAYER_KEY).agg(_sent=pl.col("sent_on").max())


def _returned(book: Book, who: pl.DataFrame) -> pl.DataFrame:
    rows = book.returned_debits.join(who, on=CUSTOMER_KEY)
    return rows.group_by(PAYER_KEY).agg(debit_returned_on=pl.col("reversed_on").max())


def _broken(book: Book, held: pl.DataFrame, who: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    rows = broken_promises(book, held, policy).join(who, on=CUSTOMER_KEY)
    return rows.group_by(PAYER_KEY).agg(broken_promises=pl.len().cast(pl.Int64), broken_on=pl.col("broken_on").max())
