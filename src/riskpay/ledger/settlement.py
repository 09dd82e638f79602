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
    "overpaid_amount",
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
    true on the day a settled item becomes open again. ``overpaid_amount`` is what cash and credit
    brought beyond the amount. A fact known before its own document counts from the document's day. A
    cancelled document is settled by credit on the day that is known; an amount lowered to what was
    paid settles on the day of the change, by cash and credit mixed. A reversed payment and a cancelled
    credit note give back what they took; an item that stays settled is then settled by what still stands.
    """
    changes = pl.concat([_documents(ledger), _allocations(ledger), _write_offs(ledger)], how="diagonal")
    if changes.is_empty():
        return _typed(changes)
    facts = _after_document(changes)
    days = (
        facts.group_by(*_KEY, "known_on")
        .agg(
            pl.col("customer_id", "currency", "issue_date", "due_date").drop_nulls().last(),
            pl.col("amount", "cash", "credit", "write_off", "lowered").sum(),
            pl.col("counts_on").max(),
            pl.col("fell").any(),
        )
        .sort(*_KEY, "known_on")
    )
    running = days.with_columns(
        pl.col("customer_id", "currency", "issue_date", "due_date").forward_fill().over(_KEY),
        pl.col("amount", "cash", "credit", "write_off").cum_sum().over(_KEY),
        counts_on=pl.col("counts_on").cum_max().over(_KEY),
    ).with_columns(
        open_amount=pl.col("amount") - pl.col("cash") - pl.col("credit") - pl.col("write_off"),
        overpaid_amount=(pl.col("cash") + pl.col("credit") - pl.col("amount")).clip(lower_bound=0),
    )
    return _typed(_with_settlement(_without_returned(running, facts), tolerance))


def _documents(ledger: Ledger) -> pl.DataFrame:
    """The change of amount that each version brings; a cancelled document keeps its amount and is credited."""
    versions = ledger.invoices.filter(document_type="invoice").sort(*_KEY, "known_on")
    before = pl.col("amount").shift(1).over(_KEY).fill_null(0)
    gone = pl.col("status") == "cancelled"
    lowered = (before - pl.col("amount")).clip(lower_bound=0)
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
        lowered=lowered,
        counts_on=pl.when(gone | (lowered > 0)).then("known_on"),
    )


def _allocations(ledger: Ledger) -> pl.DataFrame:
    """What payments and credit notes take off; ``back`` is the day a return of theirs puts it back."""
    applied = (
        ledger.allocations.join(returns(ledger), on=["company_id", "source_type", "source_id"], how="left")
        .with_columns(back=pl.when(pl.col("back").is_not_null()).then(pl.max_horizontal("known_on", "back")))
        .with_columns(counts_on="allocated_on", taken="amount", fell=pl.lit(False))
    )
    returned = applied.filter(pl.col("back").is_not_null()).with_columns(
        known_on="back",
        taken=-pl.col("taken"),
        counts_on=pl.lit(None, pl.Date),
        back=pl.lit(None, pl.Date),
        fell=pl.lit(True),
    )
    is_cash = pl.col("source_type") == "payment"
    return pl.concat([applied, returned]).select(
        *_KEY,
        "known_on",
        "counts_on",
        "back",
        "fell",
        cash=pl.when(is_cash).then("taken").otherwise(0),
        credit=pl.when(is_cash).then(0).otherwise("taken"),
    )


def returns(ledger: Ledger) -> pl.DataFrame:
    """Payments reversed and credit notes cancelled, whose allocations fall with them, also if they come back.

    Columns: company_id, source_type, source_id, ``back`` (day that was known).
    """
    payments = ledger.payment_reversals.select(
        "company_id", pl.lit("payment").alias("source_type"), source_id="payment_id", back="known_on"
    )
    notes = (
        ledger.invoices.filter(document_type="credit_note", status="cancelled")
        .group_by("company_id", source_type=pl.lit("credit_note"), source_id="invoice_id")
        .agg(back=pl.col("known_on").min())
    )
    return pl.concat([payments, notes])


def _write_offs(ledger: Ledger) -> pl.DataFrame:
    return ledger.write_offs.select(*_KEY, "known_on", write_off="amount", counts_on="written_off_on")


def _after_document(changes: pl.DataFrame) -> pl.DataFrame:
    """Facts about items that exist, none counted before the item's own document."""
    made = changes.filter(pl.col("customer_id").is_not_null()).group_by(_KEY).agg(made=pl.col("known_on").min())
    return (
        changes.join(made, on=_KEY)
        .with_columns(known_on=pl.max_horizontal("known_on", "made"))
        .with_columns(
            pl.col("amount", "cash", "credit", "write_off", "lowered").fill_null(0),
            pl.col("fell").fill_null(value=False),
        )
    )


def _without_returned(running: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """``counts_on`` of items with a return anew, from the facts that still stand on each day."""
    if facts["back"].null_count() == facts.height:
        return running
    touched = facts.filter(pl.col("back").is_not_null()).select(_KEY).unique()
    stands = pl.col("known_on") <= pl.col("day")
    latest = (
        running.join(touched, on=_KEY, how="semi")
        .select(*_KEY, day="known_on")
        .join(facts, on=_KEY)
        .filter(stands & (pl.col("back").is_null() | (pl.col("back") > pl.col("day"))))
        .group_by(*_KEY, "day")
        .agg(lasting=pl.col("counts_on").max())
    )
    return running.join(
        latest, left_on=[*_KEY, "known_on"], right_on=[*_KEY, "day"], how="left", maintain_order="left"
    ).with_columns(counts_on=pl.coalesce("lasting", "counts_on"))


def _with_settlement(running: pl.DataFrame, tolerance: int) -> pl.DataFrame:
    settled = pl.col("open_amount") <= tolerance
    was = settled.shift(1, fill_value=False).over(_KEY)
    kinds = pl.sum_horizontal(pl.col("cash", "credit", "write_off", "lowered") > 0)
    by = (
        pl.when(kinds > 1)
        .then(pl.lit("mixed"))
        .when(pl.col("cash") > 0)
        .then(pl.lit("cash"))
        .when(pl.col("credit") + pl.col("lowered") > 0)
        .then(pl.lit("credit"))
        .when(pl.col("write_off") > 0)
        .then(pl.lit("write_off"))
    )
    # Only the state that closes the item says when and by what; later ones of the same spell keep it. Where cash or
    # credit falls and the rest still settles the item, that rest says it: a payment of another day stands in.
    closes = settled & (~was | pl.col("fell"))
    marked = running.with_columns(settled=settled, closes=closes, reopened=~settled & was)
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
        "overpaid_amount": pl.Int64,
        "settled": pl.Boolean,
        "reopened": pl.Boolean,
    }
    blanks = [pl.lit(None, types.get(n, pl.String)).alias(n) for n in STATE_COLUMNS if n not in frame.columns]
    return frame.with_columns(blanks).select(pl.col(n).cast(types.get(n, pl.String)) for n in STATE_COLUMNS)
