"""A ledger's Parquet files dealt out by customer: every partition is a smaller ledger that can be worked on alone.

    FOLDER/part-0007/<table>.parquet    what concerns the items of its customers
    FOLDER/part-0007/own.arrow          the customers that are its own
    FOLDER/part-0007/questions.parquet  questions about its items, if there are any
    FOLDER/disputes.parquet             events that were handed over, for all partitions, and promises.parquet

Rows stream through: no table is ever held whole, so the ledger may be larger than memory. An item that changed hands
stands in the partitions of all its customers. Payments returned and credit notes cancelled, which are few, stand in
each; of customers' attributes those that carry a date, as no other may be a feature. Events are as few, and shares of
all customers' promises need the whole of them. The same customer is dealt to the same partition of so many, on every
machine and in every version.
"""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import is_cancelled_note
from riskpay.ledger.tables import CUSTOMER_KEY, EVENT_TABLES, FILE_TABLES, ITEM_KEY

_OF_ITEMS: Final = ("allocations", "write_offs")
_SMALL: Final = ("companies", "fx_rates", "payment_reversals")
_OWN: Final = "own.arrow"
_QUESTIONS: Final = "questions"


@dataclass(frozen=True)
class Partition:
    """One partition on disk; ``items`` it holds, for the largest to be begun first."""

    folder: Path
    items: int

    def ledger(self) -> Ledger:
        """The partition as a ledger; tables it has no row of are empty, and so are those of events."""
        return Ledger.of({t.name: pl.read_parquet(f) for t in FILE_TABLES for f in self._files(t.name)})

    def events(self) -> Ledger:
        """The events of all partitions, as a ledger without other tables."""
        files = {table.name: self.folder.parent / f"{table.name}.parquet" for table in EVENT_TABLES}
        return Ledger.of({name: pl.read_parquet(file) for name, file in files.items() if file.exists()})

    def own(self) -> pl.DataFrame:
        """The customers (company_id, customer_id) whose facts are complete here, in order."""
        return pl.read_ipc(self.folder / _OWN)

    def questions(self) -> pl.DataFrame | None:
        """Questions dealt to it; None if there are none."""
        return next((pl.read_parquet(file) for file in self._files(_QUESTIONS)), None)

    def _files(self, table: str) -> Iterable[Path]:
        file = self.folder / f"{table}.parquet"
        return [file] if file.exists() else []


def partition(
    ledger: Path,
    into: Path,
    parts: int,
    questions: pl.LazyFrame | None = None,
    events: Mapping[str, pl.DataFrame] | None = None,
) -> list[Partition]:
    """Deal the tables in the folder ``ledger`` to ``parts`` partitions in the empty folder ``into``, largest first.

    ``questions`` (item key and more) go where their items are. ``events``: tables of events by name. A partition without
    an item is left out.
    """
    invoices = pl.scan_parquet(ledger / "invoices.parquet").filter(pl.col("document_type") == "invoice")
    owners = _dealt(invoices, parts)
    places = _places(invoices, owners)
    tables = {"invoices": invoices, **{name: pl.scan_parquet(ledger / f"{name}.parquet") for name in _OF_ITEMS}}
    if questions is not None:
        tables[_QUESTIONS] = questions
    for name, rows in tables.items():
        _deal(rows, places, into, name)
    for name, rows_of_all in (events or {}).items():
        rows_of_all.write_parquet(into / f"{name}.parquet", compression="lz4")
    counts = places.group_by("part").len().sort("len", descending=True)
    notes = _cancelled_notes(ledger)
    attributes = pl.scan_parquet(ledger / "customers.parquet").filter(pl.col("valid_from").is_not_null()).collect()
    made = [Partition(into / f"part-{part:04}", items) for part, items in counts.iter_rows()]
    for number, made_part in zip(counts["part"], made, strict=True):
        for name in _SMALL:
            shutil.copyfile(ledger / f"{name}.parquet", made_part.folder / f"{name}.parquet")
        _tell_of_customers(made_part.folder, attributes)
        _add(made_part.folder / "invoices.parquet", notes)
        owners.filter(part=number).select(CUSTOMER_KEY).sort(CUSTOMER_KEY).write_ipc(made_part.folder / _OWN)
    return made


def _dealt(invoices: pl.LazyFrame, parts: int) -> pl.DataFrame:
    """Every customer with its ``part``."""
    customers = invoices.select(CUSTOMER_KEY).unique().collect(engine="streaming")
    dealt = [crc32(f"{company}\x1f{customer}".encode()) % parts for company, customer in customers.iter_rows()]
    return customers.with_columns(part=pl.Series(dealt, dtype=pl.UInt16))


def _places(invoices: pl.LazyFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """``mark`` of each item and the partitions in which it stands.

    Two items may share a mark: then each stands in the other's partitions too, where nobody asks for it.
    """
    owned = invoices.join(owners.lazy(), on=list(CUSTOMER_KEY))
    return owned.select(_mark(), "part").unique().collect(engine="streaming")


def _mark() -> pl.Expr:
    company, invoice, instalment = (pl.col(name).hash(seed=n) for n, name in enumerate(ITEM_KEY))
    return (company ^ invoice ^ instalment).alias("mark")


def _deal(rows: pl.LazyFrame, places: pl.DataFrame, into: Path, name: str) -> None:
    dealt = rows.with_columns(_mark()).join(places.lazy(), on="mark").drop("mark")
    spread = into / f"dealing-{name}"
    dealt.sink_parquet(pl.PartitionBy(spread, key="part", include_key=False), compression="uncompressed", mkdir=True)
    for folder in spread.glob("part=*"):
        files = sorted(folder.glob("*.parquet"))
        target = into / f"part-{int(folder.name.removeprefix('part=')):04}" / f"{name}.parquet"
        target.parent.mkdir(exist_ok=True)
        if len(files) == 1:
            files[0].rename(target)
        else:
            pl.scan_parquet(files).sink_parquet(target, compression="lz4")
    shutil.rmtree(spread, ignore_errors=True)


def _cancelled_notes(ledger: Path) -> pl.DataFrame:
    notes = pl.scan_parquet(ledger / "invoices.parquet").filter(is_cancelled_note())
    return notes.collect(engine="streaming")


def _tell_of_customers(folder: Path, attributes: pl.DataFrame) -> None:
    """The attributes of all customers that documents of a part name, its own or not."""
    named = pl.scan_parquet(folder / "invoices.parquet").select(CUSTOMER_KEY).unique()
    there = attributes.lazy().join(named, on=list(CUSTOMER_KEY), how="semi")
    there.collect().write_parquet(folder / "customers.parquet", compression="lz4")


def _add(file: Path, rows: pl.DataFrame) -> None:
    if rows.height:
        pl.concat([pl.read_parquet(file), rows]).write_parquet(file, compression="lz4")
