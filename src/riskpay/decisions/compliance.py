"""Who may be touched when: profiles, hours of the debtor's day, caps on calls, cool-down.

Figures of the strict profile: US Regulation F, 12 CFR 1006.14(b) (7 calls in 7 days; none within 7 days
after a conversation, whose day is day 1) and 1006.6(b) (8:00 to 21:00 local time, texts and mail too).
Calls are counted per payer, over all debts, which is the stricter reading. Channels that a customer
revoked are not in the ledger yet, so they cannot be honoured here.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import ProfileName
from riskpay.decisions.policy_compliance import Profile

CONVERSATIONS: Final = frozenset({"reached", "promised", "disputed", "refused"})
"""Outcomes of a call in which someone was spoken to."""


class Touch(NamedTuple):
    """One contact with a payer; ``day`` as ``contacted.CONTACT_DAY`` says."""

    day: date
    channel: str
    direction: str
    outcome: str


def profile_of(debtor_type: str, country: str | None, day: date, policy: Policy) -> tuple[ProfileName, str]:
    """The profile of a debtor on a day and the rule that picks it; unknown types are strict."""
    rules = policy.compliance
    picked: set[ProfileName] = set()
    named = ""
    for rule in rules.dated_rules:
        in_time = rule.applies_from <= day and (rule.applies_until is None or day <= rule.applies_until)
        if in_time and debtor_type in rule.debtor_types and country in rule.countries:
            picked.add(rule.profile)
            named = rule.name
    if picked:
        return ("strict" if "strict" in picked else "business"), named
    if debtor_type in rules.profiles.business.debtor_types:
        return "business", f"debtor type {debtor_type}"
    return "strict", f"debtor type {debtor_type}"


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """The IANA time zones of an ISO 3166 country, in order; none for an unknown one."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return tuple(sorted(row[2] for row in rows if row[0] == country))


def candidate_zones(time_zone: str | None, country: str | None) -> tuple[str, ...]:
    """The debtor's zone, or all zones of the country when it is unknown; none when that is unknown too."""
    if time_zone is not None and _is_zone(time_zone):
        return (time_zone,)
    return zones_of(country) if country else ()


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=65536)
def allowed_hours(
    day: date, time_zone: str | None, country: str | None, first_hour: int, last_hour: int
) -> tuple[datetime, datetime] | None:
    """The UTC span, first moment included and last excluded, in which ``day`` allows touches in every candidate zone.

    None when no zone is known or no moment suits them all.
    """
    zones = candidate_zones(time_zone, country)
    if not zones:
        return None
    opens = max(_moment(day, first_hour, zone) for zone in zones)
    closes = min(_moment(day, last_hour, zone) for zone in zones)
    return (opens, closes) if opens < closes else None


def _moment(day: date, hour: int, zone: str) -> datetime:
    local = datetime.combine(day, time(0), ZoneInfo(zone)) + timedelta(hours=hour)
    return local.astimezone(UTC)


def call_rule(touches: Iterable[Touch], profile: Profile, as_of: date, policy: Policy) -> str | None:
    """The rule that forbids calling a payer on ``as_of``, or None. ``touches`` are those known by then."""
    known = [touch for touch in touches if touch.day <= as_of]
    return _cap(known, profile, as_of) or _conversation(known, profile, as_of) or _cool_down(known, as_of, policy)


def _cap(touches: list[Touch], profile: Profile, as_of: date) -> str | None:
    since = as_of - timedelta(days=profile.calls_window_days)
    calls = sum(t.channel == "phone" and t.direction == "out" and t.day > since for t in touches)
    if calls < profile.max_calls:
        return None
    return f"call cap: {calls} calls in {profile.calls_window_days} days, at most {profile.max_calls}"


def _conversation(touches: list[Touch], profile: Profile, as_of: date) -> str | None:
    spoken = max((t.day for t in touches if t.channel == "phone" and t.outcome in CONVERSATIONS), default=None)
    if spoken is None or (as_of - spoken).days >= profile.days_after_conversation:
        return None
    until = spoken + timedelta(days=profile.days_after_conversation)
    return f"conversation on {spoken}: no call before {until}"


def _cool_down(touches: list[Touch], as_of: date, policy: Policy) -> str | None:
    if not touches:
        return None
    last = max(touches, key=lambda t: (t.day, t.outcome))
    days = getattr(policy.cool_down, last.outcome, 0)
    until = last.day + timedelta(days=days)
    return (
        f"cool-down: {last.outcome.replace('_', ' ')} on {last.day}, no call before {until}" if as_of < until else None
    )


def hours_of(
    day: date, debtor_type: str, time_zone: str | None, country: str | None, policy: Policy
) -> tuple[datetime, datetime] | None:
    """The UTC span in which a debtor may be touched on a day, by profile; ``country`` is where the debtor lives.

    None: no known zone, so no call.
    """
    profile = policy.compliance.profiles.of(profile_of(debtor_type, country, day, policy)[0])
    return allowed_hours(day, time_zone, country, profile.first_hour, profile.last_hour)
