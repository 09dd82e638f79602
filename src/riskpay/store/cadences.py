"""The cadence of one customer, as the command line, the API and the pages show it."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from riskpay.errors import NotThereError
from riskpay.store.database import Store
from riskpay.store.segments import Membership
from riskpay.store.steps import Step


@dataclass(frozen=True)
class Cadence:
    """Segment of a customer and its steps sent, planned and suppressed, each with its rule, as of a day."""

    company_id: str
    customer_id: str
    as_of: date
    membership: Membership | None
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values: days as ISO text."""
        member = self.membership
        return {
            "company_id": self.company_id,
            "customer_id": self.customer_id,
            "as_of": self.as_of.isoformat(),
            "segment": member.segment if member else None,
            "segment_rule": member.rule if member else None,
            "segment_since": member.since.isoformat() if member else None,
            "steps": [_step(step) for step in self.steps],
        }


def cadence(store: Store, customer_id: str, company_id: str = "1", as_of: date | None = None) -> Cadence:
    """The cadence of a customer at the end of ``as_of`` (the newest plan's day unless given).

    Raises NotThereError if no plan is recorded by then, or the customer has neither segment nor step.
    """
    day = as_of or store.steps.last_day()
    if day is None:
        raise NotThereError("no steps are planned yet", "run: riskpay daily")
    segment = store.segments.of_customer(company_id, customer_id, day)
    steps = store.steps.of_customer(company_id, customer_id, day)
    if segment is None and not steps:
        raise NotThereError(
            f"customer {customer_id!r} of company {company_id!r} has no cadence on {day}",
            "check the id, zeros included; a customer appears after the first riskpay daily that knows it",
        )
    return Cadence(company_id, customer_id, day, segment, tuple(steps))


def _step(step: Step) -> dict[str, Any]:
    said = asdict(step)
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}
