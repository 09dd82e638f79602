"""Which steps count as sent: what was handed to the machine, and what people's contacts show they did."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any, Final

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, or_, select

from riskpay.decisions.contacted import CONTACT_DAY
from riskpay.decisions.steps import STEP_COLUMNS
from riskpay.ledger.tables import CONTACTS, ITEM_KEY
from riskpay.store.models import EVENTS, Plan, PlannedStep

AUTOMATIC: Final = "automatic"
"""Owner of the steps that no person carries out."""

SENT_COLUMNS: Final = (*ITEM_KEY, "step_code", "dunning_level", "channel", "sent_on")

_NOT_SENT: Final = ("state", "earliest_utc", "latest_utc")
"""Columns of a planned step that say nothing of a sent one."""

_SCHEMA: Final = {name: kind for name, kind in STEP_COLUMNS.items() if name not in _NOT_SENT} | {"sent_on": pl.Date}
_STEP: Final = [getattr(PlannedStep, name) for name in _SCHEMA if name != "sent_on"]

Customer = tuple[str, str]
"""company_id and customer_id."""


def sent(connection: Connection, as_of: date, customer: Customer | None = None) -> pl.DataFrame:
    """Every step sent by the end of ``as_of``, of one customer or all, in order of item and day.

    Columns: those of the step, ``state`` sent, and ``sent_on``; see ``Steps.sent`` for the rules.
    """
    whose = _whose(customer)
    rows = [tuple(row) for row in connection.execute(_by_machine(as_of).where(*whose))]
    rows += [tuple(row) for row in connection.execute(_before_us(as_of).where(*whose))]
    rows += _by_people(connection, as_of, customer)
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    once = frame.sort("sent_on", "due_on").unique(
        [*ITEM_KEY, "step_code", "channel"], keep="first", maintain_order=True
    )
    return once.sort(*ITEM_KEY, "sent_on", "dunning_level", "step_code").with_columns(state=pl.lit("sent"))


def _whose(customer: Customer | None) -> list[ColumnElement[bool]]:
    if customer is None:
        return []
    return [PlannedStep.company_id == customer[0], PlannedStep.customer_id == customer[1]]


def _doable() -> ColumnElement[date]:
    """The first day a planned step could be carried out: its due day, or the day of the plan if later."""
    return case((PlannedStep.due_on > PlannedStep.as_of, PlannedStep.due_on), else_=PlannedStep.as_of)


def _by_machine(as_of: date) -> Select[Any]:
    """Automatic steps of the plans that were in force on the day the step was due, before ``as_of``."""
    newest = func.max(Plan.plan_id).label("plan_id")
    days = select(Plan.as_of, newest).where(Plan.as_of <= as_of).group_by(Plan.as_of).subquery()
    following = func.lead(days.c.as_of).over(order_by=days.c.as_of).label("following")
    plans = select(days.c.plan_id, days.c.as_of, following).subquery()
    doable = _doable()
    return (
        select(*_STEP, doable.label("sent_on"))
        .join(plans, plans.c.plan_id == PlannedStep.plan_id)
        .where(PlannedStep.state == "planned", PlannedStep.owner == AUTOMATIC, doable < as_of)
        .where(or_(plans.c.following.is_(None), doable < plans.c.following))
    )


def _before_us(as_of: date) -> Select[Any]:
    """Steps that were loaded as sent."""
    told = and_(PlannedStep.state == "sent", PlannedStep.as_of <= as_of, PlannedStep.due_on <= as_of)
    return select(*_STEP, PlannedStep.due_on.label("sent_on")).where(told)


def _by_people(connection: Connection, as_of: date, customer: Customer | None) -> list[tuple[Any, ...]]:
    contacts = _contacts(connection, as_of, customer)
    touched = _touched(as_of)
    doable = _doable()
    named = [PlannedStep.company_id, PlannedStep.invoice_id, PlannedStep.instalment]
    query = (
        select(*_STEP, doable.label("doable"))
        .join(touched, and_(*(touched.c[name] == getattr(PlannedStep, name) for name in _BY)))
        .where(_needs_a_person(), doable <= as_of, *_whose(customer))
        .order_by(*named, PlannedStep.channel, doable, PlannedStep.dunning_level, PlannedStep.plan_id)
    )
    return list(_served(connection.execute(query), contacts))


def _needs_a_person() -> ColumnElement[bool]:
    by_hand = and_(PlannedStep.state == "planned", PlannedStep.owner != AUTOMATIC)
    return or_(by_hand, PlannedStep.state == "approval")


Touch = tuple[date, str | None, str]
"""Day of a contact, the invoice it names if any, and its number."""


_BY: Final = ("company_id", "customer_id", "channel")
"""What a contact and the step it carries out have in common."""


def _touched(as_of: date) -> Subquery:
    """Who was contacted, by which channel; a table of its own, so that the steps are looked up in it once."""
    contact = EVENTS["contacts"].c
    out = contact.direction == "out", contact.known_on <= as_of
    return select(*(contact[name] for name in _BY)).where(*out).distinct().subquery()


def _contacts(
    connection: Connection, as_of: date, customer: Customer | None
) -> dict[tuple[str, str, str], list[Touch]]:
    contact = EVENTS["contacts"].c
    query = (
        select(EVENTS["contacts"])
        .where(contact.direction == "out", contact.known_on <= as_of)
        .order_by(contact.contacted_at, contact.contact_id)
    )
    if customer:
        query = query.where(contact.company_id == customer[0], contact.customer_id == customer[1])
    rows = CONTACTS.conform(pl.DataFrame(list(connection.execute(query).mappings()), schema=CONTACTS.dtypes))
    found: dict[tuple[str, str, str], list[Touch]] = defaultdict(list)
    for company, customer_id, channel, *touch in rows.select(
        *_BY, CONTACT_DAY.alias("day"), "invoice_id", "contact_id"
    ).iter_rows():
        found[company, customer_id, channel].append((touch[0], touch[1], touch[2]))
    return found


def _served(steps: Iterable[Any], contacts: dict[tuple[str, str, str], list[Touch]]) -> Iterator[tuple[Any, ...]]:
    """Each step with the day of its contact; steps come by item and channel, in the order they could be done."""
    for _item, rows in groupby(steps, key=lambda row: (row.company_id, row.invoice_id, row.instalment, row.channel)):
        used: set[str] = set()
        seen: set[str] = set()
        for row in rows:
            touches = contacts.get((row.company_id, row.customer_id, row.channel), [])
            touch = _first_touch(touches, row, used)
            if row.step_code not in seen and touch is not None:
                seen.add(row.step_code)
                used.add(touch[2])
                yield (*tuple(row)[:-1], touch[0])


def _first_touch(touches: Iterable[Touch], row: Any, used: set[str]) -> Touch | None:  # noqa: ANN401 - a row of the query
    for day, invoice_id, number in touches:
        if day >= row.doable and invoice_id in (None, row.invoice_id) and number not in used:
            return day, invoice_id, number
    return None
