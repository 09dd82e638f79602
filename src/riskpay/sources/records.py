"""Lines of a CSV as records, each with its line; a line that cannot be split is set aside, and the next one is read."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from riskpay.errors import SourceError

MAX_LINE = 4_000_000
"""Longest line that is read, in characters."""
SHOWN = 200
"""Characters of a line that cannot be split that are shown to people."""

# A field may be as long as its line: the limit of a line speaks first, and names what is wrong.
csv.field_size_limit(MAX_LINE)

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_QUOTES = "a field in quotes ends at its quote, and a quote inside it is doubled"


@dataclass(frozen=True)
class Bad:
    """A line that is no row: where it stands, what came, and why not."""

    line: int
    value: str
    reason: str


class Lines:
    """Physical lines, refused when one is too long or holds bytes of a binary file; those of a record can go back."""

    def __init__(self, path: Path, opened: IO[str]) -> None:
        self._path = path
        self._opened = opened
        self._number = 0
        self._waiting: list[tuple[int, str]] = []
        self.taken: list[tuple[int, str]] = []
        """Number and text of the lines of the record that is being read."""

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        number, line = self._waiting.pop() if self._waiting else self._read()
        if not line:
            raise StopIteration
        self.taken.append((number, line))
        return line

    def first(self) -> str:
        """The header's line; a header may not span lines."""
        return self._read()[1].lstrip("\ufeff")

    def give_back(self) -> tuple[int, str]:
        """The first line of the record, all others given back to be read as records of their own."""
        first, *others = self.taken
        self._waiting += reversed(others)
        return first

    def _read(self) -> tuple[int, str]:
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
        return self._number, line


def records(lines: Lines, delimiter: str, width: int) -> Iterator[tuple[int, list[str]] | Bad]:
    """Rows of ``width`` fields with the line they begin on, and the lines that give none; blank lines are neither.

    A quoted field may span lines. Where quotes do not pair up, or such a record does not have ``width`` fields, only
    its first line is bad: a quote that was left open must not take the good rows behind it along.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as failed:
            number, line = lines.give_back()
            yield Bad(number, line.strip()[:SHOWN], f"cannot be split into fields ({failed}): {_QUOTES}")
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if fits(row, width) and not _swallows(lines.taken, delimiter, width):
            yield lines.taken[0][0], row
        elif fits(row, width):
            number, line = lines.give_back()
            yield Bad(number, line.strip()[:SHOWN], f"a quote left open here takes the rows below along: {_QUOTES}")
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        elif row:
            number, _ = lines.give_back()
            yield Bad(number, f"{len(row)} fields, the header has {width}", "not as many fields as the header")


def _swallows(taken: list[tuple[int, str]], delimiter: str, width: int) -> bool:
    """Whether a record of several lines holds lines that are rows of their own, all but its first and last.

    Only where that is sure: there are such lines, each has the full width of several fields and no quote.
    """
    inner = [line for _, line in taken[1:-1]]
    return width > 1 and bool(inner) and all('"' not in i and i.count(delimiter) == width - 1 for i in inner)


def fits(row: list[str], width: int) -> bool:
    """Whether a record has as many fields as the header; empty ones at its end do not count."""
    return len(row) == width or (len(row) > width and not any(row[width:]))
