"""Rows of things that are written once: what an export tells otherwise than an earlier one is a faulty row."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import polars as pl

from riskpay.ledger.columns import Table
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import ALLOCATIONS, CONTACTS
from riskpay.sources.checks import Fault

TOLD_OTHERWISE = "_told_otherwise"


def told_otherwise(rows: pl.DataFrame, table: Table, known: Ledger | None) -> tuple[pl.DataFrame, list[Fault]]:
    """``rows`` with a mark where they tell a contact or a credit note's allocation otherwise than before, and the fault.

    ``known`` is the ledger so far. ``known_on`` is no content: the first telling counts. Allocations of payments may
    change: they are taken back with their payment.
    """
    if known is None or table not in (ALLOCATIONS, CONTACTS):
        return rows, []
    if table is CONTACTS:
        reason = "this contact was loaded before with other content; a contact is never changed: give it a new number"
        return _marked(rows, known.contacts, table), [Fault("contact_id", reason, pl.col(TOLD_OTHERWISE))]
    reason = (
        "this allocation of a credit note was loaded before with other content; it cannot be taken back on its own: "
        "cancel the credit note, and enter a new one with new allocations"
    )
    note = pl.col("source_type") == "credit_note"
    of_note = note | (pl.col("_before_source_type") == "credit_note").fill_null(value=False)
    marked = _marked(rows, known.allocations, table, of_note)
    return marked, [Fault("allocation_id", reason, pl.col(TOLD_OTHERWISE))]


def _marked(rows: pl.DataFrame, before: pl.DataFrame, table: Table, where: pl.Expr | None = None) -> pl.DataFrame:
    content = _content(table)
    known = before.select(*table.key, pl.col(content).name.prefix("_before_"), _kept=pl.lit(True))
    joined = rows.join(known, on=table.key, how="left", maintain_order="left")
    differs = reduce(or_, (pl.col(name).ne_missing(pl.col(f"_before_{name}")) for name in content))
    counts = pl.lit(True) if where is None else where
    marked = joined.with_columns((pl.col("_kept").is_not_null() & differs & counts).alias(TOLD_OTHERWISE))
    return marked.drop("^_before_.*$", "_kept")


def _content(table: Table) -> Sequence[str]:
    return [name for name in table.names if name not in (*table.key, "known_on")]
