"""What the terminal shows: results on stdout, everything else on stderr."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any

import typer

from riskpay.cli.exits import READER_GONE
from riskpay.workflows.progress import Progress

WIDTH = 100
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def own_stdout() -> None:
    """Keeps the process's stdout for results: what libraries in C write there goes to stderr from now on."""
    sys.stdout.flush()
    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)


def put(text: str) -> None:
    """Writes a result to stdout; a reader that went away ends the program quietly."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would raise once more when the interpreter flushes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(READER_GONE) from None


def put_json(value: Mapping[str, Any]) -> None:
    """Writes one JSON object to stdout: keys as they come, dates ISO, decimals as strings."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    put(orjson.dumps(dict(value), default=str, option=options).decode())


def put_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Writes rows as CSV to stdout; text that a spreadsheet would run as a formula is led by an apostrophe."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([harmless(row.get(column)) for column in columns] for row in rows)
    put(text.getvalue())


def harmless(value: object) -> object:
    """A cell for a spreadsheet: text that begins like a formula gets an apostrophe, a number stays one."""
    if not isinstance(value, str) or re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
        return value
    return f"'{value}" if value.lstrip(" ").startswith(FORMULA_STARTS) else value


def say(text: str) -> None:
    """Writes a message for the person to stderr."""
    print(text, file=sys.stderr)


def show(*parts: object) -> None:
    """Prints tables and texts of rich to stdout, at most ``WIDTH`` columns wide."""
    import io

    from rich.console import Console

    terminal = sys.stdout.isatty()
    text = io.StringIO()
    width = min(WIDTH, os.get_terminal_size().columns) if terminal else WIDTH
    console = Console(file=text, width=width, force_terminal=terminal, highlight=False, markup=False)
    for part in parts:
        console.print(part)
    put("\n".join(line.rstrip() for line in text.getvalue().splitlines()))


@contextmanager
def progress(text: str) -> Iterator[Progress]:
    """A progress bar on stderr while the block runs; plain lines where stderr is no terminal.

    What libraries print inside the block goes to stderr too: stdout is for results.
    """
    with redirect_stdout(sys.stderr), _bar(text) if sys.stderr.isatty() else nullcontext(_lines(text)) as tell:
        yield tell


@contextmanager
def _bar(text: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=None)

        def tell(text: str, done: int = 0, total: int = 0) -> None:
            bar.update(task, description=text, completed=done, total=total or None)

        yield tell


def _lines(first: str) -> Progress:
    last = ""

    def tell(text: str, done: int = 0, total: int = 0) -> None:  # noqa: ARG001 - a log needs no bar
        nonlocal last
        if text != last:
            say(text)
            last = text

    tell(first)
    return tell
