"""The Today page: whom to call, in order, and why."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from riskpay.errors import NotThereError
from riskpay.reporting.pages import ITEMS_SHOWN
from riskpay.serving.deps import Services, ServicesOf
from riskpay.serving.pages.guard import SignedInRoute
from riskpay.serving.pages.show import page
from riskpay.serving.routes.worklists import cursor, read_cursor
from riskpay.serving.schemas import Day
from riskpay.serving.shown import run_of
from riskpay.store.in_force import in_force
from riskpay.store.worklists import ListHead, Place, Shown

router = APIRouter(route_class=SignedInRoute)

AsOf = Annotated[Day | None, Query()]
Collector = Annotated[str, Query(max_length=200)]
After = Annotated[str, Query(max_length=1000)]


@router.get("/")
async def today(
    request: Request, services: ServicesOf, as_of: AsOf = None, collector: Collector = "", after: After = ""
) -> Response:
    """The list in force for a day (the newest unless given), of one collector or all."""
    days = services.store.worklists.days()
    if not days:
        return page(request, "empty.html")
    return _list(request, services, as_of or days[0], collector, after, days)


def _list(request: Request, services: Services, as_of: date, collector: str, after: str, days: list[date]) -> Response:
    lists = services.store.worklists
    shown, place = _asked(services, as_of, after)
    heads = _heads(shown, collector)
    found = lists.page(shown, collector or None, place)
    return page(
        request,
        "today.html",
        as_of=as_of,
        days=days,
        shown=shown,
        run=run_of(services.store, shown),
        collector=collector,
        heads=heads,
        minutes=sum(head.minutes for head in heads),
        capacity=_capacity(heads),
        entries=found.entries,
        items_shown=ITEMS_SHOWN,
        companies=len({entry.payload["company_id"] for entry in found.entries}) > 1,
        after=cursor(shown, found.after) if found.after else None,
        tips=[] if place else lists.advice(shown),
    )


def _asked(services: Services, as_of: date, after: str) -> tuple[Shown, Place | None]:
    if not after:
        return in_force(services.store, as_of), None
    publication_id, place = read_cursor(after)
    shown = services.store.worklists.get(publication_id)
    return (shown, place) if shown and shown.as_of == as_of else (in_force(services.store, as_of), None)


def _heads(shown: Shown, collector: str) -> list[ListHead]:
    heads = [head for head in shown.lists if collector in ("", head.collector)]
    if collector and not heads:
        raise NotThereError(f"{collector} has no list on {shown.as_of}", "choose another collector, or all of them")
    return heads


def _capacity(heads: list[ListHead]) -> float | None:
    """Minutes of all lists together; None if one of them does not say."""
    known = [head.capacity_minutes for head in heads if head.capacity_minutes is not None]
    return sum(known) if heads and len(known) == len(heads) else None
