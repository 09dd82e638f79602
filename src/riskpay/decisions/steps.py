"""Steps of all items of a book: planned, waiting for approval, or suppressed by a named rule.

One step an item: the one that comes next. A step by phone is also held to the calls already made and to
the hours of the debtor's day; other channels go out when their day is due, in the hours given. An automatic
step without an address for its channel cannot go out by itself: a collector takes it over.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.cadence import (
    APPROVAL,
    ItemSteps,
    NextStep,
    SentStep,
    ladder_of,
    needs_approval,
    next_step,
    remaining_steps,
)
from riskpay.decisions.compliance import Touch, call_rule, hours_of, profile_of
from riskpay.decisions.contacted import CONTACT_DAY
from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import SEGMENTS, SegmentName
from riskpay.decisions.policy_ladders import AUTOMATIC, Owner, Step, Steps
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

STEP_COLUMNS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "company_id": pl.String,
    "customer_id": pl.String,
    "payer_id": pl.String,
    "invoice_id": pl.String,
    "instalment": pl.Int32,
    "step_code": pl.String,
    "due_on": pl.Date,
    "channel": pl.String,
    "tone": pl.String,
    "template": pl.String,
    "owner": pl.String,
    "action": pl.String,
    "dunning_level": pl.Int32,
    "state": pl.String,
    "rule": pl.String,
    "earliest_utc": pl.Datetime("us", "UTC"),
    "latest_utc": pl.Datetime("us", "UTC"),
}
"""``payer_id`` answers for the item and is who is touched. ``state`` is planned, approval (a person approves first)
or suppressed; ``rule`` says why then, or why not. The touch is allowed from ``earliest_utc`` to ``latest_utc``; null: the debtor's hours are not known."""

TAKES_OVER: Final[Owner] = "collector"
"""Who carries out an automatic step that has no address."""

NO_ADDRESS: Final = "no address for "
"""In the rule of a step that a person gets through by any channel, as there is no address for its own."""

NO_HOURS: Final = "no call hours: the time zone of the debtor is unknown"

Key = tuple[str, str]
Hours = tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Debtor:
    """What the rules need of a customer.

    ``addresses``: channels by which the customer or its payer can be reached; ``touches`` are those of the payer.
    """

    segment: SegmentName
    debtor_type: str
    country: str | None
    time_zone: str | None
    opening_level: int
    pays_on_statement: bool
    addresses: frozenset[str]
    touches: tuple[Touch, ...]
    last_touch: date | None


class _Item(NamedTuple):
    company_id: str
    invoice_id: str
    instalment: int
    customer_id: str
    payer_id: str
    issue_date: date
    effective_due_date: date
    hold: str | None


def item_steps(book: Book, items: pl.DataFrame, segments: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The next step of every item, columns of ``STEP_COLUMNS``, ordered by customer and item.

    ``book`` in order; ``items`` of ``held_items``; ``segments`` of ``customer_segments``.
    """
    return _steps(book, items, segments, policy, lambda *asked: [found] if (found := next_step(*asked)) else [])


def coming_steps(book: Book, items: pl.DataFrame, segments: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """As ``item_steps``, with all steps still to come if nothing is paid and each goes out on its day."""
    return _steps(book, items, segments, policy, remaining_steps)


_Asked = Callable[[ItemSteps, Steps, Policy, str], list[NextStep]]


def _steps(book: Book, items: pl.DataFrame, segments: pl.DataFrame, policy: Policy, asked: _Asked) -> pl.DataFrame:
    debtors = debtors_of(book, segments, policy)
    ladders = {segment: ladder_of(policy, segment) for segment in SEGMENTS}
    sent = _sent(book)
    rows: list[tuple[Any, ...]] = []
    for row in items.select(_Item._fields).iter_rows():
        item = _Item(*row)
        debtor = debtors[item.company_id, item.customer_id]
        state = _state(book, item, debtor, sent.get(row[:3], ()), policy)
        coming = asked(state, ladders[debtor.segment], policy, debtor.segment.replace("_", " "))
        rows.extend(_row(item, debtor, step, policy) for step in coming)
    frame = pl.DataFrame(rows, schema=STEP_COLUMNS, orient="row")
    return frame.sort(*CUSTOMER_KEY, "invoice_id", "instalment", "due_on", "dunning_level", "step_code")


def _state(book: Book, item: _Item, debtor: Debtor, sent: tuple[SentStep, ...], policy: Policy) -> ItemSteps:
    until = policy.opening_levels_until or book.went_live_on or book.as_of
    opened = item.effective_due_date < book.as_of and item.issue_date <= until
    return ItemSteps(
        book.as_of,
        item.effective_due_date,
        debtor.country or "",
        debtor.opening_level if opened else 0,
        sent,
        debtor.pays_on_statement,
        debtor.last_touch if debtor.pays_on_statement else None,
    )


def _row(item: _Item, debtor: Debtor, coming: NextStep, policy: Policy) -> tuple[Any, ...]:
    step = coming.step
    channel = channel_of(step, debtor.addresses)
    hours = hours_of(coming.due_on, debtor.debtor_type, debtor.time_zone, debtor.country, policy)
    against = item.hold or (_no_call(debtor, coming.due_on, hours, policy) if channel == "phone" else None)
    natural = debtor.debtor_type in policy.segments.natural_person_types
    state = "suppressed" if against else APPROVAL if needs_approval(step, natural_person=natural) else "planned"
    return (
        item.company_id,
        item.customer_id,
        item.payer_id,
        item.invoice_id,
        item.instalment,
        step.code,
        coming.due_on,
        channel,
        step.tone,
        step.template,
        owner_of(step, channel, debtor.addresses),
        step.action,
        step.level,
        state,
        against or _rule(coming, channel, debtor),
        hours[0] if hours else None,
        hours[1] if hours else None,
    )


def channel_of(step: Step, addresses: frozenset[str]) -> str:
    """The channel a step goes out by, given the channels for which there is an address."""
    if step.otherwise is not None and step.channel not in addresses and step.otherwise in addresses:
        return step.otherwise
    return step.channel


def owner_of(step: Step, channel: str, addresses: frozenset[str]) -> str:
    """Who carries out a step by ``channel``, given the channels for which there is an address.

    What is sent to nobody would count as sent, and the level would rise without a word to the customer.
    """
    return TAKES_OVER if step.owner == AUTOMATIC and channel not in addresses else step.owner


def _rule(coming: NextStep, channel: str, debtor: Debtor) -> str:
    # A number to call is often known to the collector alone; its absence says nothing of a person's call.
    if channel in debtor.addresses or (channel == "phone" and coming.step.owner != AUTOMATIC):
        return coming.rule
    by_hand = ": not automatic" if coming.step.owner == AUTOMATIC else ""
    return f"{coming.rule}, {NO_ADDRESS}{channel}{by_hand}"


def _no_call(debtor: Debtor, day: date, hours: Hours, policy: Policy) -> str | None:
    if hours is None:
        return NO_HOURS
    return call_block(debtor, day, policy) if debtor.touches else None


def call_block(debtor: Debtor, day: date, policy: Policy) -> str | None:
    """The rule that forbids a call to the debtor on a day, hours apart."""
    profile = policy.compliance.profiles.of(profile_of(debtor.debtor_type, debtor.country, day, policy)[0])
    return call_rule(debtor.touches, profile, day, policy)


def no_call_today(debtor: Debtor, day: date, policy: Policy) -> str | None:
    """The rule that keeps a debtor from being called on a day, or None."""
    hours = hours_of(day, debtor.debtor_type, debtor.time_zone, debtor.country, policy)
    return _no_call(debtor, day, hours, policy)


def debtors_of(book: Book, segments: pl.DataFrame, policy: Policy) -> dict[Key, Debtor]:
    """Every customer with a segment, as the rules see it; contacts of one payer count together."""
    rows = segments.join(book.customers, on=CUSTOMER_KEY, how="left", maintain_order="left").iter_rows(named=True)
    known = {(row["company_id"], row["customer_id"]): row for row in rows}
    payers = {key: (key[0], row["payer_id"] or key[1]) for key, row in known.items()}
    touches = _touches(book, payers)
    last_sent = _last_sent(book)
    found: dict[Key, Debtor] = {}
    for key, row in known.items():
        home = book.countries.get(key[0], policy.compliance.home_country)
        addresses = _addresses(row) | _addresses(known.get(payers[key], row))
        found[key] = _debtor(row, home, addresses, tuple(touches.get(payers[key], ())), last_sent.get(key))
    return found


def _addresses(row: Mapping[str, Any]) -> frozenset[str]:
    reached_by = {"email": row["email"], "text": row["phone"], "phone": row["phone"], "letter": row["address"]}
    return frozenset(channel for channel, address in reached_by.items() if address)


def _debtor(
    row: Mapping[str, Any],
    home: str | None,
    addresses: frozenset[str],
    touches: tuple[Touch, ...],
    last: date | None,
) -> Debtor:
    return Debtor(
        row["segment"],
        row["debtor_type"] or "unknown",
        row["country"] or home,
        row["time_zone"],
        row["opening_dunning_level"] or 0,
        row["payment_method"] == "statement",
        addresses,
        touches,
        last,
    )


def _touches(book: Book, payers: Mapping[Key, Key]) -> dict[Key, list[Touch]]:
    found: dict[Key, list[Touch]] = defaultdict(list)
    for key, touch in _contacts(book):
        for payer in {key, payers.get(key, key)}:
            found[payer].append(touch)
    return found


def _contacts(book: Book) -> Iterator[tuple[Key, Touch]]:
    columns = ("company_id", "customer_id", CONTACT_DAY.alias("day"), "channel", "direction", "outcome")
    for company, customer, day, *rest in book.contacts.select(columns).iter_rows():
        if day <= book.as_of:
            yield (company, customer), Touch(day, *rest)


def _sent(book: Book) -> dict[tuple[Any, ...], tuple[SentStep, ...]]:
    found: dict[tuple[Any, ...], list[SentStep]] = defaultdict(list)
    columns = (*ITEM_KEY, "step_code", "dunning_level", "sent_on")
    for company, invoice, instalment, code, level, day in book.sent.select(columns).iter_rows():
        if day <= book.as_of:
            found[company, invoice, instalment].append(SentStep(code, level, day))
    return {key: tuple(steps) for key, steps in found.items()}


def _last_sent(book: Book) -> dict[Key, date]:
    days = book.sent.filter(pl.col("sent_on") <= book.as_of).join(
        book.items.select(*ITEM_KEY, "customer_id"), on=ITEM_KEY
    )
    last = days.group_by(CUSTOMER_KEY).agg(pl.col("sent_on").max())
    return {(company, customer): day for company, customer, day in last.iter_rows()}
