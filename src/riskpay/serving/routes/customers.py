"""GET /v1/customers/{id}/cadence: what was sent to a customer, what comes, and what is held back."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response

from riskpay.ledger.tables import DEFAULT_COMPANY
from riskpay.serving.auth import KEY_SCHEMES, KeyedRoute
from riskpay.serving.deps import ServicesOf
from riskpay.serving.responses import PROBLEM_RESPONSES
from riskpay.serving.schemas import Day, Id
from riskpay.serving.schemas_lists import CadenceAnswer
from riskpay.store.cadences import cadence as cadence_of

router = APIRouter(prefix="/v1", tags=["customers"], route_class=KeyedRoute, dependencies=KEY_SCHEMES)

CustomerId = Annotated[Id, Path(description="Customer, with its zeros.", examples=["0600769623"])]
CompanyId = Annotated[Id, Query(description="Our legal entity that is owed.", examples=["1"])]
AsOf = Annotated[Day | None, Query(description="As it was at the end of this day; the newest plan's day unless given.")]


@router.get("/customers/{customer_id:path}/cadence", response_model=CadenceAnswer, responses=PROBLEM_RESPONSES)
async def cadence(
    customer_id: CustomerId, services: ServicesOf, company_id: CompanyId = DEFAULT_COMPANY, as_of: AsOf = None
) -> Response:
    """The segment of a customer and its steps: sent, planned, waiting for approval, suppressed; each with its rule."""
    found = cadence_of(services.store, customer_id, company_id, as_of)
    return Response(orjson.dumps(found.to_json()), media_type="application/json")
