"""GET /v1/worklists/{as_of}: whom to call on a day."""

import base64
import binascii
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Response

from riskpay.errors import NotThereError, UsageError
from riskpay.serving.auth import KEY_SCHEMES, KeyedRoute
from riskpay.serving.deps import Services, ServicesOf
from riskpay.serving.responses import PROBLEM_RESPONSES
from riskpay.serving.schemas import Day
from riskpay.serving.schemas_lists import WorklistAnswer
from riskpay.serving.shown import run_of
from riskpay.store.in_force import in_force
from riskpay.store.worklists import PAGE_SIZE, Page, Place, Shown

MAX_LIMIT = 500

router = APIRouter(prefix="/v1", tags=["worklists"], route_class=KeyedRoute, dependencies=KEY_SCHEMES)

AsOf = Annotated[Day, Path(description="Day of the list.", examples=["2019-08-01"])]
Collector = Annotated[str | None, Query(description="Only this collector's list.", examples=["anna"])]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most entries on a page.")]
After = Annotated[str | None, Query(description="`next` of the page before.", max_length=1000)]


@router.get("/worklists/{as_of}", response_model=WorklistAnswer, responses=PROBLEM_RESPONSES)
async def worklists(
    as_of: AsOf, services: ServicesOf, collector: Collector = None, limit: Limit = PAGE_SIZE, after: After = None
) -> Response:
    """The ranked customers of a day, collector by collector, a page at a time; and who would pay anyway.

    Pages belong to the publication that the first one was read from, even if another is published meanwhile.
    """
    shown, place = _asked(services, as_of, after)
    collectors = [head.collector for head in shown.lists]
    if collector is not None and collector not in collectors:
        names = ", ".join(collectors) or "nobody"
        raise NotThereError(f"{collector!r} has no worklist on {as_of}", f"on that day these have one: {names}")
    page = services.store.worklists.page(shown, collector, place, limit)
    answer = _answer(services, shown, page, collector)
    answer["would_pay_anyway"] = [] if place else services.store.worklists.advice(shown)
    return Response(orjson.dumps(answer), media_type="application/json")


def _asked(services: Services, as_of: Day, after: str | None) -> tuple[Shown, Place | None]:
    if after is None:
        return in_force(services.store, as_of), None
    publication_id, place = read_cursor(after)
    shown = services.store.worklists.get(publication_id)
    if shown is None or shown.as_of != as_of:
        raise UsageError("after belongs to another list", "give `next` of the page before, or leave it out")
    return shown, place


def _answer(services: Services, shown: Shown, page: Page, collector: str | None) -> dict[str, Any]:
    run = run_of(services.store, shown)
    return {
        "as_of": shown.as_of,
        "run_id": shown.run_id,
        "published_at": shown.published_at,
        "model_version": run.model_version,
        "data_version": run.data_version,
        "policy_hash": run.policy_hash,
        "lists": [head for head in shown.lists if collector in (None, head.collector)],
        "entries": [{"collector": entry.collector, **entry.payload} for entry in page.entries],
        "next": cursor(shown, page.after) if page.after else None,
    }


def cursor(shown: Shown, place: Place) -> str:
    """A place in a publication as opaque text for addresses."""
    return base64.urlsafe_b64encode(orjson.dumps([shown.publication_id, place.rank, place.collector])).decode()


def read_cursor(text: str) -> tuple[int, Place]:
    """The publication's id and the place that a cursor says; raises UsageError if it says neither."""
    try:
        publication_id, rank, collector = orjson.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError, TypeError):
        publication_id = rank = collector = None
    known = isinstance(collector, str) and all(type(n) is int and 0 <= n < 2**31 for n in (publication_id, rank))
    if not known:
        raise UsageError("after cannot be read", "give `next` of the page before, or leave it out")
    return int(publication_id or 0), Place(str(collector), int(rank or 0))
