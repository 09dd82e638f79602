"""Files as rows of text: CSV in several encodings and delimiters, and Parquet, each row with its line."""

import codecs
import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO

import polars as pl

from riskpay.errors import SourceError
from riskpay.sources.records import Bad, Lines, records

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}
SUFFIXES = (".csv", ".txt", ".tsv", ".parquet", ".pq")
CHUNK = 50_000
"""Rows made into a frame at a time."""
LINE = "_line"
FILE = "_file"

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAGIC = {
    b"PK\x03\x04": "a ZIP or Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"SQLite format 3": "an SQLite database",
}


_Record = tuple[int, list[str]] | Bad


@dataclass(frozen=True)
class Sheet:
    """One file: its columns as text, ``_line`` (line of a CSV, row of a Parquet file) and ``_file`` (its name).

    ``ragged`` holds lines that cannot be split, or not into as many fields as the header has: ``_file``, ``_line``,
    ``value`` (what came) and ``reason``, in that order.
    """

    path: Path
    header: tuple[str, ...]
    rows: pl.DataFrame
    ragged: pl.DataFrame


def source_files(path: Path) -> list[Path]:
    """The file itself, or the CSV and Parquet files of a folder by name; raises SourceError if there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        what = "is neither a file nor a folder" if path.exists() else "does not exist"
        raise SourceError(f"{path} {what}", "give a CSV or Parquet file, or a folder of them")
    found = sorted(f for f in path.iterdir() if f.suffix.lower() in SUFFIXES and f.is_file() and f.name[0] != ".")
    if not found:
        raise SourceError(f"folder {path} holds no file ending in {', '.join(SUFFIXES)}", "is it the right folder?")
    return found


def normalised(header: str) -> str:
    """A header as it is compared: without case, spaces and underscores."""
    return re.sub(r"[\s_]+", "", header).casefold()


def read_sheet(path: Path, encodings: Sequence[str], delimiter: str | None, alone: Collection[str] = ()) -> Sheet:
    """The rows of one CSV or Parquet file as text.

    ``alone`` are headers (as ``normalised``) of which one may be all that a CSV has. Raises SourceError for a file
    that is empty, binary, undecodable, has any other header of one column, or a line longer than
    ``records.MAX_LINE``. Blank lines of a CSV are no rows.
    """
    try:
        with path.open("rb") as opened:
            head = opened.read(65_536)
    except OSError as failed:
        raise SourceError(f"{path} cannot be read: {failed.strerror}", "check its permissions") from failed
    if not head.strip():
        raise SourceError(f"{path} is empty", "export it again; a file needs a header and rows")
    if head.startswith(b"PAR1"):
        return _read_parquet(path)
    return _read_csv(path, _encodings(path, head, encodings), delimiter, alone)


def _encodings(path: Path, head: bytes, encodings: Sequence[str]) -> Sequence[str]:
    known = next((what for magic, what in _MAGIC.items() if head.startswith(magic)), None)
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if known or (not marked and b"\x00" in head):
        what = known or "a binary file"
        raise SourceError(f"{path} is {what}, not text", "give CSV (comma, semicolon, tab or |) or Parquet")
    return (marked,) if marked else encodings


def _read_csv(path: Path, encodings: Sequence[str], delimiter: str | None, alone: Collection[str]) -> Sheet:
    failed: UnicodeError | None = None
    for encoding in encodings:
        try:
            # newline="" leaves line ends inside quotes alone and still ends lines at \n, \r\n and \r.
            with path.open(encoding=encoding, newline="") as opened:
                return _split(path, opened, delimiter, alone)
        except UnicodeError as undecodable:
            failed = undecodable
    raise SourceError(
        f"{path} cannot be decoded as {' or '.join(encodings)}: {failed}", "save it as UTF-8, or name its encoding"
    ) from failed


def _split(path: Path, opened: IO[str], delimiter: str | None, alone: Collection[str]) -> Sheet:
    lines = Lines(path, opened)
    first = lines.first()
    by = delimiter or _sniff(first)
    header = tuple(name.strip() for name in next(csv.reader([first], delimiter=by)))
    if len(header) == 1 and normalised(header[0]) not in alone:
        raise _one_column(path, first)
    frames, ragged = [], []
    for chunk in _chunks(records(lines, by, len(header))):
        bad = [record for record in chunk if isinstance(record, Bad)]
        ragged += [(path.name, record.line, record.value, record.reason) for record in bad]
        frames.append(_frame([record for record in chunk if not isinstance(record, Bad)], len(header)))
    return _sheet(path, header, pl.concat(frames) if frames else _frame([], len(header)), ragged)


def _sheet(path: Path, header: tuple[str, ...], rows: pl.DataFrame, ragged: list[tuple[str, int, str, str]]) -> Sheet:
    named = rows.with_columns(pl.lit(path.name).alias(FILE))
    return Sheet(
        path,
        header,
        named,
        pl.DataFrame(ragged, {FILE: pl.String, LINE: pl.Int64, "value": pl.String, "reason": pl.String}, orient="row"),
    )


def _sniff(first: str) -> str:
    """The delimiter that the header holds most often outside of quotes; a comma where it holds none."""
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=unquoted.count)


def _one_column(path: Path, first: str) -> SourceError:
    return SourceError(
        f"{path} has a header of one column: {first.strip()[:80]!r}; columns are parted by "
        f"{', '.join(DELIMITERS.values())}",
        "export it with one of these delimiters, or set `delimiter` in the mapping",
    )


def _chunks(rows: Iterable[_Record]) -> Iterator[list[_Record]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _frame(rows: list[tuple[int, list[str]]], width: int) -> pl.DataFrame:
    cells = [row for _, row in rows]
    columns = [pl.Series(str(n), map(itemgetter(n), cells), dtype=pl.String) for n in range(width)]
    return pl.DataFrame([*columns, pl.Series(LINE, [line for line, _ in rows], dtype=pl.Int64)])


def _read_parquet(path: Path) -> Sheet:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as failed:
        raise SourceError(f"{path} cannot be read as Parquet: {failed}", "write the file again") from failed
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype in (pl.Binary, pl.Object)]
    if nested:
        raise SourceError(f"{path} has columns that hold no plain values: {nested}", "leave them out of the file")
    text = frame.select(_text(name, dtype).alias(str(n)) for n, (name, dtype) in enumerate(frame.schema.items()))
    numbered = text.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE))
    return _sheet(path, tuple(frame.columns), numbered, [])


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S")
    return pl.col(name).cast(pl.String)
