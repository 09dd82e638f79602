"""The page of one customer: why it is on the list, and its cadence."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from riskpay.errors import NotThereError
from riskpay.ledger.tables import DEFAULT_COMPANY
from riskpay.reporting.step_groups import by_state
from riskpay.serving.deps import ServicesOf
from riskpay.serving.pages.guard import SignedInRoute
from riskpay.serving.pages.show import page
from riskpay.serving.schemas import Day
from riskpay.store.cadences import Cadence, cadence
from riskpay.store.worklists import Entry

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
    return page(request, "customer.html", cadence=found, parts=parts, entry=entry, shown=shown)


def _cadence(services: ServicesOf, company_id: str, customer_id: str, day: Day | None, entry: Entry | None) -> Cadence:
    """The cadence; empty for a customer who is on the list without one, such as a payer for others."""
    try:
        return cadence(services.store, customer_id, company_id, day)
    except NotThereError:
        if entry is None or day is None:
            raise
        return Cadence(company_id, customer_id, day, None, ())
