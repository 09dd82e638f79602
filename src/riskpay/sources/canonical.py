"""Canonical folders: one CSV or Parquet file a ledger table, each row held to the table's declaration."""

from collections.abc import Callable
from collections.abc import Mapping as Pairs
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import polars as pl

from riskpay.errors import SourceError
from riskpay.ledger.columns import Column, Table
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import ALLOCATIONS, DEFAULT_COMPANY, FACT_DAY, TABLES
from riskpay.sources import parsing
from riskpay.sources.applied import Sources, beyond, in_other_currency, sources
from riskpay.sources.checks import (
    REPEATED,
    Fault,
    Repeats,
    Tally,
    first_fault,
    issued_late,
    no_rejects,
    part_repeats,
    part_versions,
    ragged_rows,
    reject_rows,
    rejected,
)
from riskpay.sources.mapping import Mapping
from riskpay.sources.readers import FILE, LINE, Sheet, normalised, read_sheet, source_files
from riskpay.sources.references import keys_there, refer
from riskpay.sources.unchangeable import told_otherwise

DEFAULTS: Final[dict[str, str | int | bool]] = {
    "company_id": DEFAULT_COMPANY,
    "instalment": 1,
    "document_type": "invoice",
    "debtor_type": "unknown",
    "payment_method": "transfer",
    "account_status": "active",
    "strategic": False,
    "opening_dunning_level": 0,
}
"""What an empty or absent column stands for, where that is not simply null."""

STATUS: Final = {"invoices": "active", "disputes": "open", "promises": "open", "blocks": "active"}
"""What an empty status stands for, by table."""

MONEY: Final = ("amount", "credit_limit")

LAGGED: Final = ("payments", "allocations")


@dataclass(frozen=True)
class Parts:
    """Canonical tables, rejected rows, and of each table the tallies read, accepted, rejected and duplicates."""

    frames: dict[str, pl.DataFrame]
    rejects: pl.DataFrame
    tallies: tuple[tuple[Tally, Tally, Tally, Tally], ...]


def read_tables(path: Path, mapping: Mapping, loaded_on: date, known: Ledger | None) -> Parts:
    """The tables of a folder (or of one file named after its table), in the order in which they refer to each other.

    ``loaded_on`` is the day of the load. ``known`` is the ledger so far: rows may refer to its customers and invoices, and not tell its contacts otherwise. Raises SourceError for a file that
    cannot be read, a file whose name is nearly that of a table, a missing column, or a folder without rows.
    """
    sheets = _sheets(path, mapping)
    frames: dict[str, pl.DataFrame] = {}
    rejects, tallies = [no_rejects()], []
    for name, table in TABLES.items():
        if name in sheets:
            reader = _TableReader(table, mapping, loaded_on)
            frames[name], bad, tally = reader.read(sheets[name], frames, known)
            rejects.append(bad)
            tallies.append(tally)
    return Parts(frames, pl.concat(rejects).sort("file", "line"), tuple(tallies))


def _sheets(path: Path, mapping: Mapping) -> dict[str, Sheet]:
    found: dict[str, Sheet] = {}
    for file in source_files(path):
        name = file.stem.lower()
        if name in found:
            raise SourceError(f"{path} holds table {name} twice: {found[name].path.name}, {file.name}", "keep one")
        if name in TABLES:
            found[name] = read_sheet(file, mapping.encodings, mapping.delimiter, _may_stand_alone(name, mapping))
        elif near := get_close_matches(name, TABLES, n=1, cutoff=0.85):
            raise SourceError(f"{file} is named after no table", f"did you mean {near[0]}{file.suffix}?")
    if not found:
        raise SourceError(
            f"{path} holds no file named after a table: {', '.join(TABLES)}", "name the files so, as CSV or Parquet"
        )
    if not any(sheet.rows.height + sheet.ragged.height for sheet in found.values()):
        raise SourceError(f"{path} has headers and no rows", "export it again; nothing was loaded")
    return found


def _may_stand_alone(name: str, mapping: Mapping) -> set[str]:
    """Headers of the one column that a table needs, normalised: customers may come as numbers only."""
    needed = [column.name for column in TABLES[name].columns if not _is_optional(column)]
    only = needed[0] if len(needed) == 1 else None
    return {normalised(header) for header in (only, *mapping.aliases.get(only, ()))} if only else set()


def _is_optional(column: Column) -> bool:
    return column.nullable or column.name in DEFAULTS or column.name in ("known_on", "status")


@dataclass(frozen=True)
class _TableReader:
    """Reads the sheet of one table."""

    table: Table
    mapping: Mapping
    loaded_on: date

    def read(
        self, sheet: Sheet, frames: Pairs[str, pl.DataFrame], known: Ledger | None
    ) -> tuple[pl.DataFrame, pl.DataFrame, tuple[Tally, Tally, Tally, Tally]]:
        """The table's accepted rows, its rejected ones, and its tallies; ``frames`` are the tables read before it."""
        rows = self._parsed(self._raw(sheet))
        checked, references = refer(rows, self.table, keys_there(frames, known, self.mapping))
        checked, changed = told_otherwise(checked, self.table, known)
        drawn_on = sources(frames, known) if self.table is ALLOCATIONS else None
        checked, foreign = in_other_currency(checked, drawn_on) if drawn_on else (checked, [])
        faults = [*self._column_faults(), *self._day_faults(), *references, *changed, *foreign]
        marked = first_fault(checked, faults)
        parts = self._parted(marked.filter(pl.col("_fault").is_null()))
        # A line that cannot be split may name any allocation: then nothing is known to be gone.
        named = marked if self.mapping.load == "full" and sheet.ragged.is_empty() else None
        kept, beyond_source = _within_sources(parts.kept, drawn_on, named) if drawn_on else (parts.kept, no_rejects())
        key = self.table.key[-1] if self.table.key[-1] not in ("known_on", "valid_from") else self.table.key[1]
        ragged = ragged_rows(sheet.ragged)
        bad = pl.concat(
            [
                rejected(_with_money(marked), faults, {name: f"raw_{name}" for name in self.table.names}),
                reject_rows(_with_money(parts.conflicting), pl.lit(key), pl.col(key), REPEATED),
                beyond_source,
                ragged,
            ]
        )
        read = Tally.of(_with_money(marked)) + Tally.of(ragged)
        tallies = (read, Tally.of(_with_money(kept)), Tally.of(bad), Tally.of(_with_money(parts.duplicates)))
        return self.table.conform(kept.select(self.table.names)), bad, tallies

    def _parted(self, good: pl.DataFrame) -> Repeats:
        """Good rows parted by key; of a table with versions, only a ``known_on`` that a row states makes another one."""
        if "known_on" not in self.table.key:
            return part_repeats(good, self.table.key, self.table.names)
        thing = [name for name in self.table.key if name != "known_on"]
        stated = good.with_columns(_stated=pl.when(~_empty("known_on")).then("known_on"))
        return part_versions(stated, thing, "_stated", [n for n in self.table.names if n != "known_on"])

    def _raw(self, sheet: Sheet) -> pl.DataFrame:
        """The sheet's columns as ``raw_`` text columns; raises SourceError for missing, double or unknown ones."""
        places = {name: self._place(sheet, name) for name in self.table.names}
        missing = [n for n, at in places.items() if at is None and not self._optional(n)]
        spare = set(range(len(sheet.header))) - set(places.values())
        if missing or spare:
            unknown = [sheet.header[n] for n in sorted(spare)]
            raise SourceError(
                f"{sheet.path}: missing columns {missing or 'none'}, unknown columns {unknown or 'none'}. "
                f"Columns of {self.table.name}: {', '.join(self.table.names)}",
                "rename or drop them, or add their headers to `aliases` in a mapping",
            )
        columns = [pl.lit(None, pl.String) if at is None else pl.col(str(at)) for at in places.values()]
        return sheet.rows.select(FILE, LINE, *(c.alias(f"raw_{n}") for c, n in zip(columns, places, strict=True)))

    def _place(self, sheet: Sheet, name: str) -> int | None:
        accepted = {normalised(h) for h in (name, *self.mapping.aliases.get(name, ()))}
        places = [n for n, header in enumerate(sheet.header) if normalised(header) in accepted]
        if len(places) > 1:
            twice = [sheet.header[n] for n in places]
            raise SourceError(f"{sheet.path} has two columns for {name}: {twice}", "rename or drop one of them")
        return places[0] if places else None

    def _optional(self, name: str) -> bool:
        return _is_optional(next(c for c in self.table.columns if c.name == name))

    def _parsed(self, raw: pl.DataFrame) -> pl.DataFrame:
        simple = [c for c in self.table.columns if c.name not in MONEY]
        rows = raw.with_columns(self._value(c).alias(c.name) for c in simple)
        money = [n for n in MONEY if n in self.table.names]
        numbers = {n: parsing.number_text(f"raw_{n}", self.mapping.amounts) for n in money}
        rows = rows.with_columns(parsing.minor_units(text, pl.lit(0)).alias(n) for n, text in numbers.items())
        rows = rows.with_columns(_or_default(name, pl.lit(value)) for name, value in self._defaults().items())
        if "known_on" not in self.table.names:
            return rows
        lag = self.mapping.posting_lag_days if self.table.name in LAGGED else 0
        day = pl.col(FACT_DAY[self.table.name]).cast(pl.Date) + pl.duration(days=lag)
        return rows.with_columns(_or_default("known_on", day))

    def _defaults(self) -> dict[str, str | int | bool]:
        status = STATUS.get(self.table.name)
        defaults = {n: v for n, v in DEFAULTS.items() if n in self.table.names}
        return {**defaults, "status": status} if status else defaults

    def _value(self, column: Column) -> pl.Expr:
        raw = f"raw_{column.name}"
        readers: dict[type[pl.DataType], Callable[[], pl.Expr]] = {
            pl.Date: lambda: parsing.day(raw, self.mapping.dates),
            pl.Datetime: lambda: parsing.moment(raw),
            pl.Boolean: lambda: parsing.yes_no(raw),
            pl.Int32: lambda: parsing.value_of(raw).str.replace(r"\.0+$", "").cast(pl.Int32, strict=False),
            pl.Float64: lambda: parsing.value_of(raw).cast(pl.Float64, strict=False),
        }
        return readers[column.dtype]() if column.dtype in readers else self._text(column.name)

    def _text(self, name: str) -> pl.Expr:
        ids = self.mapping.ids
        # A group or payer is a customer, so its id follows the customers' rule.
        rule = "customer_id" if name in ("payer_id", "group_id") else name
        if name.endswith("_id"):
            return parsing.identifier(
                f"raw_{name}", zeros=rule in ids.strip_leading_zeros, point_zero=rule in ids.strip_point_zero
            )
        return parsing.value_of(f"raw_{name}")

    def _column_faults(self) -> list[Fault]:
        return [fault for column in self.table.columns for fault in self._faults_of(column)]

    def _faults_of(self, column: Column) -> list[Fault]:
        name, value, empty = column.name, pl.col(column.name), _empty(column.name)
        faults = []
        if not column.nullable and not self._optional(name):
            faults.append(Fault(name, f"{name} is empty", empty))
        if column.dtype == pl.Int64:
            marks = f"marks stand where they may not; allowed: {parsing.marks_allowed(self.mapping.amounts)}"
            faults.append(Fault(name, marks, parsing.has_wrong_marks(f"raw_{name}", self.mapping.amounts)))
            faults.append(Fault(name, "amount is not finite", parsing.is_not_finite(parsing.stripped(f"raw_{name}"))))
        faults.append(Fault(name, f"cannot be read as {_KINDS.get(column.dtype, 'text')}", ~empty & value.is_null()))
        if column.dtype == pl.Float64:
            faults.append(Fault(name, f"{name} is not finite", ~value.is_finite()))
        if column.allowed:
            faults.append(Fault(name, f"not one of {', '.join(column.allowed)}", ~value.is_in(list(column.allowed))))
        if column.at_least is not None:
            faults.append(Fault(name, f"must be at least {column.at_least:g}", value < column.at_least))
        if name in ("currency", "quote_currency"):
            known = parsing.digits_of(name).is_not_null()
            faults.append(Fault(name, "currency is not in ISO 4217", ~known))
        return faults

    def _day_faults(self) -> list[Fault]:
        first, last = self.mapping.dates.earliest_year, self.mapping.dates.latest_year
        days = [c.name for c in self.table.columns if c.dtype == pl.Date]
        within = f"the year is not within {first} to {last}"
        faults = [Fault(name, within, ~pl.col(name).dt.year().is_between(first, last)) for name in days]
        if self.table.name == "invoices":
            slack = self.mapping.tolerances.due_before_issue_days
            gap = (pl.col("issue_date") - pl.col("due_date")).dt.total_days()
            faults.append(Fault("due_date", f"due before issue by more than {slack} days", gap > slack))
            faults.append(issued_late(self.loaded_on, self.mapping.tolerances.issue_after_load_days))
        return faults


def _within_sources(
    good: pl.DataFrame, drawn_on: Sources, named: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Allocations whose payment or credit note has enough, and the others as rejected rows."""
    over = beyond(good, drawn_on, named)
    rejects = reject_rows(_with_money(over), pl.lit("amount"), pl.col("raw_amount"), pl.col("_reason"))
    return good.join(over, on=[FILE, LINE], how="anti", maintain_order="left"), rejects


_KINDS: Final = {
    pl.Date: "a day",
    pl.Datetime: "a timestamp",
    pl.Boolean: "yes or no",
    pl.Int32: "a whole number",
    pl.Int64: "an amount in exact minor units",
    pl.Float64: "a number",
}


def _empty(name: str) -> pl.Expr:
    text = parsing.stripped(f"raw_{name}") if name in MONEY else parsing.value_of(f"raw_{name}")
    return text.is_null()


def _or_default(name: str, default: pl.Expr) -> pl.Expr:
    """The default where nothing stood; what could not be read stays null."""
    return pl.when(_empty(name)).then(default).otherwise(name).alias(name)


def _with_money(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with ``amount`` and ``currency`` for the tally: null where the table has none or the code is unknown."""
    absent = {"amount": pl.Int64, "currency": pl.String}
    full = rows.with_columns(pl.lit(None, dtype).alias(n) for n, dtype in absent.items() if n not in rows.columns)
    return full.with_columns(pl.when(parsing.digits_of("currency").is_not_null()).then("amount").alias("amount"))
