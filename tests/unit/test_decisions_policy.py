"""The policy file: every mistake is one clear message with its line; what it leaves out keeps its default."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from riskpay.decisions.policy import Policy, default_policy_text, policy_hash
from riskpay.decisions.policy_docs import render
from riskpay.decisions.policy_file import load_policy
from riskpay.errors import PolicyError

STEP = "channel: email, tone: soft, owner: lead, template: t"

MISTAKES = {
    "unknown key": ("grace_dayz: 3", 1, "did you mean 'grace_days'"),
    "negative days": ("\ngrace_days: -1", 2, "greater than or equal to 0"),
    "not a number": ("grace_days: soon", 1, "valid integer"),
    "nan": ("call_value: {lgd: .nan}", 1, "finite"),
    "not yaml": ("grace_days: [1", 1, "not YAML"),
    "a key twice": ("grace_days: 1\ngrace_days: 2", 2, "stands twice"),
    "not keys at all": ("- 1", 1, "list"),
    "overlapping segments": ("segments:\n  occasionally_late_share: 0.6", 2, "overlaps with habitually_late_share"),
    "hysteresis too wide": ("segments: {hysteresis: 0.2}", 1, "closes the gap"),
    "unknown segment": ("ladders:\n  relable: []", 2, "did you mean 'reliable'"),
    "empty ladder": ("ladders:\n  reliable: []", 2, "without steps"),
    "unknown channel": (
        "ladders:\n  new:\n  - {code: a, day: 1, channel: fax, level: 1, tone: soft, owner: lead, template: t}",
        3,
        "'email', 'text', 'phone' or 'letter'",
    ),
    "step without a code": (f"ladders:\n  new:\n  - {{day: 3, level: 1, {STEP}}}", 3, "required"),
    "steps out of order": (
        f"ladders:\n  new:\n  - {{code: a, day: 9, level: 1, {STEP}}}\n  - {{code: b, day: 4, level: 2, {STEP}}}",
        4,
        "put the steps in order",
    ),
    "step code twice": (
        f"ladders:\n  new:\n  - {{code: reliable_call, day: 9, level: 1, {STEP}}}",
        3,
        "stands twice",
    ),
    "same day and channel": (
        f"ladders:\n  new:\n  - {{code: a, day: 9, level: 1, {STEP}}}\n  - {{code: b, day: 9, level: 2, {STEP}}}",
        4,
        "two steps on day 9 by email",
    ),
    "level skips": (
        f"ladders:\n  new:\n  - {{code: a, day: 4, level: 1, {STEP}}}\n  - {{code: b, day: 9, level: 3, {STEP}}}",
        4,
        "skips level 2",
    ),
    "level falls": (
        f"ladders:\n  new:\n  - {{code: a, day: 4, level: 1, {STEP}}}\n  - {{code: b, day: 9, level: 2, {STEP}}}\n  - {{code: c, day: 19, level: 1, {STEP}}}",
        5,
        "levels never fall",
    ),
    "level before the due date": (f"ladders:\n  new:\n  - {{code: a, day: -4, level: 1, {STEP}}}", 3, "level is 0"),
    "level 0 after the due date": (f"ladders:\n  new:\n  - {{code: a, day: 4, level: 0, {STEP}}}", 3, "start at 1"),
    "fee without notice": (
        f"ladders:\n  new:\n  - {{code: a, day: 4, level: 1, action: fee, {STEP}}}",
        3,
        "without a fee_notice",
    ),
    "transfer without notice": (
        f"ladders:\n  new:\n  - {{code: a, day: 4, level: 1, action: agency_transfer, {STEP}}}",
        3,
        "without a transfer_notice",
    ),
    "transfer too soon": (
        f"ladders:\n  new:\n  - {{code: a, day: 4, level: 1, action: transfer_notice, {STEP}}}\n  - {{code: b, day: 17, level: 1, action: agency_transfer, {STEP}}}",
        4,
        "at least 14 days",
    ),
    "transfer too soon by key": ("agency_after_notice_days: 13", 1, "greater than or equal to 14"),
    "otherwise repeats": (
        f"ladders:\n  new:\n  - {{code: a, day: 4, level: 1, otherwise: email, {STEP}}}",
        3,
        "repeats",
    ),
    "step within grace": ("grace_days: 3", 1, "within grace_days 3"),
    "steps closer than the pause": ("min_days_between_steps: 8", 1, "min_days_between_steps is 8"),
    "unknown currency": ("minimum_amount:\n  currencies:\n    XXQ: 3", 3, "ISO 4217"),
    "negative minimum": ("minimum_amount: {default: -1}", 1, "greater than or equal to 0"),
    "negative cap": ("compliance: {profiles: {strict: {max_calls: -1}}}", 1, "greater than or equal to 0"),
    "loss before horizon": ("call_value:\n  loss_horizon_days: 20", 2, "shorter than horizon_days"),
    "horizon beyond the curve": ("call_value:\n  horizon_days: 181", 2, "less than or equal to 180"),
    "a call without minutes": ("channels: {phone: {cost: 1, minutes: 0, p_reach: 1}}", 1, "more than 0"),
    "all weights 0": ("call_value: {weights: {extra_cash: 0, cash_days: 0, loss_avoided: 0}}", 1, "all weights are 0"),
    "kappa below 1": (
        "response:\n  new:\n    phone: {kappa: 0.9, alpha: 0, half_life: 5, basis: assumed}",
        3,
        "greater than or equal to 1",
    ),
    "cool-down against longest untouched": ("cool_down:\n  refused: 40", 2, "longest_untouched_days"),
    "points never hold": (
        "points:\n- {name: a, fact: past_due_amount, at_least: 5, below: 5, points: 1}",
        2,
        "it never holds",
    ),
    "points rule twice": (
        "points:\n- {name: a, fact: late_share, at_least: 1, points: 1}\n- {name: a, fact: late_share, at_least: 0, points: 1}",
        3,
        "stands twice",
    ),
    "collector with negative minutes": ("capacity:\n  collectors:\n    anna: -5", 3, "give 0 or more"),
    "country not a code": ("compliance: {home_country: Germany}", 1, "pattern"),
}


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyError) as raised:
        load_policy(text)
    return raised.value.problems


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_line(name):
    text, line, said = MISTAKES[name]
    problems = _problems(text)
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("line ") for problem in problems)
    if name not in {"step within grace", "steps closer than the pause"}:
        assert len(problems) == 1
        assert problems[0].startswith(f"line {line}: ")


def test_hours_that_never_open_and_debtors_under_two_profiles_are_faults():
    text = default_policy_text().replace("last_hour: 18", "last_hour: 8").replace("[company]", "[company, consumer]")
    problems = _problems(text)
    assert len(problems) == 2
    assert "hour 8 is not before last_hour 8" in problems[0]
    assert "consumer stands under strict too" in problems[1]


def test_an_unknown_debtor_cannot_be_made_business():
    text = default_policy_text().replace("guarantor, unknown]", "guarantor]").replace("[company]", "[company, unknown]")
    assert "unknown must be strict" in _problems(text)[0]


def test_dated_rules_must_not_contradict():
    rule = "profile: {p}, debtor_types: [sole_trader], countries: [US], applies_from: {d}, source: here"
    one = "{name: a, " + rule.format(p="strict", d="2025-01-01") + "}"
    other = "{name: b, " + rule.format(p="business", d="2026-01-01") + "}"
    problems = _problems(f"compliance:\n  dated_rules:\n  - {one}\n  - {other}")
    assert problems == (
        "line 4: compliance.dated_rules.1: overlaps with rule 'a', which says strict; end one before the other",
    )


def test_a_fault_of_many_keys_lists_them_all():
    assert len(_problems("grace_dayz: 1\nposting_lag_days: -1\nagency_after_notice_days: 3")) == 3


def test_the_message_tells_what_to_do():
    with pytest.raises(PolicyError, match="riskpay policy check"):
        load_policy("grace_days: -1")


def test_what_a_file_leaves_out_keeps_its_default():
    default = load_policy(default_policy_text())
    assert load_policy("grace_days: 0") == default
    changed = load_policy("cool_down: {refused: 9}")
    assert changed.cool_down.refused == 9
    assert changed.cool_down.reached == default.cool_down.reached
    assert changed.ladders == default.ladders


def test_the_hash_is_of_the_content_not_of_the_text():
    default = load_policy(default_policy_text())
    assert policy_hash(load_policy("# a comment\ngrace_days: 0")) == policy_hash(default)
    assert policy_hash(load_policy("dispute_days: 61")) != policy_hash(default)
    assert len(policy_hash(default)) == 12


def test_a_policy_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_policy("grace_days: 0").grace_days = 4


def test_responses_say_assumed_until_measured():
    responses = load_policy("grace_days: 0").response.model_dump().values()
    assert {cell["basis"] for channels in responses for cell in channels.values()} == {"assumed"}


def _models(model: type[BaseModel]) -> list[type[BaseModel]]:
    inner = [
        kind
        for field in model.model_fields.values()
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ()))
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    ]
    return [model, *(found for kind in inner for found in _models(kind))]


def test_every_key_is_described():
    undescribed = [
        f"{model.__name__}.{name}"
        for model in _models(Policy)
        for name, field in model.model_fields.items()
        if not field.description
    ]
    assert undescribed == []


def test_every_key_of_the_default_stands_in_the_documentation():
    text = render()
    missing = [name for model in set(_models(Policy)) for name in model.model_fields if f"{name}" not in text]
    assert missing == []


def test_the_documentation_is_the_rendered_one():
    committed = Path(__file__).parents[2] / "docs" / "policy.md"
    assert committed.read_text(encoding="utf-8") == render(), "render it again: riskpay.decisions.policy_docs.render()"
