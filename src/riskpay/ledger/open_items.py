"""Items and open items as of a day, and what customers owe in all."""

from collections.abc import Callable
from datetime import date

import polars as pl

from riskpay.dates import Cut
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import item_states, returns
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

Roll = Callable[[date], date]
"""Moves a due date to the effective one, such as off a weekend."""


def items(ledger: Ledger, as_of: date, cut: Cut = "end", tolerance: int = 0) -> pl.DataFrame:
    """The last state known at ``as_of`` of every item known by then, one row an item.

    Columns as ``settlement.STATE_COLUMNS`` without ``reopened``, and ``days_late`` (days from due
    date to settled_on, null while open).
    """
    return latest(item_states(ledger.known(as_of, cut), tolerance))


def latest(states: pl.DataFrame) -> pl.DataFrame:
    """The last state of every item, one row an item, with ``days_late``."""
    return (
        states.group_by(ITEM_KEY, maintain_order=True)
        .last()
        .drop("reopened")
        .with_columns(days_late=(pl.col("settled_on") - pl.col("due_date")).dt.total_days())
    )


def open_items(ledger: Ledger, as_of: date, cut: Cut = "end", tolerance: int = 0) -> pl.DataFrame:
    """What is open as of a day, one row an item, ordered by key.

    Columns: the item's key, customer_id, currency, issue_date, due_date, amount and open_amount
    (minor units), days_past_due (max(0, as_of - due_date), days), age_days (as_of - issue_date).
    """
    now = items(ledger, as_of, cut, tolerance).filter(~pl.col("settled"))
    return now.select(
        *ITEM_KEY,
        "customer_id",
        "currency",
        "issue_date",
        "due_date",
        "amount",
        "open_amount",
        days_past_due=(as_of - pl.col("due_date")).dt.total_days().clip(lower_bound=0),
        age_days=(as_of - pl.col("issue_date")).dt.total_days(),
    ).sort(ITEM_KEY)


def unapplied(ledger: Ledger, as_of: date, cut: Cut = "end") -> pl.DataFrame:
    """Cash and credit notes of each customer not applied to any item, as of a day.

    Columns: company_id, customer_id, currency, ``unapplied_amount`` (minor units). A reversed
    payment counts no more from its reversal's known_on. What was applied beyond an item's amount (an
    invoice cancelled or lowered after payment) or to a document not known yet is unapplied.
    """
    known = ledger.known(as_of, cut)
    over = items(ledger, as_of, cut).filter(pl.col("overpaid_amount") > 0)
    returned = known.payment_reversals.select("company_id", "payment_id")
    cash = known.payments.join(returned, on=["company_id", "payment_id"], how="anti").select(
        *CUSTOMER_KEY, "currency", "amount", source_type=pl.lit("payment"), source_id="payment_id"
    )
    notes = known.invoices.filter(document_type="credit_note").sort("known_on")
    credit = (
        notes.group_by(ITEM_KEY, maintain_order=True)
        .last()
        .filter(status="active")
        .group_by(*CUSTOMER_KEY, "invoice_id", "currency")
        .agg(pl.col("amount").sum())
        .select(*CUSTOMER_KEY, "currency", "amount", source_type=pl.lit("credit_note"), source_id="invoice_id")
    )
    applied = known.allocations.join(known.invoices.filter(document_type="invoice"), on=ITEM_KEY, how="semi")
    standing = applied.join(returns(known), on=["company_id", "source_type", "source_id"], how="anti")
    used = standing.group_by("company_id", "source_type", "source_id").agg(used=pl.col("amount").sum())
    rest = pl.col("amount") - pl.col("used").fill_null(0)
    free = (
        pl.concat([cash, credit])
        .join(used, on=["company_id", "source_type", "source_id"], how="left")
        .select(*CUSTOMER_KEY, "currency", unapplied_amount=rest)
    )
    return (
        pl.concat([free, over.select(*CUSTOMER_KEY, "currency", unapplied_amount="overpaid_amount")])
        .group_by(*CUSTOMER_KEY, "currency")
        .agg(pl.col("unapplied_amount").sum())
        .filter(pl.col("unapplied_amount") != 0)
        .sort(*CUSTOMER_KEY, "currency")
    )


def exposure(ledger: Ledger, as_of: date, cut: Cut = "end", tolerance: int = 0) -> pl.DataFrame:
    """What each customer owes per currency: open amounts less unapplied cash, as of a day.

    Columns: company_id, customer_id, currency, open_amount, unapplied_amount, exposure (minor units).
    """
    owed = (
        open_items(ledger, as_of, cut, tolerance).group_by(*CUSTOMER_KEY, "currency").agg(pl.col("open_amount").sum())
    )
    free = unapplied(ledger, as_of, cut)
    return (
        owed.join(free, on=[*CUSTOMER_KEY, "currency"], how="full", coalesce=True)
        .with_columns(pl.col("open_amount", "unapplied_amount").fill_null(0))
        .with_columns(exposure=pl.col("open_amount") - pl.col("unapplied_amount"))
        .sort(*CUSTOMER_KEY, "currency")
    )


def customers_as_of(ledger: Ledger, as_of: date, cut: Cut = "end") -> pl.DataFrame:
    """The attributes of every customer that hold on a day: the last dated row by then, else the undated one.

    One row a customer, columns as the customers table.
    """
    rows = ledger.known(as_of, cut).customers
    return rows.sort(*CUSTOMER_KEY, "valid_from", nulls_last=False).group_by(CUSTOMER_KEY, maintain_order=True).last()
