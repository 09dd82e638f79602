"""Promises against the cash that came: what is still owed of them, and which were broken."""

from datetime import timedelta
from typing import Final

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.policy import Policy
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
    return _with_received(now, book).with_columns(amount=rest).filter(rest.is_null() | (rest > 0)).drop("received")


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
    unpaid = _with_received(rows, book).filter(marked | ~paid).drop("received")
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


def _with_received(promises: pl.DataFrame, book: Book) -> pl.DataFrame:
    """``promises`` with ``received``: cash since the day of the promise, in minor units; what was returned is out.

    For a promise of a document: what was applied to it. For one of an account: all that the customer paid,
    its payer, and the customers it pays for; of several currencies the largest sum. Each promise is judged
    by itself.
    """
    promised = promises.select(*_NUMBER, "customer_id", "invoice_id", "instalment", "promised_on")
    applied = book.cash.filter(pl.col("invoice_id").is_not_null())
    same_part = pl.col("instalment").is_null() | (pl.col("instalment") == pl.col("instalment_right"))
    to_documents = promised.join(applied, on=["company_id", "invoice_id"]).filter(same_part)
    paid = book.cash.filter(pl.col("invoice_id").is_null()).rename({"customer_id": "from_id"})
    whole = promised.filter(pl.col("invoice_id").is_null()).join(_who_pays(book), on=CUSTOMER_KEY)
    to_accounts = whole.join(paid, on=["company_id", "from_id"])
    columns = (*_NUMBER, "promised_on", "received_on", "currency", "amount")
    since = pl.concat([to_documents.select(columns), to_accounts.select(columns)]).filter(
        pl.col("received_on") >= pl.col("promised_on")
    )
    sums = since.group_by(*_NUMBER, "currency").agg(pl.col("amount").sum())
    received = sums.group_by(_NUMBER).agg(received=pl.col("amount").max())
    return promises.join(received, on=_NUMBER, how="left", maintain_order="left").with_columns(
        pl.col("received").fill_null(0)
    )


def _who_pays(book: Book) -> pl.DataFrame:
    """Whose cash counts for the account of a customer: company_id, customer_id, from_id."""
    named = book.customers.select(*CUSTOMER_KEY, payer_id=pl.coalesce("payer_id", "customer_id"))
    sides = [("customer_id", "customer_id"), ("payer_id", "payer_id"), ("customer_id", "payer_id")]
    sides.append(("payer_id", "customer_id"))
    return pl.concat(
        [named.select("company_id", customer_id=pl.col(account), from_id=pl.col(source)) for account, source in sides]
    ).unique()
