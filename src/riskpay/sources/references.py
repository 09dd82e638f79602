"""Which rows of a canonical folder name rows of another table, and which of those names lead nowhere."""

from collections.abc import Mapping as Pairs
from dataclasses import dataclass
from typing import Final

import polars as pl

from riskpay.ledger.columns import Table
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import TABLES
from riskpay.sources.checks import Fault
from riskpay.sources.mapping import Mapping

Keys = dict[str, pl.DataFrame]
"""Keys that are there, by table."""


def keys_there(frames: Pairs[str, pl.DataFrame], known: Ledger | None, mapping: Mapping) -> Keys:
    """Keys to which rows may refer: those of this folder, of the ledger so far, and the mapping's companies."""
    before = known.frames() if known else {}
    refer = {
        "companies": ["company_id"],
        "customers": ["company_id", "customer_id"],
        "invoices": ["company_id", "invoice_id", "instalment"],
        "payments": ["company_id", "payment_id"],
    }
    empty = {name: TABLES[name].empty() for name in refer}
    keys = {
        name: pl.concat([part.get(name, empty[name]).select(columns) for part in (frames, before)]).unique()
        for name, columns in refer.items()
    }
    declared = pl.DataFrame({"company_id": list(mapping.companies)}, schema={"company_id": pl.String})
    return {**keys, "companies": pl.concat([keys["companies"], declared]).unique()}


@dataclass(frozen=True)
class _Reference:
    """Columns that must name a row of another table, where ``when`` holds."""

    column: str
    to: str
    what: str
    via: tuple[str, ...]
    when: pl.Expr


def _always() -> pl.Expr:
    return pl.lit(True)


_customer = _Reference("customer_id", "customers", "customer", ("company_id", "customer_id"), _always())
_invoice = _Reference(
    "invoice_id", "invoices", "invoice", ("company_id", "invoice_id"), pl.col("invoice_id").is_not_null()
)
_item = _Reference("invoice_id", "invoices", "item", ("company_id", "invoice_id", "instalment"), _always())
_paid_by = _Reference("payment_id", "payments", "payment", ("company_id", "payment_id"), _always())
_cash = _Reference("source_id", "payments", "payment", ("company_id", "source_id"), pl.col("source_type") == "payment")
_note = _Reference(
    "source_id", "invoices", "credit note", ("company_id", "source_id"), pl.col("source_type") == "credit_note"
)

REFERENCES: Final[dict[str, tuple[_Reference, ...]]] = {
    "customers": (_Reference("company_id", "companies", "company", ("company_id",), _always()),),
    "invoices": (_customer,),
    "payments": (_customer,),
    "payment_reversals": (_paid_by,),
    "allocations": (_item, _cash, _note),
    "write_offs": (_item,),
    "disputes": (_customer, _invoice),
    "promises": (_customer, _invoice),
    "blocks": (_customer, _invoice),
    "contacts": (_customer, _invoice),
}
"""Which rows of other tables each table names."""


def refer(rows: pl.DataFrame, table: Table, there: Keys) -> tuple[pl.DataFrame, list[Fault]]:
    """``rows`` with a column a reference that says whether it leads nowhere, and the faults that look at them."""
    faults = []
    for number, reference in enumerate(REFERENCES.get(table.name, ())):
        mark = f"_found_{number}"
        target = there[reference.to].select(there[reference.to].columns[: len(reference.via)]).unique()
        named = target.rename(dict(zip(target.columns, reference.via, strict=True))).with_columns(_always().alias(mark))
        rows = rows.join(named, on=reference.via, how="left", maintain_order="left")
        nowhere = reference.when & pl.col(mark).is_null()
        faults.append(Fault(reference.column, f"unknown {reference.what}", nowhere))
    return rows, faults
