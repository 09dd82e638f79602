"""What became of one item between two days, as a value and as plain values."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from riskpay.model.bridge import DIGITS, Bridge, parts_said
from riskpay.money import to_text

State = Literal["open", "new", "settled"]
Two = tuple[float, float]
SHOWN: Final = 6
"""Parts of a change that are said one by one."""


@dataclass(frozen=True)
class ItemChange:
    """An item that was open at the end of one of two days, or of both.

    ``key``: company_id, invoice_id, instalment. ``state``: ``open`` on both days, ``new`` (open on the later day only) or
    ``settled`` (no longer open). ``amounts``: open on either day, in minor units. ``then`` and ``now``: p_late and
    P(unpaid in ``days`` days). All None for a day on which it was not open. ``bridges``: of both figures, for items open on both days.
    """

    key: tuple[str, str, int]
    customer_id: str
    currency: str
    due_date: date
    state: State
    days: int
    amounts: tuple[int | None, int | None]
    then: Two | None
    now: Two | None
    bridges: tuple[Bridge, Bridge] | None = None

    @property
    def figures(self) -> tuple[str, str]:
        """The names of its figures."""
        return "p_late", f"p_unpaid_{self.days}"

    @property
    def moved(self) -> float:
        """By how much P(unpaid) moved; 0 for an item that was not open on both days."""
        return self.bridges[1].change if self.bridges else 0.0

    @property
    def at_risk(self) -> float:
        """Money of it expected to be unpaid, in minor units: of the later day, or of the earlier one once settled."""
        chance, amount = (self.now, self.amounts[1]) if self.now else (self.then, self.amounts[0])
        return (amount or 0) * (chance[1] if chance else 0.0)

    def to_json(self) -> dict[str, Any]:
        """As plain values; the parts of each figure add up to its change."""
        company, invoice, instalment = self.key
        amounts = (None if amount is None else to_text(amount, self.currency) for amount in self.amounts)
        return {
            "company_id": company,
            "customer_id": self.customer_id,
            "invoice_id": invoice,
            "instalment": instalment,
            "due_date": self.due_date.isoformat(),
            "state": self.state,
            "currency": self.currency,
            "open_amount": dict(zip(("from", "to"), amounts, strict=True)),
            **{name: self._figure(number) for number, name in enumerate(self.figures)},
        }

    def _figure(self, number: int) -> dict[str, Any]:
        ends = (side[number] if side else None for side in (self.then, self.now))
        before, after = (None if end is None else round(end, DIGITS) for end in ends)
        bridge = self.bridges[number] if self.bridges else None
        return {
            "from": before,
            "to": after,
            "change": round(bridge.change, DIGITS) if bridge else None,
            "parts": parts_said(bridge, SHOWN) if bridge else [],
        }
