"""The next step of an item on its segment's ladder.

Days count from the effective due date and roll to the next business day of the customer's country. Up to
the due date the steps of level 0 go out; they expire with it, and of several missed ones only the last
goes out. After the due date levels go up one at a time, whatever was missed: one catch-up step, then the
next not before ``min_days_between_steps``. No step falls between the due date and due date + posting lag.
The ladder goes on from the level already reached, by steps sent (also those of another segment's ladder)
or by the opening level. The transfer to an agency follows its notice by ``agency_after_notice_days`` and
always waits for a person, also where the ladder itself lists it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple

from riskpay.dates import SATURDAY, is_holiday, next_business_day
from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import SegmentName
from riskpay.decisions.policy_ladders import ADVERSE, Step, Steps
from riskpay.ledger.open_items import Roll

APPROVAL: Final = "approval"
"""State of a step that waits for a person; the others are planned and suppressed."""


class SentStep(NamedTuple):
    """A step that went out."""

    code: str
    level: int
    sent_on: date


@dataclass(frozen=True, slots=True)
class ItemSteps:
    """What the ladder of one item depends on; ``sent`` in order of days.

    ``last_touch``: for a customer who pays on a statement, the last step sent for any of its items.
    """

    as_of: date
    effective_due_date: date
    country: str
    opening_level: int = 0
    sent: tuple[SentStep, ...] = ()
    pays_on_statement: bool = False
    last_touch: date | None = None


class NextStep(NamedTuple):
    """A step, the day it is due (never before as_of) and the rule that sets the day."""

    step: Step
    due_on: date
    rule: str


@lru_cache(maxsize=65536)
def business_day(day: date, country: str) -> date:
    """``day`` or the first business day after it in a country."""
    return next_business_day(day, country)


def roll(policy: Policy, country: str) -> Roll:
    """What moves a due date to the effective one: off weekends and bank holidays as the policy says."""
    rules = policy.effective_due_date

    @cache
    def rolled(day: date) -> date:
        while (rules.roll_weekends and day.weekday() >= SATURDAY) or (rules.roll_holidays and is_holiday(day, country)):
            day += timedelta(days=1)
        return day

    return rolled


def rolls_of(policy: Policy, countries: Mapping[str, str]) -> dict[str, Roll]:
    """``roll`` by company_id, given the countries of the legal entities."""
    return {company: roll(policy, country) for company, country in countries.items()}


@lru_cache(maxsize=1024)
def _transfer(notice: Step, days: int) -> Step:
    return notice.model_copy(
        update={
            "code": f"{notice.code}_agency",
            "day": notice.day + days,
            "action": "agency_transfer",
            "template": "agency_transfer",
            "otherwise": None,
        }
    )


def ladder_of(policy: Policy, segment: SegmentName) -> Steps:
    """The steps of a segment, with the proposal of a transfer after a notice of transfer that ends the ladder."""
    steps = policy.ladders.of(segment)
    if steps[-1].action != "transfer_notice":
        return steps
    return (*steps, _transfer(steps[-1], policy.agency_after_notice_days))


def level_of(item: ItemSteps) -> int:
    """The dunning level reached: the highest sent, or the opening one."""
    return max([item.opening_level, *(sent.level for sent in item.sent)])


def next_step(item: ItemSteps, ladder: Steps, policy: Policy, segment: str = "") -> NextStep | None:
    """The one step that comes next, or None when the ladder is done.

    ``ladder`` as ``ladder_of`` gives it; ``segment`` is named in the rule.
    """
    level = level_of(item)
    if level == 0 and item.as_of <= item.effective_due_date:
        before = _before_due(item, ladder, policy, segment)
        if before:
            return before
    return _after_due(item, ladder, level, policy, segment)


def remaining_steps(item: ItemSteps, ladder: Steps, policy: Policy, segment: str = "") -> list[NextStep]:
    """All steps still to come if nothing is paid and each goes out on its day."""
    found: list[NextStep] = []
    while len(found) <= len(ladder):
        coming = next_step(item, ladder, policy, segment)
        if coming is None:
            break
        found.append(coming)
        sent = SentStep(coming.step.code, coming.step.level, coming.due_on)
        item = replace(item, as_of=coming.due_on, sent=(*item.sent, sent))
    return found


def needs_approval(step: Step, *, natural_person: bool) -> bool:
    """Whether a person approves the step: every transfer, and what is adverse to a natural person."""
    return step.action == "agency_transfer" or (natural_person and step.action in ADVERSE)


def _before_due(item: ItemSteps, ladder: Steps, policy: Policy, segment: str) -> NextStep | None:
    done = max((n for n, step in enumerate(ladder) if _was_sent(step, item)), default=-1)
    left = [step for step in ladder[done + 1 :] if step.level == 0]
    missed = [step for step in left if _day(item, step.day) < item.as_of]
    for step in missed[-1:] + left[len(missed) :]:
        coming = _planned(item, step, item.effective_due_date + timedelta(days=step.day), policy, segment)
        if coming.due_on <= item.effective_due_date:
            return coming
    return None


def _after_due(item: ItemSteps, ladder: Steps, level: int, policy: Policy, segment: str) -> NextStep | None:
    number = _position(item, ladder, level) + 1
    while number < len(ladder) and ladder[number].level == 0:
        number += 1
    if number >= len(ladder):
        return None
    step = ladder[number]
    earliest = item.effective_due_date + timedelta(days=max(step.day, policy.posting_lag_days))
    if step.action == "agency_transfer":
        told = _notice_day(item, ladder)
        if told is None:
            return None
        earliest = max(earliest, told + timedelta(days=policy.agency_after_notice_days))
    return _planned(item, step, earliest, policy, segment)


def _position(item: ItemSteps, ladder: Steps, level: int) -> int:
    """Index of the last step done: sent itself, or at or below the level reached on another ladder."""
    here = any(_was_sent(step, item) and step.level == level for step in ladder)
    return max((n for n, step in enumerate(ladder) if _is_done(step, item, level, here=here)), default=-1)


def _is_done(step: Step, item: ItemSteps, level: int, *, here: bool) -> bool:
    if _was_sent(step, item) or step.level < level:
        return True
    return step.level == level and not here and step.action != "agency_transfer"


def _was_sent(step: Step, item: ItemSteps) -> bool:
    return any(sent.code == step.code for sent in item.sent)


def _notice_day(item: ItemSteps, ladder: Steps) -> date | None:
    """The day the notice of transfer went out: this ladder's, or the last step of its level on another."""
    levels = {step.level for step in ladder if step.action == "transfer_notice"}
    return max((sent.sent_on for sent in item.sent if sent.level in levels), default=None)


def _day(item: ItemSteps, day: int) -> date:
    return business_day(item.effective_due_date + timedelta(days=day), item.country)


def _planned(item: ItemSteps, step: Step, earliest: date, policy: Policy, segment: str) -> NextStep:
    """The step on its day, and why that day."""
    scheduled = item.effective_due_date + timedelta(days=step.day)
    notes = [f"{segment} ladder, day {step.day:+d}".strip()]
    if step.day > 0 and step.day < policy.posting_lag_days:
        notes.append(f"not before due date + {policy.posting_lag_days} days of posting")
    gap = policy.statement_days if item.pays_on_statement else policy.min_days_between_steps
    touched = max(
        (*(sent.sent_on for sent in item.sent), *([item.last_touch] if item.last_touch else [])), default=None
    )
    free = touched + timedelta(days=gap) if touched else earliest
    if free > max(earliest, item.as_of):
        notes.append(f"{gap} days after the step before")
    elif business_day(earliest, item.country) < item.as_of:
        notes.append("catching up, one step at a time")
    wanted = max(earliest, free, item.as_of)
    due_on = business_day(wanted, item.country)
    if due_on != wanted:
        notes.append("moved to a business day")
    if step.action == "agency_transfer" and earliest > scheduled:
        notes.append(f"{policy.agency_after_notice_days} days after the notice")
    return NextStep(step, due_on, ", ".join(notes))
