"""Reasons: two to four sentences, each true and on its own subject."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.decisions.reasons import ReasonFacts, reasons

PLAIN = ReasonFacts("USD", 1_230_000, 1_230_000, 1_500_000, 34, 34, 40, 3, 9, 7, 12.2, 0.41)


def test_the_usual_four():
    assert reasons(PLAIN) == (
        "paid 7 of the last 9 invoices late, 12 days on average",
        "oldest open invoice is 34 days past due",
        "owes 12,300.00 USD past due",
        "41 % likely to be unpaid in 30 days",
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"settled": 0, "open_documents": 1}, "first invoice: no history yet"),
        ({"settled": 0}, "nothing settled so far: no history yet"),
        ({"last_count": 0}, "settled 40 invoices so far"),
        ({"last_late": 0, "last_mean_days_late": -3.0}, "paid all of the last 9 invoices on time"),
        ({"last_late": 1, "last_mean_days_late": -3.0}, "paid 1 of the last 9 invoices late"),
        ({"last_late": 9, "last_mean_days_late": 1.2}, "paid 9 of the last 9 invoices late, 1 day on average"),
        ({"last_count": 1, "last_late": 1, "last_mean_days_late": 5.0}, "paid the last settled invoice late, 5 days"),
        ({"last_count": 1, "last_late": 0, "last_mean_days_late": 0.0}, "paid the last settled invoice on time"),
        ({"about": "customer C7: "}, "customer C7: paid 7 of the last 9 invoices late, 12 days on average"),
    ],
)
def test_history(changed, said):
    assert reasons(replace(PLAIN, **changed))[0] == said


def test_what_is_held_is_not_claimed():
    said = reasons(replace(PLAIN, past_due_to_collect=1_000_000, oldest_days=20))
    assert "oldest invoice to collect is 20 days past due" in said
    assert "owes 12,300.00 USD past due, 10,000.00 USD of it to collect now" in said


def test_before_the_due_date():
    said = reasons(replace(PLAIN, past_due=0, past_due_to_collect=0, oldest_days=0, oldest_open_days=0))
    assert said[1] == "owes 15,000.00 USD, not past due yet"
    assert len(said) == 3


def test_the_rule_that_makes_a_call_a_must_comes_first():
    broken = replace(PLAIN, must_contact="broken promise", broken_on=date(2024, 6, 1))
    assert reasons(broken)[0] == "must be called: broke a promise, overdue since 2024-06-01"
    returned = replace(PLAIN, must_contact="returned debit", debit_returned_on=date(2024, 6, 2))
    assert reasons(returned)[0] == "must be called: a debit came back on 2024-06-02"
    assert "not contacted" in reasons(replace(PLAIN, must_contact="longest untouched"))[0]


def test_a_large_amount_is_said_once():
    said = reasons(replace(PLAIN, must_contact="large and overdue"))
    assert said[0] == "must be called: owes 12,300.00 USD past due"
    assert sum("owes" in sentence for sentence in said) == 1
    assert len(said) == 4


@given(
    facts=st.builds(
        ReasonFacts,
        currency=st.sampled_from(["USD", "JPY", "KWD"]),
        past_due=st.integers(0, 10**9),
        past_due_to_collect=st.integers(0, 10**9),
        to_collect=st.integers(1, 10**9),
        oldest_days=st.integers(0, 400),
        oldest_open_days=st.integers(0, 400),
        settled=st.integers(0, 50),
        open_documents=st.integers(1, 9),
        last_count=st.integers(0, 9),
        last_late=st.integers(0, 9),
        last_mean_days_late=st.none() | st.floats(-30, 90),
        p_unpaid_30=st.none() | st.floats(0, 1),
        must_contact=st.sampled_from(
            [None, "broken promise", "large and overdue", "longest untouched", "returned debit"]
        ),
        broken_on=st.just(date(2024, 6, 1)),
        debit_returned_on=st.just(date(2024, 6, 1)),
    )
)
def test_always_two_to_four_different_sentences(facts):
    said = reasons(facts)
    assert 2 <= len(said) <= 4
    assert len(set(said)) == len(said)
