"""Slices of questions: one value a question, from what was known when the window began."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from riskpay.decisions.policy import default_policy_text
from riskpay.decisions.policy_base import SEGMENTS
from riskpay.decisions.policy_file import load_policy
from riskpay.ledger.settlement import item_states
from riskpay.model.testing import issued_between
from riskpay.model.training import TrainSettings, ask
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.slices import COLUMNS, SIZES, slices, values_of, without_rate, worth_of

AS_OF, LAST = date(2024, 6, 1), date(2024, 7, 31)


@pytest.fixture(scope="module")
def policy():
    return load_policy(default_policy_text())


@pytest.fixture(scope="module")
def sliced(policy):
    """A small world's questions of two months: (ledger, asked, worth, slices)."""
    ledger = synthesise(60, 9, seed=2).ledger
    asked = ask(ledger, issued_between(ledger, AS_OF, LAST), TrainSettings())
    worth = worth_of(ledger, item_states(ledger), asked.frame, "USD")
    return ledger, asked, worth, slices(ledger, asked, worth, policy, AS_OF, "USD")


def test_every_question_has_one_value_of_each(sliced):
    _, asked, _, found = sliced
    assert tuple(found.columns) == COLUMNS
    assert found.height == asked.frame.height > 100
    assert found.null_count().sum_horizontal().item() == 0
    for column in COLUMNS:
        values = values_of(column, found[column])
        assert sum((found[column] == value).sum() for value in values) == found.height
    assert set(found["segment"]) <= set(SEGMENTS)
    assert len(values_of("segment", found["segment"])) > 2


def test_new_is_told_by_the_record_of_the_questions_own_day(sliced, policy):
    _, asked, _, found = sliced
    assert found["new"].to_list() == [n < policy.segments.new_below for n in asked.past["n"]]


def test_the_largest_customer_is_the_one_with_most_items_before_the_window(sliced):
    ledger, asked, _, found = sliced
    before = ledger.invoices.filter(pl.col("known_on") < AS_OF, document_type="invoice")
    counts = before.unique(["company_id", "invoice_id", "instalment"]).group_by("customer_id").len()
    most = counts.sort("len", "customer_id", descending=[True, False])["customer_id"][0]
    assert found["largest"].to_list() == (asked.frame["customer_id"] == most).to_list()
    assert 0 < found["largest"].sum() < found.height


def test_what_became_known_from_the_windows_first_day_on_moves_no_customer_to_another_segment(sliced, policy):
    ledger, asked, worth, found = sliced
    then = slices(ledger.known(AS_OF, "start"), asked, worth, policy, AS_OF, "USD")
    assert then["segment"].equals(found["segment"])
    assert then["largest"].equals(found["largest"])


def test_sizes_are_half_open_classes_of_the_open_amount(sliced, policy):
    ledger, asked, _, _ = sliced
    few = asked.where(pl.int_range(asked.frame.height, eager=True) < 4)
    found = slices(ledger, few, np.array([99.99, 100.0, 999_999.0, 1e6]), policy, AS_OF, "USD")
    assert found["size"].to_list() == ["under 100", "100 to 1,000", "100,000 to 1,000,000", "1,000,000 or more"]
    assert values_of("size", found["size"]) == [SIZES[0], SIZES[1], SIZES[4], SIZES[5]]


RATED = """
    companies:
    company_id | name | currency | country | time_zone
    1          | Own  | USD      | US      | UTC
    invoices:
    invoice_id | issue_date | due_date   | amount | currency
    A          | 2024-01-01 | 2024-01-31 | 100.00 | USD
    B          | 2024-01-02 | 2024-01-31 | 100.00 | EUR
    C          | 2024-01-20 | 2024-01-31 | 100.00 | EUR
    D          | 2024-01-20 | 2024-01-31 | 500    | JPY
    fx_rates:
    rate_date  | currency | quote_currency | rate
    2024-01-01 | EUR      | USD            | 1.10
    2024-01-10 | EUR      | USD            | 1.20
"""


def test_money_counts_at_the_rate_of_the_issue_day_and_one_for_one_without_a_rate(make_ledger):
    ledger = make_ledger(RATED)
    asked = issued_between(ledger, date(2024, 1, 1), date(2024, 1, 31)).sort("invoice_id")
    states = item_states(ledger)
    assert worth_of(ledger, states, asked, "USD").tolist() == pytest.approx([100.0, 110.0, 120.0, 5.0])
    assert without_rate(ledger, states, asked, "USD") == 1
