"""Promises against the cash that came: what is still owed of them, and which were broken."""

from datetime import timedelta
from typing import Final

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.policy import Policy
from riskpay.decisions.promised_cash import with_received
from riskpay.ledger.tables import CUSTOMER_KEY

_NUMBER: Final = ["company_id", "promise_id"]


def open_promises(book: Book, policy: Policy) -> pl.DataFrame:
    """Promises that hold on as_of, with ``until`` (last day, grace included) and ``amount`` as what is still to come.

    A promise that is paid in full holds nothing more.
    """
    until = pl.col("promised_for") + timedelta(days=policy.promise_grace_days)
    now = book.promises.with_columns(until=until).filter(
        pl.col("status") == "open", pl.col("promised_on") <= book.as_of, pl.col("until") >= book.as_of
    )
    rest = pl.col("amount") - pl.col("received")
    return with_received(now, book).with_columns(amount=rest).filter(rest.is_null() | (rest > 0)).drop("received")


def broken_promises(book: Book, held: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Promises that a person marked as broken, or whose day and grace have passed without the promised cash.

    Columns as the table of promises, and ``broken_on``. ``held`` of ``held_items``: a promise of a document
    that is no longer open, or of all that was open then and is not now, was not broken.
    """
    passed = pl.col("promised_for") + timedelta(days=policy.promise_grace_days)
    marked = pl.col("status") == "broken"
    overdue = (pl.col("status") == "open") & (passed < book.as_of)
    rows = book.promises.filter(marked | overdue).with_columns(
        broken_on=pl.when(marked).then(pl.min_horizontal(passed, "known_on")).otherwise(passed)
    )
    paid = (pl.col("received") >= pl.col("amount")).fill_null(value=False)
    unpaid = with_received(rows, book).filter(marked | ~paid).drop("received")
    whole = pl.col("invoice_id").is_null()
    on_account = unpaid.filter(whole)
    everything = on_account.filter(pl.col("amount").is_null())
    single = unpaid.filter(~whole).join(held, on=["company_id", "invoice_id"], how="semi")
    return pl.concat([on_account.filter(pl.col("amount").is_not_null()), _then_and_now(everything, held), single])


def _then_and_now(promises: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Promises of all that was open, where something of the account that was there then is open still."""
    accounts = [
        held.select("company_id", pl.col(name).alias("customer_id"), "issue_date")
        for name in ("customer_id", "payer_id")
    ]
    there = pl.concat(accounts).group_by(CUSTOMER_KEY).agg(pl.col("issue_date").min())
    old = promises.join(there, on=CUSTOMER_KEY).filter(pl.col("issue_date") <= pl.col("promised_on"))
    return promises.join(old, on=_NUMBER, how="semi")
