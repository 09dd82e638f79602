"""Money at risk: open amount x P(unpaid in 30 days), summed over items, and what moved the sum between two days."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from riskpay.features.catalogue import FEATURES, OPTIONAL
from riskpay.model.bridge import Bridge, Part
from riskpay.money import to_text
from riskpay.workflows.item_change import ItemChange

_PHRASES: Final = {feature.name: feature.phrase for feature in (*FEATURES, *OPTIONAL)}
_SAID: Final = {
    "days_passed": "days passed",
    "small_changes": "small changes of figures",
    "due_date": "due dates that were moved",
    "news": "other figures",
}
"""Parts that several items share, in words; the values that a part of one item says differ from item to item."""
SHOWN: Final = 8
"""Parts that are said one by one."""


def money_at_risk(items: Sequence[ItemChange]) -> dict[str, dict[str, Any]]:
    """By currency: the sum then and now, and the parts of its change, as decimal text that adds up to the last digit.

    An item that was settled takes its own away, a new one brings its own; of one that stayed open each part of its chance counts with
    the amount open then, and a changed amount with the chance now.
    """
    currencies = sorted({item.currency for item in items})
    return {currency: _said(_bridge([i for i in items if i.currency == currency]), currency) for currency in currencies}


def _bridge(items: Sequence[ItemChange]) -> Bridge:
    """The sum over items of one currency, in minor units."""
    found: dict[str, Part] = {}
    for part in (part for item in items for part in _parts(item)):
        before = found.get(part.text)
        found[part.text] = Part(part.code, part.text, part.points + (before.points if before else 0.0))
    then = sum((item.amounts[0] or 0) * item.then[1] for item in items if item.then)
    now = sum((item.amounts[1] or 0) * item.now[1] for item in items if item.now)
    return Bridge("money_at_risk", then, tuple(found.values()), now)


def _parts(item: ItemChange) -> Iterator[Part]:
    before, after = item.amounts[0] or 0, item.amounts[1] or 0
    if item.bridges is None:
        settled = item.state == "settled"
        yield Part(item.state, "items settled" if settled else "new items", -item.at_risk if settled else item.at_risk)
        return
    for part in item.bridges[1].parts:
        text = _PHRASES.get(part.code) or _SAID.get(part.code, part.text)
        yield Part(part.code, text, before * part.points)
    if before != after:
        yield Part("open_amount", "amounts paid in part or changed", (after - before) * item.bridges[1].end)


def _said(bridge: Bridge, currency: str) -> dict[str, Any]:
    ends = round(bridge.start), round(bridge.end)
    shown, others = bridge.shown(SHOWN)
    parts = [*shown, *([others] if others else [])]
    amounts = apportioned([part.points for part in parts], ends[1] - ends[0])
    return {
        "from": to_text(ends[0], currency),
        "to": to_text(ends[1], currency),
        "change": to_text(ends[1] - ends[0], currency),
        "parts": [
            {"code": part.code, "text": part.text, "amount": to_text(amount, currency)}
            for part, amount in zip(parts, amounts, strict=True)
            if amount
        ],
    }


def apportioned(parts: Sequence[float], total: int) -> list[int]:
    """Whole numbers that sum to ``total``, each as near to its part as that allows (largest remainders; Hamilton).

    ``parts`` sum to ``total`` but for less than their number; without parts the total must be 0.
    """
    floors = [int(part // 1) for part in parts]
    order = sorted(range(len(parts)), key=lambda n: (floors[n] - parts[n], n))
    left = total - sum(floors)
    if not parts:
        return []
    share, rest = divmod(left, len(parts))
    return [floors[n] + share + (order.index(n) < rest) for n in range(len(parts))]
