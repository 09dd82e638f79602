"""Rows of things that are written once: what an export tells otherwise than an earlier one is a faulty row."""

from functools import reduce
from operator import or_

import polars as pl

from riskpay.ledger.columns import Table
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CONTACTS
from riskpay.sources.checks import Fault

TOLD_OTHERWISE = "_told_otherwise"


def told_otherwise(rows: pl.DataFrame, table: Table, known: Ledger | None) -> tuple[pl.DataFrame, list[Fault]]:
    """``rows`` with a mark where a contact of that number was loaded before with other content, and the fault.

    ``known_on`` is no content: the first telling counts.
    """
    if table is not CONTACTS or known is None:
        return rows, []
    content = [name for name in table.names if name not in (*table.key, "known_on")]
    before = known.contacts.select(*table.key, pl.col(content).name.prefix("_before_"), _kept=pl.lit(True))
    joined = rows.join(before, on=table.key, how="left", maintain_order="left")
    differs = reduce(or_, (pl.col(name).ne_missing(pl.col(f"_before_{name}")) for name in content))
    marked = joined.with_columns((pl.col("_kept").is_not_null() & differs).alias(TOLD_OTHERWISE))
    reason = "this contact was loaded before with other content; a contact is never changed: give it a new number"
    return marked.drop("^_before_.*$", "_kept"), [Fault("contact_id", reason, pl.col(TOLD_OTHERWISE))]
