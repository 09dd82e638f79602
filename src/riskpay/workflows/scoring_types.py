"""The question and the answer of scoring, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from riskpay.ledger.tables import DEFAULT_COMPANY
from riskpay.model.risk import LateRisk


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item whose late risk is asked for; its amount in minor units of its currency.

    ``ref`` is the caller's own mark and comes back in the answer.
    """

    ref: str | None
    customer_id: str
    issue_date: date
    due_date: date
    amount_minor: int
    currency: str
    company_id: str = DEFAULT_COMPANY
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """What is said of one item: its risk, the customer's segment, and the next step with its rule.

    ``next_step``: due_on, channel, tone, owner, step_code, state, rule, as the plan of the day has it; suppressed
    ones too, with the hold as their rule. None if the cadence has no further step. ``max_band``: the policy's limit beyond which
    the score abstains. ``why``: its chances as sums, if asked for.
    """

    risk: LateRisk
    segment: str
    next_step: Mapping[str, Any] | None
    max_band: float = 0.5
    why: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one item got no answer: a stable code, and what came and what is allowed."""

    code: str
    detail: str
