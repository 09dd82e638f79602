"""What is wrong with rows, found column by column; a faulty row is a value, never an exception."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

REJECT_COLUMNS = {
    "file": pl.String,
    "line": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "reason": pl.String,
    "amount": pl.Int64,
    "currency": pl.String,
}
"""Rejected rows: where they stand, what came, why not; amount (signed minor units) where it could be read."""

REPEATED = "the same id with different content in one load"


@dataclass(frozen=True)
class Fault:
    """One thing that may be wrong: the column to look at, the reason for people, and when it is so."""

    column: str
    reason: str
    when: pl.Expr


@dataclass(frozen=True)
class Tally:
    """How many rows, and their money in signed minor units by currency.

    A row whose amount or currency cannot be read exactly counts as a row and brings no money.
    """

    rows: int
    amount: dict[str, int]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Tally":
        """The tally of rows with the columns ``amount`` (minor units) and ``currency``; nulls bring no money."""
        money = rows.filter(pl.col("amount").is_not_null() & pl.col("currency").is_not_null())
        # 128 bits: a million amounts near the allowed maximum do not fit into 64.
        sums = money.group_by("currency").agg(pl.col("amount").cast(pl.Int128).sum()).sort("currency")
        return cls(rows.height, {str(code): int(total) for code, total in sums.iter_rows()})

    def __add__(self, other: "Tally") -> "Tally":
        codes = sorted({*self.amount, *other.amount})
        return Tally(self.rows + other.rows, {c: self.amount.get(c, 0) + other.amount.get(c, 0) for c in codes})


def issued_late(loaded_on: date, slack: int) -> Fault:
    """An issue day more than ``slack`` days after the day of the load."""
    last = loaded_on + timedelta(days=slack)
    reason = f"issued after {last}: more than {slack} days after the load of {loaded_on}"
    return Fault("issue_date", reason, pl.col("issue_date") > last)


def first_fault(rows: pl.DataFrame, faults: Sequence[Fault]) -> pl.DataFrame:
    """``rows`` with ``_fault``: the place in ``faults`` of the first that holds, null for a good row."""
    found = [pl.when(f.when.fill_null(value=False)).then(pl.lit(n, pl.Int32)) for n, f in enumerate(faults)]
    return rows.with_columns(_fault=pl.coalesce(found) if found else pl.lit(None, pl.Int32))


def rejected(rows: pl.DataFrame, faults: Sequence[Fault], raw: dict[str, str]) -> pl.DataFrame:
    """Rows with a ``_fault`` as ``REJECT_COLUMNS``.

    ``raw`` gives by fault column the column of ``rows`` that holds what came; needs ``_file``, ``_line``, ``amount``
    and ``currency``.
    """
    parts = []
    for number, fault in enumerate(faults):
        bad = rows.filter(pl.col("_fault") == number)
        came = raw.get(fault.column)
        value = pl.col(came).cast(pl.String) if came else pl.lit(None, pl.String)
        parts.append(reject_rows(bad, pl.lit(fault.column), value, fault.reason))
    return pl.concat([no_rejects(), *parts])


def reject_rows(bad: pl.DataFrame, column: pl.Expr, value: pl.Expr, reason: str | pl.Expr) -> pl.DataFrame:
    """All of ``bad`` as ``REJECT_COLUMNS``, for one reason or each for its own."""
    return bad.select(
        pl.col("_file").alias("file"),
        pl.col("_line").alias("line"),
        column.cast(pl.String).alias("column"),
        value.cast(pl.String).alias("value"),
        (pl.lit(reason) if isinstance(reason, str) else reason).alias("reason"),
        pl.col("amount").cast(pl.Int64),
        pl.col("currency").cast(pl.String),
    )


def ragged_rows(ragged: pl.DataFrame) -> pl.DataFrame:
    """Lines that cannot be split into the fields of the header, as ``REJECT_COLUMNS``."""
    bare = ragged.with_columns(amount=pl.lit(None, pl.Int64), currency=pl.lit(None, pl.String))
    return reject_rows(bare, pl.lit(None), pl.col("value"), pl.col("reason"))


def no_rejects() -> pl.DataFrame:
    """Rejected rows, of which there are none."""
    return pl.DataFrame(schema=REJECT_COLUMNS)


@dataclass(frozen=True)
class Repeats:
    """Rows parted by key: the first of each kept, exact repeats, and all rows of keys whose content differs."""

    kept: pl.DataFrame
    duplicates: pl.DataFrame
    conflicting: pl.DataFrame


def part_versions(rows: pl.DataFrame, thing: Sequence[str], stated: str, content: Sequence[str]) -> Repeats:
    """Rows of things with versions in file order: those of one thing (its columns ``thing``) need days of change.

    ``stated`` is the column with the day since which the row itself says to hold: null where it says none, and then
    the day in ``known_on`` is only assumed. Two rows that state none are one version, whatever day is assumed; so are
    two rows of one ``known_on``, stated or not.
    """
    once = part_repeats(rows, [*thing, stated], content)
    days = part_repeats(once.kept, [*thing, "known_on"], content)
    duplicates, conflicting = [once.duplicates, days.duplicates], [once.conflicting, days.conflicting]
    return Repeats(days.kept, pl.concat(duplicates), pl.concat(conflicting))


def part_repeats(rows: pl.DataFrame, key: Sequence[str], content: Sequence[str]) -> Repeats:
    """Rows in file order parted by ``key``; two rows are the same if key and ``content`` are (nulls are equal)."""
    numbered = rows.with_row_index("_at")
    # Nearly every key stands once: only the others are compared by content.
    several = pl.len().over(key) > 1
    compared = numbered.filter(several)
    first = pl.col("_at") == pl.col("_at").min().over([*key, *content])
    marked = compared.with_columns(_first=first).with_columns(_kinds=pl.col("_first").sum().over(key))
    one_kind = pl.col("_kinds") == 1
    kept = pl.concat([numbered.filter(~several), marked.filter(one_kind & pl.col("_first")).select(numbered.columns)])
    duplicates, conflicting = marked.filter(one_kind & ~pl.col("_first")), marked.filter(~one_kind)
    return Repeats(*(part.sort("_at").select(rows.columns) for part in (kept, duplicates, conflicting)))
