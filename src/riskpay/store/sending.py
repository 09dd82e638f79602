"""Which steps count as sent: what was handed to the machine, and what people's contacts show they did."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from heapq import merge
from itertools import groupby
from typing import Any, Final

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, tuple_

from riskpay.decisions.contacted import CONTACT_DAY
from riskpay.decisions.policy_ladders import AUTOMATIC
from riskpay.decisions.steps import NO_ADDRESS, STEP_COLUMNS
from riskpay.ledger.tables import CHANNELS, CONTACTS, ITEM_KEY
from riskpay.store.models import EVENTS, Plan, PlannedStep

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
    doable = _doable()
    named = [PlannedStep.company_id, PlannedStep.invoice_id, PlannedStep.instalment]
    query = (
        select(*_STEP, PlannedStep.earliest_utc, doable.label("doable"))
        .where(_was_touched(as_of), _needs_a_person(), doable <= as_of, *_whose(customer))
        .order_by(*named, doable, PlannedStep.dunning_level, PlannedStep.plan_id, PlannedStep.channel)
    )
    steps = connection.execute(query).all()
    whom = {name for row in steps for name in (row.customer_id, row.payer_id) if name} if customer else None
    return list(_served(steps, _contacts(connection, as_of, whom)))


def _needs_a_person() -> ColumnElement[bool]:
    by_hand = and_(PlannedStep.state == "planned", PlannedStep.owner != AUTOMATIC)
    return or_(by_hand, PlannedStep.state == "approval")


Touch = tuple[datetime, str, date, str | None]
"""Moment of a contact, its number, its day, and the invoice it names if any."""


_BY: Final = ("company_id", "customer_id", "channel")
"""What a contact and the step it carries out have in common; the customer may be the step's payer."""


def _was_touched(as_of: date) -> ColumnElement[bool]:
    """Steps whose customer or payer was contacted by their channel, or at all where they have no address."""
    contact = EVENTS["contacts"].c
    out = contact.direction == "out", contact.known_on <= as_of
    touched = select(*(contact[name] for name in _BY)).where(*out)
    at_all = select(contact.company_id, contact.customer_id).where(*out)
    company, channel = PlannedStep.company_id, PlannedStep.channel
    by_any = PlannedStep.rule.contains(NO_ADDRESS)
    sides = (PlannedStep.customer_id, PlannedStep.payer_id)
    same = (tuple_(company, who, channel).in_(touched) for who in sides)
    return or_(*same, *(and_(by_any, tuple_(company, who).in_(at_all)) for who in sides))


def _contacts(
    connection: Connection, as_of: date, whom: Collection[str] | None
) -> dict[tuple[str, str, str], list[Touch]]:
    contact = EVENTS["contacts"].c
    query = (
        select(EVENTS["contacts"])
        .where(contact.direction == "out", contact.known_on <= as_of)
        .order_by(contact.contacted_at, contact.contact_id)
    )
    if whom is not None:
        query = query.where(contact.customer_id.in_(sorted(whom)))
    rows = CONTACTS.conform(pl.DataFrame(list(connection.execute(query).mappings()), schema=CONTACTS.dtypes))
    found: dict[tuple[str, str, str], list[Touch]] = defaultdict(list)
    touches = rows.select(*_BY, "contacted_at", "contact_id", CONTACT_DAY.alias("day"), "invoice_id")
    for company, name, channel, moment, number, day, invoice in touches.iter_rows():
        found[company, name, channel].append((moment, number, day, invoice))
    return found


def _served(steps: Iterable[Any], contacts: dict[tuple[str, str, str], list[Touch]]) -> Iterator[tuple[Any, ...]]:
    """Each step with the day of its contact; steps come by item, in the order they could be done."""
    for _item, rows in groupby(steps, key=lambda row: (row.company_id, row.invoice_id, row.instalment)):
        used: set[str] = set()
        seen: set[tuple[str, str]] = set()
        for row in rows:
            names = {row.customer_id, row.payer_id or row.customer_id}
            channels = CHANNELS if NO_ADDRESS in row.rule else (row.channel,)
            keys = ((row.company_id, name, channel) for name in names for channel in channels)
            touch = _first_touch(merge(*(contacts.get(key, []) for key in keys)), row, used)
            if (row.step_code, row.channel) not in seen and touch is not None:
                _moment, number, day, _invoice = touch
                seen.add((row.step_code, row.channel))
                used.add(number)
                yield (*tuple(row)[: len(_STEP)], max(day, row.doable))


def _first_touch(touches: Iterable[Touch], row: Any, used: set[str]) -> Touch | None:  # noqa: ANN401 - a row of the query
    for touch in touches:
        moment, number, day, invoice_id = touch
        # East of UTC a morning is still the day before there; the hours of the step say when its day begins.
        in_its_hours = row.earliest_utc is not None and row.doable == row.due_on and moment >= _plain(row.earliest_utc)
        if (in_its_hours or day >= row.doable) and invoice_id in (None, row.invoice_id) and number not in used:
            return touch
    return None


def _plain(moment: datetime) -> datetime:
    """A moment in UTC as contacts have theirs: without its zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
