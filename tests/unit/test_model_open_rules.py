"""The naive rules on snapshots: what a person would look up, and that they learn nothing from their model's day on."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from riskpay.features.past_days import PastDays
from riskpay.ledger.settlement import item_states
from riskpay.model.baselines import Baselines
from riskpay.model.open_rules import OpenPast, learnt, open_past, predict
from riskpay.model.training import TrainSettings
from riskpay.sources.synthetic.world import synthesise

BEFORE = date(2024, 8, 1)
TARGETS = ("late", "unpaid_7", "unpaid_30")

PAID = """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-10 | 10.00
    B          | 2024-01-01 | 2024-01-10 | 10.00
    C          | 2024-01-01 | 2024-01-10 | 10.00
    D          | 2024-01-01 | 2024-01-10 | 10.00
    E          | 2024-03-01 | 2024-03-10 | 10.00
    payments:
    payment_id | value_date | amount
    P1         | 2024-01-08 | 10.00
    P2         | 2024-01-12 | 10.00
    P3         | 2024-01-15 | 10.00
    P4         | 2024-01-25 | 10.00
    allocations:
    source_id | invoice_id | allocated_on | amount
    P1        | A          | 2024-01-08   | 10.00
    P2        | B          | 2024-01-12   | 10.00
    P3        | C          | 2024-01-15   | 10.00
    P4        | D          | 2024-01-25   | 10.00
"""


def test_the_ratio_is_of_the_items_that_were_unpaid_at_this_age(make_ledger):
    ledger = make_ledger(PAID)
    states = item_states(ledger)
    # E is asked 3 days after its due date, and whether it is paid 4 days later. The others were paid -2, 2, 5 and 15 days late.
    asked = pl.DataFrame({"company_id": ["1"], "invoice_id": ["E"], "instalment": pl.Series([1], dtype=pl.Int32)})
    asked = asked.with_columns(as_of=date(2024, 3, 13), due_date=date(2024, 3, 10))
    past = open_past(ledger, asked, states, TrainSettings())
    at, limit = np.array([3]), np.array([7])
    assert past.record(at, limit).row(0) == (2, 1, pytest.approx((-2 + 2 + 5 + 15) / 4 - 7))
    told = predict(Baselines(constant=0.4, intercept=0.0, slope=0.1, missing=0.0), past, at, limit)
    assert told["naive_ratio"].tolist() == pytest.approx([(1 + 5 * 0.4) / (2 + 5)])
    assert told["naive_mean"].tolist() == pytest.approx([1 / (1 + np.exp(0.1 * 2))])
    assert told["naive_constant"].tolist() == [0.4]


def test_a_limit_that_has_passed_finds_no_more_than_those_unpaid_at_this_age(make_ledger):
    states = item_states(make_ledger(PAID))
    asked = pl.DataFrame({"company_id": ["1"], "customer_id": ["C1"], "as_of": [date(2024, 3, 1)]})
    record = OpenPast(asked, PastDays.of(states), pl.Series([5.0])).record(np.array([10]), np.array([0]))
    assert record["n"].to_list() == record["unpaid"].to_list() == [1]


@pytest.fixture(scope="module")
def ledger():
    return synthesise(50, 9, seed=6).ledger


@pytest.mark.parametrize("overdue", [False, True])
def test_what_became_known_from_the_models_day_on_changes_no_rule(ledger, overdue):
    settings = TrainSettings()
    found = learnt(ledger, BEFORE, TARGETS, settings, overdue=overdue)
    assert found == learnt(ledger.known(BEFORE, "start"), BEFORE, TARGETS, settings, overdue=overdue)
    assert found["unpaid_30"].constant < found["unpaid_7"].constant
    assert all(0 < rules.constant < 1 for name, rules in found.items() if name != "late" or not overdue)


def test_rules_without_any_snapshot_before_are_plain(ledger):
    found = learnt(ledger, date(2024, 1, 2), TARGETS, TrainSettings(), overdue=True)
    assert {rules.constant for rules in found.values()} == {0.5}
