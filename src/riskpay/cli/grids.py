"""How figures look in the terminal, for all commands alike."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from riskpay.reporting.wording import percent

RIGHT = ">"
"""Ends the heading of a column of figures, which is then set to the right."""


def grid(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Group:
    """A titled table of rich; a heading that ends with ``RIGHT`` sets its column to the right."""
    named = any(heading.removesuffix(RIGHT) for heading in headings)
    shape = box.SIMPLE_HEAD if named else box.SIMPLE
    table = Table(box=shape, pad_edge=False, show_header=named)
    for heading in headings:
        right = heading.endswith(RIGHT)
        table.add_column(heading.removesuffix(RIGHT), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return Group(Text(title, style="bold"), table) if title else Group(table)


def short_percent(share: float | None) -> str:
    """A share in whole percent for a narrow column, never 0 % or 100 % for what is neither."""
    return percent(share).replace("under ", "<").replace("over ", ">")


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` characters, its loss marked."""
    return text if len(text) <= width else text[: width - 1] + "…"
