"""What a worklist is made of, as values. ``as_json`` gives money as decimal strings and days as ISO dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from riskpay.money import to_text

USUAL_EFFORT: Final = "under usual effort"
"""Curves are learnt from a past in which someone called: they do not say what happens without a call."""


@dataclass(frozen=True, slots=True)
class EntryItem:
    """One open item of an entry; amounts in minor units of ``currency``."""

    invoice_id: str
    instalment: int
    open_amount: int
    collectible_amount: int
    currency: str
    due_date: date
    days_past_due: int
    p_late: float | None
    p_unpaid_30: float | None
    abstains: bool | None

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "invoice_id": self.invoice_id,
            "instalment": self.instalment,
            "open_amount": to_text(self.open_amount, self.currency),
            "collectible_amount": to_text(self.collectible_amount, self.currency),
            "currency": self.currency,
            "due_date": self.due_date.isoformat(),
            "days_past_due": self.days_past_due,
            "p_late": rounded(self.p_late),
            "p_unpaid_30": rounded(self.p_unpaid_30),
            "abstains": bool(self.abstains),
        }


@dataclass(frozen=True, slots=True)
class EntryStep:
    """The next step of an entry: the earliest planned one of its items, else the earliest suppressed."""

    due_on: date
    channel: str
    tone: str
    owner: str
    step_code: str
    state: str
    rule: str

    def as_json(self) -> dict[str, str]:
        """Plain values for JSON."""
        return {
            "due_on": self.due_on.isoformat(),
            "channel": self.channel,
            "tone": self.tone,
            "owner": self.owner,
            "step_code": self.step_code,
            "state": self.state,
            "rule": self.rule,
        }


@dataclass(frozen=True, slots=True)
class WorklistEntry:
    """One payer on the list. ``collectible_amount`` and ``open_amount`` are minor units of ``currency``;

    ``call_value`` and its three terms are minor units of ``reporting_currency``; ``priority`` is reporting
    minor units a minute, or the share of points while no model is trained (``strategy``). ``p_late`` and
    ``p_unpaid_30`` are means weighted by collectible amount; ``abstains``: for half of it or more too little is known. ``call_hours``: UTC, from and until; None: unknown.
    """

    rank: int
    company_id: str
    customer_id: str
    name: str | None
    collectible_amount: int
    currency: str
    open_amount: int
    call_value: int
    extra_cash: int
    cash_days: int
    loss_avoided: int
    reporting_currency: str
    priority: float
    strategy: str
    minutes: float
    p_late: float | None
    p_unpaid_30: float | None
    abstains: bool
    segment: str
    oldest_days_past_due: int
    next_step: EntryStep | None
    must_contact: str | None
    reasons: tuple[str, ...]
    items: tuple[EntryItem, ...]
    call_hours: tuple[datetime, datetime] | None

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON; the terms of the call value stand beside it."""
        money: Mapping[str, int] = {
            "call_value": self.call_value,
            "extra_cash": self.extra_cash,
            "cash_days": self.cash_days,
            "loss_avoided": self.loss_avoided,
        }
        return {
            "rank": self.rank,
            "company_id": self.company_id,
            "customer_id": self.customer_id,
            "name": self.name,
            "collectible_amount": to_text(self.collectible_amount, self.currency),
            "currency": self.currency,
            "open_amount": to_text(self.open_amount, self.currency),
            **{term: to_text(amount, self.reporting_currency) for term, amount in money.items()},
            "reporting_currency": self.reporting_currency,
            "priority": self.priority,
            "strategy": self.strategy,
            "minutes": self.minutes,
            "p_late": rounded(self.p_late),
            "p_unpaid_30": rounded(self.p_unpaid_30),
            "abstains": self.abstains,
            "segment": self.segment,
            "oldest_days_past_due": self.oldest_days_past_due,
            "next_step": self.next_step.as_json() if self.next_step else None,
            "must_contact": self.must_contact,
            "reasons": list(self.reasons),
            "items": [item.as_json() for item in self.items],
            "call_hours": [moment.isoformat() for moment in self.call_hours] if self.call_hours else None,
        }


@dataclass(frozen=True, slots=True)
class Worklist:
    """The ordered payers of one collector for one day, within the collector's minutes of calls."""

    collector: str
    entries: tuple[WorklistEntry, ...]
    capacity_minutes: float

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "collector": self.collector,
            "capacity_minutes": self.capacity_minutes,
            "entries": [entry.as_json() for entry in self.entries],
        }


@dataclass(frozen=True, slots=True)
class Advice:
    """A payer likely to pay without a call: advice under usual effort, never a suppression."""

    company_id: str
    customer_id: str
    name: str | None
    collectible_amount: int
    currency: str
    p_paid: float
    within_days: int
    text: str

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "company_id": self.company_id,
            "customer_id": self.customer_id,
            "name": self.name,
            "collectible_amount": to_text(self.collectible_amount, self.currency),
            "currency": self.currency,
            "p_paid": rounded(self.p_paid),
            "within_days": self.within_days,
            "text": self.text,
        }


def rounded(chance: float | None) -> float | None:
    """A probability with 6 digits, as it leaves in JSON."""
    return None if chance is None else round(chance, 6)
