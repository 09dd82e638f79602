"""What is still open of each item, as it became known: one state a day on which something changed.

An item is one due date of an invoice. Its state after a day k counts every fact known by k. This one
history answers for a snapshot (the last state by a day) and for features (all states), so the two
cannot disagree. Items are worked on by number, in the order of their keys: whole columns, no group at a time.
"""

from typing import Final

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

_OF_VERSION: Final = (*ITEM_KEY, "customer_id", "currency", "issue_date", "due_date", "amount")
_TAKEN: Final = ("cash", "credit", "write_off")
_DAYS: Final = 2**32
"""An item's number times this, plus the day, orders facts by item and day."""


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
    versions = document_versions(ledger)
    states = states_of(versions, ledger, tolerance)
    document = versions.select(_OF_VERSION)[states["version"]]
    return pl.concat([document, states.drop("item", "version")], how="horizontal").select(STATE_COLUMNS)


def document_versions(ledger: Ledger) -> pl.DataFrame:
    """Every version of every invoice's due date, ordered by item and known_on, with ``item``, the item's number.

    Numbers count from 0 in the order of the items' keys. ``lowered``: by how much the version lowers the amount of
    the one before it.
    """
    found = _ordered(ledger.invoices.filter(document_type="invoice"), [*_KEY, "known_on"])
    new = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in _KEY).fill_null(value=True)
    before = pl.when(pl.col("item") == pl.col("item").shift(1)).then(pl.col("amount").shift(1)).otherwise(0)
    return (
        found.drop("document_type")
        .with_columns(item=new.cum_sum().cast(pl.UInt32) - 1)
        .with_columns(lowered=(before - pl.col("amount")).clip(lower_bound=0))
    )


def begins_item() -> pl.Expr:
    """Whether a row is the first of its item, rows being in order of item."""
    return (pl.col("item") != pl.col("item").shift(1)).fill_null(value=True)


def _ordered(frame: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """``frame`` sorted; a ledger's files are in order already, and to see that is far cheaper than to sort again."""
    same, falls = pl.lit(value=True), pl.lit(value=False)
    for name in by:
        falls |= same & (pl.col(name) < pl.col(name).shift(1))
        same &= pl.col(name) == pl.col(name).shift(1)
    return frame.sort(by) if frame.select(falls.any()).item() else frame


def states_of(versions: pl.DataFrame, ledger: Ledger, tolerance: int) -> pl.DataFrame:
    """``item_states`` by number: item, and ``version``, the row of ``versions`` that counts, in place of its columns.

    ``versions`` as ``document_versions``.
    """
    facts = _facts(versions, ledger).sort("moment")
    running = facts.with_columns(
        pl.col("version").forward_fill(), *map(_sum_so_far, _TAKEN), _latest_so_far("counts_on")
    )
    last_of_day = (pl.col("moment") != pl.col("moment").shift(-1)).fill_null(value=True)
    fell = facts.filter("fell")["moment"].unique()
    days = running.filter(last_of_day).with_columns(fell=pl.col("moment").is_in(fell.implode()))
    return _with_settlement(_without_returned(_with_document(days, versions), facts), tolerance).select(
        "item", "version", *(name for name in STATE_COLUMNS if name not in _OF_VERSION)
    )


def _sum_so_far(name: str) -> pl.Expr:
    """The running sum of an item's rows: that of all rows less what it was at the item's first."""
    whole = pl.col(name).cum_sum()
    return whole - pl.when(begins_item()).then(whole - pl.col(name)).forward_fill()


def _latest_so_far(name: str) -> pl.Expr:
    """The latest day in an item's rows so far: item numbers rise, so theirs with the day behind can be compared."""
    number = pl.col("item").cast(pl.Int64) * _DAYS
    latest = (number + pl.col(name).to_physical().cast(pl.Int64) + _DAYS // 2).fill_null(number).cum_max() - number
    return pl.when(latest > 0).then((latest - _DAYS // 2).cast(pl.Int32)).cast(pl.Date).alias(name)


def _facts(versions: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """What changes an item, by item number and the day it counts from; ``moment`` orders both."""
    first = versions.filter(begins_item())
    items = first.select(*_KEY, "item", made="known_on")
    gone = pl.col("status") == "cancelled"
    told = versions.select(
        "item",
        "known_on",
        version=pl.int_range(pl.len(), dtype=pl.UInt32),
        counts_on=pl.when(gone | (pl.col("lowered") > 0)).then("known_on"),
    )
    parts = [told, *(_of_items(frame, items) for frame in (_allocations(ledger), _write_offs(ledger)))]
    return pl.concat(parts, how="diagonal").with_columns(
        pl.col(_TAKEN).fill_null(0),
        pl.col("fell").fill_null(value=False),
        moment=pl.col("item").cast(pl.Int64) * _DAYS + pl.col("known_on").to_physical() + _DAYS // 2,
    )


def _of_items(frame: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Facts about items that exist, none counted before the item's own document."""
    found = frame.join(items, on=_KEY)
    return found.with_columns(known_on=pl.max_horizontal("known_on", "made")).drop(*_KEY, "made")


def _allocations(ledger: Ledger) -> pl.DataFrame:
    """What payments and credit notes take off; ``back`` is the day a return of theirs puts it back."""
    back = returns(ledger)
    source = ["company_id", "source_type", "source_id"]
    if back.is_empty():
        applied = ledger.allocations.with_columns(back=pl.lit(None, pl.Date))
    else:
        applied = ledger.allocations.join(back, on=source, how="left")
    applied = applied.with_columns(
        back=pl.when(pl.col("back").is_not_null()).then(pl.max_horizontal("known_on", "back")),
        counts_on="allocated_on",
        taken="amount",
        fell=pl.lit(value=False),
    )
    returned = applied.filter(pl.col("back").is_not_null()).with_columns(
        known_on="back",
        taken=-pl.col("taken"),
        counts_on=pl.lit(None, pl.Date),
        back=pl.lit(None, pl.Date),
        fell=pl.lit(value=True),
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


def is_cancelled_note() -> pl.Expr:
    """Whether a row of invoices tells that a credit note was cancelled."""
    return (pl.col("document_type") == "credit_note") & (pl.col("status") == "cancelled")


def returns(ledger: Ledger) -> pl.DataFrame:
    """Payments reversed and credit notes cancelled, whose allocations fall with them, also if they come back.

    Columns: company_id, source_type, source_id, ``back`` (day that was known).
    """
    payments = ledger.payment_reversals.select(
        "company_id", pl.lit("payment").alias("source_type"), source_id="payment_id", back="known_on"
    )
    notes = (
        ledger.invoices.filter(is_cancelled_note())
        .group_by("company_id", source_type=pl.lit("credit_note"), source_id="invoice_id")
        .agg(back=pl.col("known_on").min())
    )
    return pl.concat([payments, notes])


def _write_offs(ledger: Ledger) -> pl.DataFrame:
    return ledger.write_offs.select(*_KEY, "known_on", write_off="amount", counts_on="written_off_on")


def _with_document(days: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """States with what the version says that counts by then: a cancelled document is credited in full."""
    document = versions.select("amount", "status", "lowered", told_on="known_on")[days["version"]]
    credited = pl.when(pl.col("status") == "cancelled").then("amount").otherwise(0)
    taken = pl.sum_horizontal(_TAKEN)
    return (
        pl.concat([days, document], how="horizontal")
        .with_columns(
            known_on=(pl.col("moment") % _DAYS - _DAYS // 2).cast(pl.Int32).cast(pl.Date),
            credit=pl.col("credit") + credited,
        )
        .with_columns(
            lowered=pl.when(pl.col("told_on") == pl.col("known_on")).then("lowered").otherwise(0),
            open_amount=pl.col("amount") - taken,
            overpaid_amount=(pl.col("cash") + pl.col("credit") - pl.col("amount")).clip(lower_bound=0),
        )
    )


def _without_returned(days: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """``counts_on`` of items with a return anew, from the facts that still stand on each day."""
    if facts["back"].null_count() == facts.height:
        return days
    touched = facts.filter(pl.col("back").is_not_null()).select("item").unique()
    stands = pl.col("known_on") <= pl.col("day")
    latest = (
        days.join(touched, on="item", how="semi")
        .select("item", day="known_on")
        .join(facts.select("item", "known_on", "counts_on", "back"), on="item")
        .filter(stands & (pl.col("back").is_null() | (pl.col("back") > pl.col("day"))))
        .group_by("item", "day")
        .agg(lasting=pl.col("counts_on").max())
    )
    return days.join(
        latest, left_on=["item", "known_on"], right_on=["item", "day"], how="left", maintain_order="left"
    ).with_columns(counts_on=pl.coalesce("lasting", "counts_on"))


def _with_settlement(days: pl.DataFrame, tolerance: int) -> pl.DataFrame:
    settled = pl.col("open_amount") <= tolerance
    was = (settled.shift(1) & (pl.col("item") == pl.col("item").shift(1))).fill_null(value=False)
    kinds = pl.sum_horizontal(pl.col(*_TAKEN, "lowered") > 0)
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
    marked = days.with_columns(settled=settled, closes=closes, reopened=~settled & was)
    return marked.with_columns(
        settled_on=pl.when("settled").then(_of_closing("counts_on")),
        settled_by=pl.when("settled").then(_of_closing(by)),
    )


def _of_closing(value: str | pl.Expr) -> pl.Expr:
    """The value in the last row that closed the item; asked only where an item is settled, which it then is by its own."""
    row = pl.when("closes").then(pl.int_range(pl.len(), dtype=pl.UInt32)).forward_fill()
    found = pl.col(value) if isinstance(value, str) else value
    return found.gather(row)
