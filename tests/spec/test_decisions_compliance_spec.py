"""When a customer may be called: caps, talks, cool-down and hours, with the days on which they begin and end."""

from datetime import UTC, date, datetime, timedelta

import pytest

from riskpay.decisions.compliance import Touch, allowed_hours, call_rule, candidate_zones, hours_of, profile_of
from riskpay.decisions.policy_file import load_policy

POLICY = load_policy("cool_down: {no_answer: 0, reached: 0, message_left: 2, refused: 9}")
STRICT = POLICY.compliance.profiles.strict
BUSINESS = POLICY.compliance.profiles.business
DAY = date(2024, 6, 12)


def _touches(text: str) -> list[Touch]:
    """Written "days-ago outcome", calls of ours."""
    words = [part.split() for part in text.split(",") if part.strip()]
    return [Touch(DAY - timedelta(days=int(ago)), "phone", "out", outcome) for ago, outcome in words]


# profile | contacts | what forbids a call
CALLS = """
strict   | -                                                                                               | -
strict   | 0 no_answer, 1 no_answer, 2 no_answer, 3 no_answer, 4 no_answer, 5 no_answer                    | -
strict   | 0 no_answer, 1 no_answer, 2 no_answer, 3 no_answer, 4 no_answer, 5 no_answer, 6 no_answer       | call cap: 7 calls in 7 days
strict   | 1 no_answer, 2 no_answer, 3 no_answer, 4 no_answer, 5 no_answer, 6 no_answer, 7 no_answer       | -
business | 0 no_answer, 1 no_answer, 6 no_answer                                                           | call cap: 3 calls in 7 days
business | 1 no_answer, 2 no_answer, 7 no_answer                                                           | -
strict   | 6 reached                                                                                       | conversation on 2024-06-06: no call before 2024-06-13
strict   | 7 reached                                                                                       | -
strict   | 0 promised                                                                                      | conversation on 2024-06-12: no call before 2024-06-19
business | 1 reached                                                                                       | -
business | 1 message_left                                                                                  | cool-down: message left on 2024-06-11, no call before 2024-06-13
business | 2 message_left                                                                                  | -
business | 8 refused                                                                                       | cool-down: refused on 2024-06-04, no call before 2024-06-13
business | 8 refused, 3 no_answer                                                                          | -
"""


@pytest.mark.parametrize("line", CALLS.strip().splitlines())
def test_calls(line):
    profile, contacts, forbidden = (cell.strip() for cell in line.split("|"))
    touches = _touches("" if contacts == "-" else contacts)
    rule = call_rule(touches, STRICT if profile == "strict" else BUSINESS, DAY, POLICY)
    assert (rule or "-").startswith(forbidden)


def test_only_our_own_calls_count_against_the_cap():
    mails = [Touch(DAY, "email", "out", "sent")] * 9
    incoming = [Touch(DAY, "phone", "in", "no_answer")] * 9
    policy = load_policy("cool_down: {sent: 0, no_answer: 0}")
    assert call_rule(mails, STRICT, DAY, policy) is None
    assert call_rule(incoming, STRICT, DAY, policy) is None


@pytest.mark.parametrize(
    ("debtor_type", "country", "day", "expected"),
    [
        ("company", "US", DAY, "business"),
        ("consumer", "US", DAY, "strict"),
        ("sole_trader", "DE", DAY, "strict"),
        ("guarantor", None, DAY, "strict"),
        ("unknown", "US", DAY, "strict"),
        ("something else", "US", DAY, "strict"),
    ],
)
def test_profile(debtor_type, country, day, expected):
    assert profile_of(debtor_type, country, day, POLICY)[0] == expected


def test_a_dated_rule_holds_from_its_day_in_its_country():
    rule = "{name: new law, profile: strict, debtor_types: [company], countries: [FR], applies_from: 2025-01-01, source: x}"
    policy = load_policy(f"compliance:\n  dated_rules: [{rule}]")
    assert profile_of("company", "FR", date(2024, 12, 31), policy)[0] == "business"
    assert profile_of("company", "FR", date(2025, 1, 1), policy) == ("strict", "new law")
    assert profile_of("company", "DE", date(2025, 1, 1), policy)[0] == "business"


def _utc(day: int, hour: int) -> datetime:
    return datetime(2024, 6, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "country", "hours"),
    [
        ("America/New_York", "US", (_utc(12, 12), _utc(13, 1))),
        ("Europe/Berlin", "DE", (_utc(12, 6), _utc(12, 19))),
        (None, "DE", (_utc(12, 6), _utc(12, 19))),
        # From 8:00 in Honolulu to 21:00 in New York.
        (None, "US", (_utc(12, 18), _utc(13, 1))),
        ("Mars/Olympus", "DE", (_utc(12, 6), _utc(12, 19))),
        (None, None, None),
        (None, "ZZ", None),
    ],
)
def test_hours_of_a_natural_person(zone, country, hours):
    assert hours_of(DAY, "consumer", zone, country, POLICY) == hours


def test_hours_follow_the_clock_change():
    before = allowed_hours(date(2024, 3, 9), "America/New_York", "US", 8, 21)
    after = allowed_hours(date(2024, 3, 10), "America/New_York", "US", 8, 21)
    assert (before[0].hour, after[0].hour) == (13, 12)


def test_zones_that_share_no_hour_allow_no_call():
    assert len(candidate_zones(None, "US")) > 5
    assert allowed_hours(DAY, None, "US", 8, 10) is None
