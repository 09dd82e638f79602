"""Chances as sums, and what moved them, in the terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.text import Text

from riskpay.cli.grids import grid
from riskpay.reporting.wording import money, percent, points

_STATES: Final = {"new": "New since then", "settled": "Settled since then"}
_PARTS: Final = 3
"""Parts of a change that are shown of each item of a book."""


def sum_parts(result: Mapping[str, Any]) -> list[object]:
    """The chances of an invoice as sums, where they are told: a table each, from the base to the chance."""
    told = [result[name] for name in ("lateness", "curve_reasons") if result.get(name)]
    return [grid(f"How the {_chance(one['figure'])} comes about", ("", ">"), _sum(one)) for one in told]


def _chance(figure: str) -> str:
    """A figure in words: p_unpaid_30 -> chance of being unpaid in 30 days."""
    return (
        "chance of being late" if figure == "p_late" else f"chance of being unpaid in {figure.rpartition('_')[2]} days"
    )


def _sum(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "any item at this stage, its figures not looked at", percent(told["base"])
    yield from _points(told["parts"])
    yield "this item", percent(told["chance"])


def change_parts(told: Mapping[str, Any] | None) -> list[object]:
    """What changed of one invoice, where that was asked for."""
    if told is None:
        return []
    figures = [(name, told[name]) for name in told if name.startswith("p_")]
    if told["state"] == "new":
        return [f"It was not open at the end of {told['since']}: all of it is new.", *_notes(told)]
    tables = [grid(f"The {_chance(name)} since {told['since']}", ("", ">"), _moved(found)) for name, found in figures]
    return [*tables, *_notes(told)]


def _moved(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "then", percent(found["from"])
    yield from _points(found["parts"])
    yield "now", percent(found["to"])


def _points(parts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    return ((part["text"], points(part["points"])) for part in parts)


def book_parts(result: Mapping[str, Any]) -> list[object]:
    """What moved in the whole book: money at risk by currency, the items that moved most, the new and the settled ones."""
    counts = result["counts"]
    head = f"From the end of {result['since']} to the end of {result['as_of']}"
    parts: list[object] = [
        Text(head, style="bold"),
        f"{counts['open']} items stayed open, {counts['new']} are new, {counts['settled']} were settled.",
        *_notes(result),
    ]
    for currency, found in result["money_at_risk"].items():
        title = f"Expected to be unpaid in {result['horizon_days']} days, {currency}"
        parts += ["", grid(title, ("", ">"), _money(found))]
    if result["moved"]:
        parts += ["", grid("Moved most", ("invoice", "customer", "unpaid>", "points>", "why"), _rows(result))]
    for state, title in _STATES.items():
        if result[state]:
            heads = ("invoice", "customer", "open>", f"unpaid in {result['horizon_days']} days>")
            parts += ["", grid(f"{title}, the largest", heads, _ended(result, state))]
    return parts


def _money(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "then", money(found["from"])
    yield from ((part["text"], money(part["amount"])) for part in found["parts"])
    yield "now", money(found["to"])


def _rows(result: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for item in result["moved"]:
        found = item[f"p_unpaid_{result['horizon_days']}"]
        why = "\n".join(f"{part['text']} {points(part['points'])}" for part in found["parts"][:_PARTS])
        way = f"{percent(found['from'])} to {percent(found['to'])}"
        yield _invoice(item), item["customer_id"], way, points(found["change"]), why


def _ended(result: Mapping[str, Any], state: str) -> Iterator[Sequence[str]]:
    side = "to" if state == "new" else "from"
    for item in result[state]:
        open_amount = f"{money(item['open_amount'][side])} {item['currency']}"
        chance = item[f"p_unpaid_{result['horizon_days']}"][side]
        yield _invoice(item), item["customer_id"], open_amount, percent(chance)


def _invoice(item: Mapping[str, Any]) -> str:
    return f"{item['invoice_id']} / {item['instalment']}" if item["instalment"] > 1 else item["invoice_id"]


def _notes(told: Mapping[str, Any]) -> list[Text]:
    return [Text(f"Note: {note}.", style="dim") for note in told["notes"]]
