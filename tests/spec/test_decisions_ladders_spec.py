"""The seven ladders, as a credit manager reads them. The item of every table is due on Monday 2024-03-04."""

from datetime import date

import pytest

from riskpay.decisions.cadence import ItemSteps, SentStep, ladder_of, next_step, remaining_steps, roll
from riskpay.decisions.policy_file import load_policy

DUE = date(2024, 3, 4)
POLICY = load_policy("grace_days: 0")
LETTER = {"email": "E", "text": "S", "phone": "P", "letter": "L"}

# E mail, S text, P phone, L letter; E/S: e-mail, or text where there is no e-mail address.
LADDERS = {
    "reliable": "-3E +5E +15E +25P +45L +75L",
    "strategic": "-7E +3P +10P +21P +45L",
    "occasionally_late": "-5E +1E +7E/S +14P +30L +60L",
    "habitually_late": "-7E -1E +1E/S +5P +12P +21L +45L",
    "new": "-7E +1E +5P +14P +30L",
    "high_risk": "-10P +1P +5P +10L +21L +30L",
    "natural_person": "-5E +3E +10E +20P +40L +75L",
}

# What goes out when, if nothing is paid. +1 waits for the posting lag of 2 days; weekends roll on; steps of one
# item lie at least 3 days apart; * marks what waits for a person.
CALENDAR = {
    "reliable": "Fri 03-01, Mon 03-11, Tue 03-19, Fri 03-29, Thu 04-18, Mon 05-20, *Mon 06-03",
    "strategic": "Mon 02-26, Thu 03-07, Thu 03-14, Mon 03-25, Thu 04-18",
    "occasionally_late": "Wed 02-28, Wed 03-06, Mon 03-11, Mon 03-18, Wed 04-03, Fri 05-03, *Fri 05-17",
    "habitually_late": "Mon 02-26, Mon 03-04, Thu 03-07, Mon 03-11, Mon 03-18, Mon 03-25, Thu 04-18, *Thu 05-02",
    "new": "Mon 02-26, Wed 03-06, Mon 03-11, Mon 03-18, Wed 04-03",
    "high_risk": "Fri 02-23, Wed 03-06, Mon 03-11, Thu 03-14, Mon 03-25, Wed 04-03, *Wed 04-17",
    "natural_person": "Wed 02-28, Thu 03-07, Thu 03-14, Mon 03-25, Mon 04-15, Mon 05-20, *Mon 06-03",
}

# segment | day | sent so far | next step | on
SITUATIONS = """
reliable          | 2024-02-01 | -                                     | reliable_before            | 2024-03-01
reliable          | 2024-03-02 | -                                     | reliable_before            | 2024-03-04
reliable          | 2024-03-04 | -                                     | reliable_before            | 2024-03-04
reliable          | 2024-03-04 | reliable_before 0 03-01               | reliable_reminder          | 2024-03-11
reliable          | 2024-03-05 | -                                     | reliable_reminder          | 2024-03-11
reliable          | 2024-05-06 | -                                     | reliable_reminder          | 2024-05-06
reliable          | 2024-05-07 | reliable_reminder 1 05-06             | reliable_second            | 2024-05-09
reliable          | 2024-05-11 | reliable_reminder 1 05-06             | reliable_second            | 2024-05-13
habitually_late   | 2024-03-01 | -                                     | habitual_before            | 2024-03-01
habitually_late   | 2024-03-05 | habitual_before 0 02-26               | habitual_reminder          | 2024-03-06
habitually_late   | 2024-03-20 | reliable_reminder 1 03-11             | habitual_call              | 2024-03-20
habitually_late   | 2024-04-10 | reliable_second 2 03-19               | habitual_fee               | 2024-04-10
occasionally_late | 2024-05-10 | habitual_notice 5 05-06               | occasional_notice_agency   | 2024-05-20
strategic         | 2024-06-10 | reliable_notice 5 05-20               | nothing                    | -
strategic         | 2024-06-10 | strategic_letter 4 04-18              | nothing                    | -
reliable          | 2024-06-10 | reliable_notice 5 06-07               | reliable_notice_agency     | 2024-06-21
reliable          | 2024-07-10 | reliable_notice_agency 5 06-21        | nothing                    | -
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def _sent(text: str) -> tuple[SentStep, ...]:
    if text == "-":
        return ()
    code, level, day = text.split()
    return (SentStep(code, int(level), date.fromisoformat(f"2024-{day}")),)


@pytest.mark.parametrize("segment", LADDERS)
def test_the_ladder_is_the_written_one(segment):
    shown = [
        f"{step.day:+d}{LETTER[step.channel]}{f'/{LETTER[step.otherwise]}' if step.otherwise else ''}"
        for step in POLICY.ladders.of(segment)
    ]
    assert " ".join(shown) == LADDERS[segment]


@pytest.mark.parametrize("segment", CALENDAR)
def test_what_goes_out_when_nothing_is_paid(segment):
    item = ItemSteps(date(2024, 1, 15), DUE, "US")
    steps = remaining_steps(item, ladder_of(POLICY, segment), POLICY)
    shown = [f"{'*' if s.step.action == 'agency_transfer' else ''}{s.due_on:%a %m-%d}" for s in steps]
    assert ", ".join(shown) == CALENDAR[segment]
    levels = [s.step.level for s in steps]
    assert levels == sorted(levels)


@pytest.mark.parametrize("row", _rows(SITUATIONS), ids=lambda row: " ".join(row[:3]))
def test_next_step(row):
    segment, day, sent, expected, on = row
    item = ItemSteps(date.fromisoformat(day), DUE, "US", 0, _sent(sent))
    found = next_step(item, ladder_of(POLICY, segment), POLICY)
    assert (found.step.code if found else "nothing") == expected
    assert (found.due_on.isoformat() if found else "-") == on


@pytest.mark.parametrize(
    ("level", "expected"), [(0, "reminder"), (1, "second"), (2, "call"), (3, "demand"), (4, "notice")]
)
def test_the_ladder_goes_on_from_the_opening_level(level, expected):
    item = ItemSteps(date(2024, 6, 3), DUE, "US", level)
    assert next_step(item, ladder_of(POLICY, "reliable"), POLICY).step.code == f"reliable_{expected}"


def test_a_transfer_is_not_proposed_without_a_notice_that_was_sent():
    item = ItemSteps(date(2024, 6, 3), DUE, "US", 5)
    assert next_step(item, ladder_of(POLICY, "reliable"), POLICY) is None


def test_a_bank_holiday_moves_a_step():
    """Day +45 of an item due 2024-05-20 is Thursday 2024-07-04."""
    sent = (SentStep("reliable_call", 3, date(2024, 6, 14)),)
    due = date(2024, 5, 20)
    for country, on in (("US", date(2024, 7, 5)), ("DE", date(2024, 7, 4))):
        found = next_step(ItemSteps(date(2024, 6, 20), due, country, 0, sent), ladder_of(POLICY, "reliable"), POLICY)
        assert found.due_on == on


def test_a_longer_posting_lag_moves_the_first_steps_only():
    slow = load_policy("posting_lag_days: 10\nmin_days_between_steps: 0")
    steps = remaining_steps(ItemSteps(date(2024, 3, 5), DUE, "US"), ladder_of(slow, "reliable"), slow)
    assert [s.due_on for s in steps][:2] == [date(2024, 3, 14), date(2024, 3, 19)]
    assert "10 days of posting" in steps[0].rule


def test_a_statement_payer_gets_one_step_a_statement():
    item = ItemSteps(date(2024, 3, 20), DUE, "US", pays_on_statement=True, last_touch=date(2024, 3, 11))
    found = next_step(item, ladder_of(POLICY, "reliable"), POLICY)
    assert found.due_on == date(2024, 4, 8)
    assert "28 days after the step before" in found.rule


@pytest.mark.parametrize(
    ("due", "country", "weekends", "holidays", "expected"),
    [
        ("2024-03-02", "US", True, True, "2024-03-04"),
        ("2024-03-02", "US", False, True, "2024-03-02"),
        ("2024-07-04", "US", True, True, "2024-07-05"),
        ("2024-07-04", "US", True, False, "2024-07-04"),
        ("2024-08-31", "US", True, True, "2024-09-03"),
    ],
)
def test_the_effective_due_date(due, country, weekends, holidays, expected):
    rules = f"{{roll_weekends: {str(weekends).lower()}, roll_holidays: {str(holidays).lower()}}}"
    policy = load_policy(f"effective_due_date: {rules}")
    assert roll(policy, country)(date.fromisoformat(due)) == date.fromisoformat(expected)
