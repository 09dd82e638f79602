"""GET /v1/changes and /v1/customers/{id}/changes: what moved since the day before, and why."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response

from riskpay.ledger.tables import DEFAULT_COMPANY
from riskpay.serving.auth import KEY_SCHEMES, KeyedRoute
from riskpay.serving.deps import ChangesQuestion, ServicesOf
from riskpay.serving.responses import PROBLEM_RESPONSES
from riskpay.serving.routes.customers import CompanyId, CustomerId
from riskpay.serving.schemas import Day
from riskpay.serving.schemas_changes import ChangesAnswer, CustomerChangesAnswer

MAX_TOP = 500

router = APIRouter(prefix="/v1", tags=["changes"], route_class=KeyedRoute, dependencies=KEY_SCHEMES)

AsOf = Annotated[Day | None, Query(description="End of this day; the day of the newest fact unless given.")]
Since = Annotated[Day | None, Query(description="End of this day; the last day scored before `as_of` unless given.")]
Top = Annotated[int, Query(ge=1, le=MAX_TOP, description="Most items of each kind.")]


@router.get("/changes", response_model=ChangesAnswer, responses=PROBLEM_RESPONSES)
async def book(services: ServicesOf, as_of: AsOf = None, since: Since = None, top: Top = 20) -> Response:
    """What moved in the whole book between two days: money at risk, and the items that moved most, each with its reasons.

    Each change is a sum of days that passed, figures that changed, and another model where there is one.
    """
    return _answer(await services.changes(ChangesQuestion(as_of, since, top=top)))


@router.get("/customers/{customer_id:path}/changes", response_model=CustomerChangesAnswer, responses=PROBLEM_RESPONSES)
async def customer(
    customer_id: CustomerId,
    services: ServicesOf,
    company_id: CompanyId = DEFAULT_COMPANY,
    as_of: AsOf = None,
    since: Since = None,
) -> Response:
    """What moved of one customer between two days: every item that was open on either, with its reasons."""
    return _answer(await services.changes(ChangesQuestion(as_of, since, (company_id, customer_id))))


def _answer(found: Mapping[str, Any] | None) -> Response:
    return Response(orjson.dumps(found), media_type="application/json")
