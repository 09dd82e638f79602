"""Faults between the parts of a policy, each with the path of the key to mend. Each part alone is checked by its type."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import SEGMENTS
from riskpay.decisions.policy_compliance import DatedRule
from riskpay.decisions.policy_ladders import Step, Steps
from riskpay.yamlfile import Path


class Fault(NamedTuple):
    """What is wrong and where; ``other`` is the second place of two that contradict each other."""

    path: Path
    text: str
    other: Path = ()


_Found = tuple[Path, str] | tuple[Path, str, Path]

NOTICE_DAYS: Final = 14
"""A transfer to an agency comes at least this many days after its notice."""


def contradictions(policy: Policy) -> list[Fault]:
    """Every contradiction between keys of a policy, as (path, what came, what is allowed), in file order of sections."""
    checks = (_segments, _ladders, _timing, _compliance, _dated_rules, _call_value, _points, _collectors)
    return [Fault(*fault) for check in checks for fault in check(policy)]


def _segments(policy: Policy) -> Iterator[_Found]:
    rules = policy.segments
    low, high, margin = rules.occasionally_late_share, rules.habitually_late_share, rules.hysteresis
    if low >= high:
        yield (
            ("segments", "occasionally_late_share"),
            f"{low} overlaps with habitually_late_share {high}; it must be below it",
        )
    elif 2 * margin >= high - low:
        yield (
            ("segments", "hysteresis"),
            f"{margin} on both sides closes the gap between {low} and {high}; it must be under {(high - low) / 2:g}",
        )
    elif margin and margin >= low:
        yield (
            ("segments", "hysteresis"),
            f"{margin} reaches below 0 from occasionally_late_share {low}; make it smaller",
        )


def _ladders(policy: Policy) -> Iterator[_Found]:
    seen: dict[str, Path] = {}
    for segment in SEGMENTS:
        steps = policy.ladders.of(segment)
        if not steps:
            yield ("ladders", segment), "a ladder without steps; give it at least one"
        for number, step in enumerate(steps):
            path: Path = ("ladders", segment, number, "code")
            if step.code in seen:
                text = f"step code {step.code!r} stands twice, in {seen[step.code][1]} and {segment}; give each its own"
                yield path, text, seen[step.code]
            seen.setdefault(step.code, path)
        for number, text in _ladder(steps):
            yield ("ladders", segment, number), text


def _ladder(steps: Steps) -> Iterator[tuple[int, str]]:
    yield from _order(steps)
    yield from _levels(steps)
    yield from _notices(steps)
    for number, step in enumerate(steps):
        if step.otherwise == step.channel:
            yield number, f"otherwise repeats the channel {step.channel!r}; name another one or leave it out"


def _order(steps: Steps) -> Iterator[tuple[int, str]]:
    used: set[tuple[int, str]] = set()
    for number, step in enumerate(steps):
        if number and step.day < steps[number - 1].day:
            yield (
                number,
                f"day {step.day} comes after day {steps[number - 1].day}; put the steps in order of their days",
            )
        if (step.day, step.channel) in used:
            yield number, f"two steps on day {step.day} by {step.channel}; keep one of them"
        used.add((step.day, step.channel))


def _levels(steps: Steps) -> Iterator[tuple[int, str]]:
    reached = 0
    for number, step in enumerate(steps):
        if step.day <= 0 and step.level != 0:
            yield number, f"level {step.level} on day {step.day}; up to the due date the level is 0"
        elif step.day > 0 and step.level == 0:
            yield number, f"level 0 on day {step.day}; after the due date levels start at 1"
        elif step.level > reached + 1:
            yield number, f"level {step.level} skips level {reached + 1}; levels go up one at a time"
        elif step.level < reached:
            yield number, f"level {step.level} comes after level {reached}; levels never fall"
        reached = max(reached, step.level)


def _notices(steps: Steps) -> Iterator[tuple[int, str]]:
    told: dict[str, int] = {}
    for number, step in enumerate(steps):
        if step.action == "fee" and "fee_notice" not in told:
            yield number, "a fee without a fee_notice before it; announce it in an earlier step"
        if step.action == "agency_transfer":
            yield from _transfer(number, step, told)
        told[step.action] = step.day


def _transfer(number: int, step: Step, told: dict[str, int]) -> Iterator[tuple[int, str]]:
    if "transfer_notice" not in told:
        yield number, "an agency_transfer without a transfer_notice before it; announce it in an earlier step"
    elif step.day - told["transfer_notice"] < NOTICE_DAYS:
        after = step.day - told["transfer_notice"]
        yield number, f"agency_transfer {after} days after its notice; at least {NOTICE_DAYS} days must lie between"


def _timing(policy: Policy) -> Iterator[_Found]:
    for segment in SEGMENTS:
        steps = policy.ladders.of(segment)
        yield from (
            (("ladders", segment, number), text)
            for number, text in _pace(steps, policy.min_days_between_steps, policy.grace_days)
        )
    longest = max(policy.cool_down.model_dump().items(), key=lambda kept: kept[1])
    if longest[1] > policy.longest_untouched_days:
        yield (
            ("cool_down", longest[0]),
            f"{longest[1]} days without a call contradict longest_untouched_days {policy.longest_untouched_days}",
        )


def _pace(steps: Steps, gap: int, grace: int) -> Iterator[tuple[int, str]]:
    due = [(number, step) for number, step in enumerate(steps) if step.day > 0]
    if due and due[0][1].day <= grace:
        yield due[0][0], f"day {due[0][1].day} lies within grace_days {grace}; the item is not late yet"
    for (_, first), (number, second) in pairwise(due):
        apart = second.day - first.day
        if 0 < apart < gap:
            yield number, f"day {second.day} is {apart} days after the step before it; min_days_between_steps is {gap}"


def _compliance(policy: Policy) -> Iterator[_Found]:
    profiles = policy.compliance.profiles
    for name, profile in (("strict", profiles.strict), ("business", profiles.business)):
        if profile.first_hour >= profile.last_hour:
            yield (
                ("compliance", "profiles", name, "first_hour"),
                f"hour {profile.first_hour} is not before last_hour {profile.last_hour}",
            )
    both = _common(profiles.strict.debtor_types, profiles.business.debtor_types)
    if both:
        yield (
            ("compliance", "profiles", "business", "debtor_types"),
            f"{', '.join(both)} stands under strict too; each debtor type has one profile",
        )
    protected = ("unknown", *policy.segments.natural_person_types)
    loose = [kind for kind in _common(protected, profiles.business.debtor_types) if kind not in both]
    if loose:
        yield (
            ("compliance", "profiles", "business", "debtor_types"),
            f"{', '.join(loose)} must be strict: natural persons and unknown debtors are",
        )


def _common(one: Iterable[str], other: Iterable[str]) -> list[str]:
    return sorted(set(one) & set(other))


def _dated_rules(policy: Policy) -> Iterator[_Found]:
    rules = policy.compliance.dated_rules
    for number, rule in enumerate(rules):
        path: Path = ("compliance", "dated_rules", number)
        if not (rule.debtor_types and rule.countries):
            yield path, "covers nobody; give at least one of debtor_types and one of countries"
        if rule.applies_until is not None and rule.applies_until < rule.applies_from:
            yield (*path, "applies_until"), f"{rule.applies_until} lies before applies_from {rule.applies_from}"
        for before in rules[:number]:
            if before.name == rule.name:
                yield (*path, "name"), f"rule {rule.name!r} stands twice; give each rule its own name"
            elif before.profile != rule.profile and _overlap(before, rule):
                yield path, f"overlaps with rule {before.name!r}, which says {before.profile}; end one before the other"


def _overlap(one: DatedRule, other: DatedRule) -> bool:
    same = _common(one.countries, other.countries) and _common(one.debtor_types, other.debtor_types)
    apart = (one.applies_until and one.applies_until < other.applies_from) or (
        other.applies_until and other.applies_until < one.applies_from
    )
    return bool(same) and not apart


def _call_value(policy: Policy) -> Iterator[_Found]:
    rules = policy.call_value
    if rules.loss_horizon_days < rules.horizon_days:
        yield (
            ("call_value", "loss_horizon_days"),
            f"{rules.loss_horizon_days} is shorter than horizon_days {rules.horizon_days}; loss comes last",
        )
    if rules.contact_day >= rules.horizon_days:
        yield ("call_value", "contact_day"), f"{rules.contact_day} is not before horizon_days {rules.horizon_days}"
    if not any(rules.weights.model_dump().values()):
        yield ("call_value", "weights"), "all weights are 0; at least one must be above 0"
    if policy.channels.phone.minutes == 0:
        yield ("channels", "phone", "minutes"), "0 minutes a call; priority is value a minute, so give more than 0"


def _points(policy: Policy) -> Iterator[_Found]:
    names: set[str] = set()
    if not policy.points:
        yield ("points",), "no rules; give at least one"
    for number, rule in enumerate(policy.points):
        if rule.name in names:
            yield ("points", number, "name"), f"rule {rule.name!r} stands twice; give each rule its own name"
        names.add(rule.name)
        if rule.below is not None and rule.below <= rule.at_least:
            yield ("points", number, "below"), f"{rule.below:g} is not above at_least {rule.at_least:g}; it never holds"


def _collectors(policy: Policy) -> Iterator[_Found]:
    for name, minutes in policy.capacity.collectors.items():
        if minutes < 0:
            yield ("capacity", "collectors", name), f"{minutes:g} minutes; give 0 or more"
