"""Files as rows of text: CSV in several encodings and delimiters, and Parquet, each row with its line."""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Protocol

import polars as pl

from riskpay.errors import SourceError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}
SUFFIXES = (".csv", ".txt", ".tsv", ".parquet", ".pq")
MAX_LINE = 4_000_000
"""Longest line that is read, in characters."""
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
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True)
class Sheet:
    """One file: its columns as text, ``_line`` (line of a CSV, row of a Parquet file) and ``_file`` (its name).

    ``ragged`` holds rows that do not have as many fields as the header: ``_file``, ``_line``, ``value`` (what is
    wrong), in that order.
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


def read_sheet(path: Path, encodings: Sequence[str], delimiter: str | None) -> Sheet:
    """The rows of one CSV or Parquet file as text.

    Raises SourceError for a file that is empty, binary, undecodable, has a header of one column, or a line
    longer than ``MAX_LINE``. Blank lines of a CSV are no rows.
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
    return _read_csv(path, _encodings(path, head, encodings), delimiter)


def _encodings(path: Path, head: bytes, encodings: Sequence[str]) -> Sequence[str]:
    known = next((what for magic, what in _MAGIC.items() if head.startswith(magic)), None)
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if known or (not marked and b"\x00" in head):
        what = known or "a binary file"
        raise SourceError(f"{path} is {what}, not text", "give CSV (comma, semicolon, tab or |) or Parquet")
    return (marked,) if marked else encodings


def _read_csv(path: Path, encodings: Sequence[str], delimiter: str | None) -> Sheet:
    failed: UnicodeError | None = None
    for encoding in encodings:
        try:
            # newline="" leaves line ends inside quotes alone and still ends lines at \n, \r\n and \r.
            with path.open(encoding=encoding, newline="") as opened:
                return _split(path, opened, delimiter)
        except UnicodeError as undecodable:
            failed = undecodable
    raise SourceError(
        f"{path} cannot be decoded as {' or '.join(encodings)}: {failed}", "save it as UTF-8, or name its encoding"
    ) from failed


def _split(path: Path, opened: IO[str], delimiter: str | None) -> Sheet:
    lines = _Lines(path, opened)
    first = lines.first()
    split = csv.reader([first], delimiter=delimiter or _sniff(path, first))
    records = csv.reader(lines, delimiter=delimiter or _sniff(path, first), strict=True)
    header = tuple(name.strip() for name in next(split))
    if len(header) == 1:
        raise _one_column(path, first)
    frames, ragged, before = [], [], 1
    try:
        for chunk in _chunks(_numbered(records, before)):
            good = [pair for pair in chunk if _fits(pair[1], len(header))]
            ragged += [
                (path.name, line, f"{len(row)} fields, the header has {len(header)}")
                for line, row in chunk
                if not _fits(row, len(header))
            ]
            frames.append(_frame(good, len(header)))
    except csv.Error as failed:
        raise SourceError(
            f"{path} line {records.line_num + 1}: {failed}", "look for a quote that is opened and not closed"
        ) from failed
    rows = pl.concat(frames) if frames else _frame([], len(header))
    return _sheet(path, header, rows, ragged)


def _sheet(path: Path, header: tuple[str, ...], rows: pl.DataFrame, ragged: list[tuple[str, int, str]]) -> Sheet:
    named = rows.with_columns(pl.lit(path.name).alias(FILE))
    return Sheet(
        path,
        header,
        named,
        pl.DataFrame(ragged, {FILE: pl.String, LINE: pl.Int64, "value": pl.String}, orient="row"),
    )


class _Records(Protocol):
    """What csv.reader gives: records, and the line that the last one ended on."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


class _Lines:
    """Physical lines, refused when one is too long or holds bytes of a binary file."""

    def __init__(self, path: Path, opened: IO[str]) -> None:
        self._path = path
        self._opened = opened
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._next():
            yield line

    def first(self) -> str:
        """The header's line; a header may not span lines."""
        return self._next().lstrip("\ufeff")

    def _next(self) -> str:
        line = self._opened.readline(MAX_LINE + 1)
        self._number += 1
        if len(line) > MAX_LINE:
            raise SourceError(
                f"{self._path} line {self._number} is longer than {MAX_LINE:,} characters",
                "it is no table of one row a line; export it again",
            )
        if _CONTROL.search(line):
            raise SourceError(
                f"{self._path} line {self._number} holds control characters: it is a binary file, or damaged",
                "give CSV (comma, semicolon, tab or |) or Parquet",
            )
        return line


def _sniff(path: Path, first: str) -> str:
    unquoted = re.sub(r'"[^"]*"', "", first)
    best = max(DELIMITERS, key=unquoted.count)
    if best not in unquoted:
        raise _one_column(path, first)
    return best


def _one_column(path: Path, first: str) -> SourceError:
    return SourceError(
        f"{path} has a header of one column: {first.strip()[:80]!r}; columns are parted by "
        f"{', '.join(DELIMITERS.values())}",
        "export it with one of these delimiters, or set `delimiter` in the mapping",
    )


def _numbered(records: _Records, before: int) -> Iterator[tuple[int, list[str]]]:
    """Records with the line they begin on; a quoted field may span lines."""
    start = before + 1
    for row in records:
        if row:
            yield start, row
        start = before + records.line_num + 1


def _chunks(rows: Iterable[tuple[int, list[str]]]) -> Iterator[list[tuple[int, list[str]]]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _fits(row: list[str], width: int) -> bool:
    return len(row) == width or (len(row) > width and not any(row[width:]))


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
