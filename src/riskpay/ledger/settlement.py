"""What is still open of each item, as it became known: one state a day on which something changed.

An item is one due date of an invoice. Its state after a day k counts every fact known by k. This one
history answers for a snapshot (the last state by a day) and for features (all states), so the two
cannot disagree.
"""

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import ITEM_KEY

_KEY = list(ITEM_KEY)

STATE_COLUMNS = (
    *ITEM_KEY,
    "customer_id",
    "currency",
    "issue_date",
    "known_on",
    "due_date",
    "amount",
    "open_amount",
    "settled",
    "settled_on",
    "settled_by",
    "reopened",
)


def item_states(ledger: Ledger, tolerance: int = 0) -> pl.DataFrame:
    """States of all items (not credit notes), ordered by item and known_on.

    One row per item and day on which the item was made, changed, reduced or re-opened, with the
    columns of ``STATE_COLUMNS``. ``amount`` and ``open_amount`` are minor units; ``settled`` is
    open_amount <= ``tolerance`` (minor units); ``settled_on`` and ``settled_by`` (cash, credit,
    write_off, mixed) say when and by what it was brought there, null while open; ``reopened`` is
    true on the day a settled item becomes open again. A fact known before its own document counts
    from the document's day. A cancelled document is settled by credit on the day that is known.
    """
    changes = pl.concat([_documents(ledger), _allocations(ledger), _write_offs(ledger)], how="diagonal")
    if changes.is_empty():
        return _typed(changes)
    days = (
        _after_document(changes)
        .group_by(*_KEY, "known_on")
        .agg(
            pl.col("customer_id", "currency", "issue_date", "due_date").drop_nulls().last(),
            pl.col("amount", "cash", "credit", "write_off").sum(),
            pl.col("counts_on").max(),
        )
        .sort(*_KEY, "known_on")
    )
    running = days.with_columns(
        pl.col("customer_id", "currency", "issue_date", "due_date").forward_fill().over(_KEY),
        pl.col("amount", "cash", "credit", "write_off").cum_sum().over(_KEY),
        counts_on=pl.col("counts_on").cum_max().over(_KEY),
    ).with_columns(open_amount=pl.col("amount") - pl.col("cash") - pl.col("credit") - pl.col("write_off"))
    return _typed(_with_settlement(running, tolerance))


def _documents(ledger: Ledger) -> pl.DataFrame:
    """The change of amount that each version brings; a cancelled document keeps its amount and is credited."""
    versions = ledger.invoices.filter(document_type="invoice").sort(*_KEY, "known_on")
    before = pl.col("amount").shift(1).over(_KEY).fill_null(0)
    gone = pl.col("status") == "cancelled"
    credit = pl.when(gone).then("amount").otherwise(0)
    return versions.select(
        *_KEY,
        "known_on",
        "customer_id",
        "currency",
        "issue_date",
        "due_date",
        amount=pl.col("amount") - before,
        credit=credit - credit.shift(1).over(_KEY).fill_null(0),
        counts_on=pl.when(gone).then("known_on"),
    )


def _allocations(ledger: Ledger) -> pl.DataFrame:
    """What payments and credit notes take off, and what reversed payments put back."""
    applied = ledger.allocations.select(
        *_KEY,
        "known_on",
        "source_id",
        is_cash=pl.col("source_type") == "payment",
        taken="amount",
        counts_on="allocated_on",
    )
    reversals = ledger.payment_reversals.select("company_id", pl.col("payment_id").alias("source_id"), back="known_on")
    returned = (
        applied.filter("is_cash")
        .join(reversals, on=["company_id", "source_id"])
        .with_columns(
            taken=-pl.col("taken"),
            known_on=pl.max_horizontal("known_on", "back"),
            counts_on=pl.lit(None, pl.Date),
        )
        .drop("back")
    )
    return pl.concat([applied, returned]).select(
        *_KEY,
        "known_on",
        cash=pl.when("is_cash").then("taken").otherwise(0),
        credit=pl.when("is_cash").then(0).otherwise("taken"),
        counts_on="counts_on",
    )


def _write_offs(ledger: Ledger) -> pl.DataFrame:
    return ledger.write_offs.select(*_KEY, "known_on", write_off="amount", counts_on="written_off_on")


def _after_document(changes: pl.DataFrame) -> pl.DataFrame:
    """Facts about items that exist, none counted before the item's own document."""
    made = changes.filter(pl.col("customer_id").is_not_null()).group_by(_KEY).agg(made=pl.col("known_on").min())
    return (
        changes.join(made, on=_KEY)
        .with_columns(known_on=pl.max_horizontal("known_on", "made"))
        .with_columns(pl.col("amount", "cash", "credit", "write_off").fill_null(0))
    )


def _with_settlement(running: pl.DataFrame, tolerance: int) -> pl.DataFrame:
    settled = pl.col("open_amount") <= tolerance
    was = settled.shift(1, fill_value=False).over(_KEY)
    kinds = pl.sum_horizontal(pl.col("cash", "credit", "write_off") > 0)
    by = (
        pl.when(kinds > 1)
        .then(pl.lit("mixed"))
        .when(pl.col("cash") > 0)
        .then(pl.lit("cash"))
        .when(pl.col("credit") > 0)
        .then(pl.lit("credit"))
        .when(pl.col("write_off") > 0)
        .then(pl.lit("write_off"))
    )
    # Only the state that closes the item says when and by what; later ones of the same spell keep it.
    marked = running.with_columns(settled=settled, closes=settled & ~was, reopened=~settled & was)
    return marked.with_columns(
        settled_on=pl.when("closes").then("counts_on").forward_fill().over(_KEY),
        settled_by=pl.when("closes").then(by).forward_fill().over(_KEY),
    ).with_columns(
        settled_on=pl.when("settled").then("settled_on"),
        settled_by=pl.when("settled").then("settled_by"),
    )


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    types = {
        "instalment": pl.Int32,
        "issue_date": pl.Date,
        "known_on": pl.Date,
        "due_date": pl.Date,
        "settled_on": pl.Date,
        "amount": pl.Int64,
        "open_amount": pl.Int64,
        "settled": pl.Boolean,
        "reopened": pl.Boolean,
    }
    blanks = [pl.lit(None, types.get(n, pl.String)).alias(n) for n in STATE_COLUMNS if n not in frame.columns]
    return frame.with_columns(blanks).select(pl.col(n).cast(types.get(n, pl.String)) for n in STATE_COLUMNS)
