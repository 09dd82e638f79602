"""The ranked list and the cadence in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.padding import Padding
from rich.text import Text

from riskpay.cli.grids import cut, grid, money, percent, plain

COLUMNS = (
    ("", 4, ">"),
    ("customer", 23, "<"),
    ("collect", 16, ">"),
    ("call value", 10, ">"),
    ("late d", 6, ">"),
    ("p30", 5, ">"),
    ("segment", 17, "<"),
    ("next step", 12, "<"),
)
"""Heading, width and side of each column, with a space between: at most 100 columns in all."""
LEGEND = (
    "collect: free of disputes, promises and blocks. call value: what a call is expected to bring. late d: days past "
    "due of the oldest item. p30: chance it is still unpaid in 30 days. !: must be contacted."
)


def worklist_parts(result: Mapping[str, Any]) -> list[object]:
    """The ranked list: a line a customer, its reasons under it; at most 100 columns wide."""
    entries = result["entries"]
    of = f" for {result['collector']}" if result.get("collector") else ""
    title = Text(f"Whom to call on {result['as_of']}{of}, in order", style="bold")
    if not entries:
        return [title, "Nobody: no open item is worth a call on this day."]
    parts: list[object] = [title, Text(_line([heading for heading, _, _ in COLUMNS]), style="underline")]
    for number, entry in enumerate(entries, start=1):
        parts += [_line(_cells(number, entry)), Padding(Text(_why(entry, of), style="dim"), (0, 0, 0, 5))]
    return [*parts, Text(LEGEND, style="dim")]


def _cells(number: int, entry: Mapping[str, Any]) -> list[str]:
    mark = "!" if entry.get("must_contact") else ""
    customer = " ".join(dict.fromkeys(filter(None, (entry["customer_id"], entry.get("name")))))
    return [
        f"{mark}{number}",
        customer,
        money(entry["collectible_amount"], entry["currency"]),
        money(entry["call_value"], digits=0),
        str(entry["oldest_days_past_due"]),
        percent(entry["p_unpaid_30"]),
        plain(entry["segment"]),
        step_text(entry["next_step"])[len("2019-") :],
    ]


def _why(entry: Mapping[str, Any], of: str) -> str:
    """The reasons in one line, led by the collector where the list is of several."""
    lead = f"{entry['collector']}: " if entry.get("collector") and not of else ""
    return lead + "; ".join(entry["reasons"])


def _line(cells: list[str]) -> str:
    fitted = (f"{cut(cell, width):{side}{width}}" for cell, (_, width, side) in zip(cells, COLUMNS, strict=True))
    return " ".join(fitted).rstrip()


def step_text(step: Mapping[str, Any] | None) -> str:
    """A next step in few words: its day and channel; empty if none is planned."""
    return f"{step['due_on']} {step['channel']}" if step else ""


def cadence_parts(result: Mapping[str, Any]) -> list[object]:
    """A customer's steps: sent, planned and suppressed, each with the rule behind it."""
    name = f" {result['name']}" if result.get("name") else ""
    title = f"Customer {result['customer_id']}{name}: {plain(result['segment'])}"
    steps = result["steps"]
    if not steps:
        return [Text(title, style="bold"), "No step was sent or is planned."]
    rows = (
        (
            s["due_on"],
            s.get("invoice_id"),
            s["channel"],
            plain(s["tone"]),
            plain(s["owner"]),
            s["state"],
            plain(s["rule"]),
        )
        for s in steps
    )
    return [grid(title, ("day", "invoice", "channel", "tone", "owner", "state", "rule"), rows)]
