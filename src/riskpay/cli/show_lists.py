"""The ranked list and the cadence in the terminal."""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from riskpay.cli.grids import cut, short_percent
from riskpay.reporting.step_groups import step_groups
from riskpay.reporting.wording import money, whole_money, words

Columns = tuple[tuple[str, int, str], ...]
"""Heading, width and side of each column, with a space between: at most 100 columns in all."""
ENTRY_COLUMNS: Columns = (
    ("", 4, ">"),
    ("customer", 23, "<"),
    ("collect", 16, ">"),
    ("call value", 10, ">"),
    ("late d", 6, ">"),
    ("p30", 5, ">"),
    ("segment", 17, "<"),
    ("next step", 12, "<"),
)
STEP_COLUMNS: Columns = (
    ("day", 10, "<"),
    ("state", 10, "<"),
    ("channel", 7, "<"),
    ("tone", 14, "<"),
    ("owner", 30, "<"),
)
LEGEND = (
    "collect: free of disputes, promises and blocks",
    "call value: what a call is expected to bring",
    "late d: days past due of the oldest item",
    "p30: chance it is still unpaid in 30 days; ?: too little is known",
    "!: must be called",
)
_TIED = "\u00a0"
_INDENT = 5


class Phrases:
    """Phrases with a dot between them, dim, broken over lines between phrases and else between words only."""

    def __init__(self, phrases: Iterable[str], indent: int = 0) -> None:
        self.phrases, self.indent = tuple(phrases), indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, each at most as wide as the console."""
        width = options.max_width
        room = width - self.indent - len(" ·")
        tied = [phrase.replace(" ", _TIED) if len(phrase) <= room else phrase for phrase in self.phrases]
        lines = textwrap.wrap(
            f"{_TIED}· ".join(tied),
            width,
            initial_indent=" " * self.indent,
            subsequent_indent=" " * self.indent,
            break_on_hyphens=False,
        )
        yield Text("\n".join(lines).replace(_TIED, " "), style="dim", overflow="ignore", no_wrap=True)


def worklist_parts(result: Mapping[str, Any]) -> list[object]:
    """The ranked list: a line a customer, its reasons under it; at most 100 columns wide."""
    entries = result["entries"]
    of = f" for {result['collector']}" if result.get("collector") else ""
    title = Text(f"Whom to call on {result['as_of']}{of}, in order", style="bold")
    if not entries:
        return [title, "Nobody: no open item is worth a call on this day."]
    several = len({entry.get("collector") for entry in entries}) > 1
    parts: list[object] = [title, _headings(ENTRY_COLUMNS)]
    for number, entry in enumerate(entries, start=1):
        lead = [f"for {words(entry['collector'])}"] if several else []
        parts += [_line(_cells(number, entry), ENTRY_COLUMNS), Phrases([*lead, *entry["reasons"]], _INDENT)]
    return [*parts, "", Phrases(LEGEND)]


def _cells(number: int, entry: Mapping[str, Any]) -> list[str]:
    mark = "!" if entry.get("must_contact") else ""
    customer = " ".join(dict.fromkeys(filter(None, (entry["customer_id"], _spaced(entry.get("name"))))))
    return [
        f"{mark}{number}",
        customer,
        f"{money(entry['collectible_amount'])} {entry['currency']}",
        whole_money(entry["call_value"]),
        str(entry["oldest_days_past_due"]),
        "?" if entry.get("abstains") else short_percent(entry["p_unpaid_30"]),
        words(entry["segment"]),
        _near_step(entry["next_step"]),
    ]


def _spaced(name: str | None) -> str:
    """A name with single spaces: exports pad theirs."""
    return " ".join((name or "").split())


def _near_step(step: Mapping[str, Any] | None) -> str:
    """A next step without its year, which is the list's."""
    return step_text(step).partition("-")[2]


def _line(cells: list[str], columns: Columns) -> str:
    fitted = (f"{cut(cell, width):{side}{width}}" for cell, (_, width, side) in zip(cells, columns, strict=True))
    return " ".join(fitted).rstrip()


def _headings(columns: Columns) -> Text:
    return Text(_line([heading for heading, _, _ in columns], columns), style="underline")


def step_text(step: Mapping[str, Any] | None) -> str:
    """A next step in few words: its day and channel; empty if none is planned."""
    return f"{step['due_on']} {step['channel']}" if step else ""


def cadence_parts(result: Mapping[str, Any], top: int | None = None) -> list[object]:
    """A customer's steps: sent, planned and suppressed, their invoices and rule under them; the first ``top`` only if given."""
    name = f" {_spaced(result['name'])}" if result.get("name") else ""
    segment = words(result["segment"]) or "no segment"
    title = Text(f"Customer {result['customer_id']}{name}: {segment}", style="bold")
    groups = step_groups(result["steps"])
    if not groups:
        return [title, "No step was sent or is planned."]
    parts: list[object] = [title, _headings(STEP_COLUMNS)]
    for group in groups[:top]:
        cells = [group.day, group.state, group.channel, words(group.tone), words(group.owner)]
        parts += [_line(cells, STEP_COLUMNS), Phrases([group.about, words(group.rule)], _INDENT)]
    left = len(groups[top:]) if top else 0
    more = f"and {left} more: riskpay cadence {result['customer_id']}"
    return [*parts, more] if left else parts
