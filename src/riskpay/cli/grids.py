"""How figures look in the terminal, for all commands alike."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

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


def money(text: object, currency: str = "", digits: int | None = None) -> str:
    """A decimal string as people read it: ``money("1234.5", "USD") == "1,234.5 USD"``."""
    if text is None:
        return ""
    amount = f"{Decimal(str(text)):,f}" if digits is None else f"{Decimal(str(text)):,.{digits}f}"
    return f"{amount} {currency}".strip()


def percent(share: object) -> str:
    """A share from 0 to 1 in whole percent, never 0 % or 100 % for what is neither."""
    if not isinstance(share, int | float):
        return ""
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1:
        return ">99 %"
    return f"{share:.0%}".replace("%", " %")


def plain(word: object) -> str:
    """A code as words: ``plain("habitually_late") == "habitually late"``."""
    return "" if word is None else str(word).replace("_", " ")


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` characters, its loss marked."""
    return text if len(text) <= width else text[: width - 1] + "…"
