"""Big ledgers for benchmarks: plain receivables with every kind of fact, written to Parquet piece by piece.

Not a world to learn from (``riskpay synth`` makes those): only the number, the order and the spread of facts are like a
firm's. Customers differ in size by a lognormal law, pay in weekly or daily runs, now and then in two parts; some items are
credited, written off, returned by the bank and paid again, or never paid.

As a script: ``ledgers.py FOLDER INVOICES SEED``.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from riskpay.ledger.tables import FILE_TABLES, TABLES

FIRST_DAY = date(2021, 1, 4)
DAYS = 3 * 365
POSTING_LAG = 2
PIECE = 500_000
"""Invoices made at a time: what bounds the memory."""
EACH = 50
"""Invoices a customer."""
KINDS = {"full": 0.88, "parts": 0.05, "credit": 0.02, "write_off": 0.01, "returned": 0.01, "open": 0.03}
"""What becomes of an item, and how often."""


def write_ledger(folder: Path, invoices: int, seed: int, biggest: float = 0.0) -> Path:
    """Parquet tables of a ledger with so many invoices in ``folder``, rows in order of document number.

    ``biggest``: share of all invoices that belongs to one customer; 0 leaves it to the lognormal law.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, pq.ParquetWriter] = {}
    for frames in _pieces(invoices, seed, biggest):
        for name, frame in frames.items():
            arrow = TABLES[name].conform(frame).to_arrow(compat_level=pl.CompatLevel.oldest())
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", arrow.schema)
            writers[name].write_table(arrow, row_group_size=250_000)
    for writer in writers.values():
        writer.close()
    for table in FILE_TABLES:
        if table.name not in writers:
            _small(table.name).write_parquet(folder / f"{table.name}.parquet")
    return folder


def _small(name: str) -> pl.DataFrame:
    company = {"company_id": "1", "name": "Bench", "currency": "USD", "country": "US", "time_zone": "America/New_York"}
    return TABLES[name].conform(pl.DataFrame([company])) if name == "companies" else TABLES[name].empty()


def _pieces(invoices: int, seed: int, biggest: float) -> Iterator[dict[str, pl.DataFrame]]:
    rng = np.random.default_rng(seed)
    customers = max(1, invoices // EACH)
    size = rng.lognormal(0.0, 1.0, customers)
    if biggest:
        size[0] = biggest / (1 - biggest) * size[1:].sum()
    edges = np.cumsum(size / size.sum())
    habit = rng.normal(2.0, 8.0, customers)
    run = rng.choice([1, 7], customers, p=[0.4, 0.6])
    terms = rng.choice([7, 14, 30, 45, 60], customers)
    usual = rng.lognormal(7.0, 1.2, customers)
    for start in range(0, invoices, PIECE):
        number = np.arange(start, min(start + PIECE, invoices))
        who = np.minimum(np.searchsorted(edges, rng.random(number.size)), customers - 1)
        issued = number * DAYS // invoices
        due = issued + terms[who]
        paid = np.maximum(issued, due + np.rint(habit[who] + rng.normal(0, 6.0, number.size)).astype(int))
        paid = -(-(paid + who % run[who]) // run[who]) * run[who] - who % run[who]
        # At least two cents, so that any item can be paid in two parts.
        amount = np.rint(100 * usual[who] * rng.lognormal(0.0, 0.6, number.size)).astype(np.int64) + 2
        kind = rng.choice(list(KINDS), number.size, p=list(KINDS.values()))
        items = {
            "number": number,
            "who": who,
            "issued": issued,
            "due": due,
            "paid": paid,
            "amount": amount,
            "kind": kind,
        }
        yield _tables(pl.DataFrame(items))


def _tables(items: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Rows of each table for ``items``: number, who, issued, due, paid (days), amount and kind."""
    base = items.with_columns(
        company_id=pl.lit("1"),
        invoice_id=pl.format("I{}", pl.col("number").cast(pl.String).str.zfill(9)),
        customer_id=pl.format("C{}", pl.col("who").cast(pl.String).str.zfill(7)),
        instalment=pl.lit(1, pl.Int32),
        currency=pl.lit("USD"),
    )
    invoice = base.with_columns(
        document_type=pl.lit("invoice"),
        status=pl.lit("active"),
        issue_date=_day("issued"),
        due_date=_day("due"),
        known_on=_day("issued"),
    )
    note = base.filter(kind="credit").with_columns(
        invoice_id=pl.format("N{}", pl.col("number").cast(pl.String).str.zfill(9)),
        document_type=pl.lit("credit_note"),
        status=pl.lit("active"),
        issue_date=_day("paid"),
        due_date=_day("paid"),
        known_on=_day("paid"),
    )
    in_parts = base.filter(kind="parts")
    half = pl.col("amount") // 2
    cash = pl.concat(
        [
            base.filter(pl.col("kind").is_in(["full", "returned"])).with_columns(part=pl.lit("a")),
            base.filter(kind="returned").with_columns(part=pl.lit("b"), paid=pl.col("paid") + 21),
            in_parts.with_columns(part=pl.lit("a"), amount=half),
            in_parts.with_columns(part=pl.lit("b"), amount=pl.col("amount") - half, paid=pl.col("paid") + 14),
        ]
    ).with_columns(allocation_id=pl.format("A{}{}", pl.col("number").cast(pl.String).str.zfill(9), "part"))
    cash = cash.with_columns(source_type=pl.lit("payment"), source_id="allocation_id")
    applied = base.filter(kind="credit").with_columns(
        allocation_id=pl.format("D{}", "number"),
        source_type=pl.lit("credit_note"),
        source_id=pl.format("N{}", pl.col("number").cast(pl.String).str.zfill(9)),
    )
    dated = {"allocated_on": _day("paid"), "known_on": _day("paid", POSTING_LAG)}
    allocations = pl.concat([cash.drop("part"), applied]).with_columns(**dated)
    payments = cash.with_columns(
        payment_id="allocation_id", value_date=_day("paid"), known_on=_day("paid", POSTING_LAG)
    )
    back = _day("paid", 7)
    returned = cash.filter(kind="returned", part="a").with_columns(
        payment_id="allocation_id", reversed_on=back, known_on=back, reason=pl.lit(None, pl.String)
    )
    lost = base.filter(kind="write_off").with_columns(
        write_off_id=pl.format("W{}", "number"),
        written_off_on=_day("due", 90),
        known_on=_day("due", 90),
        reason=pl.lit(None, pl.String),
    )
    return {
        "invoices": pl.concat([invoice, note]).select(TABLES["invoices"].names),
        "payments": payments.select(TABLES["payments"].names),
        "payment_reversals": returned.select(TABLES["payment_reversals"].names),
        "allocations": allocations.select(TABLES["allocations"].names),
        "write_offs": lost.select(TABLES["write_offs"].names),
    }


def _day(column: str, after: int = 0) -> pl.Expr:
    return pl.lit(FIRST_DAY) + pl.duration(days=pl.col(column) + after)


if __name__ == "__main__":
    write_ledger(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
