"""The page of one customer: why it is on the list, and its cadence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from riskpay.errors import NotThereError, RiskpayError
from riskpay.ledger.tables import DEFAULT_COMPANY
from riskpay.reporting.step_groups import by_state
from riskpay.serving.deps import ChangesQuestion, Services, ServicesOf
from riskpay.serving.pages.guard import SignedInRoute
from riskpay.serving.pages.show import page
from riskpay.serving.schemas import Day
from riskpay.store.cadences import Cadence, cadence
from riskpay.store.worklists import Entry

PATIENCE: Final = 2.0
"""Seconds that the page waits for what changed; the first question after a run takes longer, and the page says so."""

router = APIRouter(route_class=SignedInRoute)

Company = Annotated[str, Query(max_length=200)]
AsOf = Annotated[Day | None, Query()]


@router.get("/customers/{customer_id:path}")
async def customer(
    request: Request, customer_id: str, services: ServicesOf, company_id: Company = DEFAULT_COMPANY, as_of: AsOf = None
) -> Response:
    """One customer on the newest day, or at the end of ``as_of``."""
    days = services.store.worklists.days(limit=1)
    day = as_of or (days[0] if days else None)
    shown = services.store.worklists.latest(day) if day else None
    entry = services.store.worklists.of_customer(shown, company_id, customer_id) if shown else None
    found = _cadence(services, company_id, customer_id, day, entry)
    parts = by_state(found.to_json()["steps"])
    moved = await _moved(services, day, entry) if day and entry else None
    return page(request, "customer.html", cadence=found, parts=parts, entry=entry, shown=shown, moved=moved)


@dataclass(frozen=True)
class Moved:
    """What changed since the day scored before; ``told`` is None while it is being worked out."""

    since: date
    told: Mapping[str, Any] | None


async def _moved(services: Services, day: date, entry: Entry) -> Moved | None:
    """What changed of an entry's customer and items; None where no day was scored before, or it cannot be told.

    The store is asked first: the page of a customer without a day before never waits for a model.
    """
    runs, who = services.store.runs, entry.payload
    before = runs.before(day) if runs.of_day(day) else None
    if before is None:
        return None
    invoices = tuple(sorted({item["invoice_id"] for item in who["items"]}))
    question = ChangesQuestion(day, before.as_of, (who["company_id"], who["customer_id"]), invoices)
    try:
        return Moved(before.as_of, await services.changes(question, PATIENCE))
    except RiskpayError:  # what changed is said beside the list; the list is shown whatever becomes of it
        return None


def _cadence(services: ServicesOf, company_id: str, customer_id: str, day: Day | None, entry: Entry | None) -> Cadence:
    """The cadence; empty for a customer who is on the list without one, such as a payer for others."""
    try:
        return cadence(services.store, customer_id, company_id, day)
    except NotThereError:
        if entry is None or day is None:
            raise
        return Cadence(company_id, customer_id, day, None, ())
