"""Snapshots of the open book: which items are asked on which Monday, and what they are worth then."""

from datetime import date

import polars as pl
import pytest

from riskpay.features.past_days import PastDays
from riskpay.features.snapshots import mondays, open_on, open_worth
from riskpay.ledger.settlement import item_states
from riskpay.sources.synthetic.world import synthesise

LEDGER = """
    invoices:
    invoice_id | issue_date | due_date   | amount | known_on
    A          | 2024-01-01 | 2024-01-31 | 100.00 | 2024-01-01
    B          | 2024-01-08 | 2024-01-10 | 40.00  | 2024-01-08
    C          | 2024-01-02 | 2024-01-12 | 7.00   | 2024-01-02
    C          | 2024-01-02 | 2024-01-20 | 7.00   | 2024-01-12
    payments:
    payment_id | value_date | amount | known_on
    P1         | 2024-01-05 | 30.00  | 2024-01-07
    P2         | 2024-01-12 | 40.00  | 2024-01-15
    allocations:
    source_id | invoice_id | allocated_on | amount | known_on
    P1        | A          | 2024-01-05   | 30.00  | 2024-01-07
    P2        | B          | 2024-01-12   | 40.00  | 2024-01-15
"""
FIRST, SECOND, THIRD = date(2024, 1, 8), date(2024, 1, 15), date(2024, 1, 22)


def test_mondays_lie_within_the_window_ends_included():
    assert mondays(FIRST, THIRD) == [FIRST, SECOND, THIRD]
    assert mondays(date(2024, 1, 9), date(2024, 1, 21)) == [SECOND]
    assert mondays(date(2024, 1, 9), date(2024, 1, 14)) == []
    assert mondays(THIRD, FIRST) == []


def test_an_item_is_asked_while_it_is_known_to_be_open_at_the_start_of_the_day(make_ledger):
    asked = open_on(item_states(make_ledger(LEDGER)), [FIRST, SECOND, THIRD])
    # B is issued on the first Monday, and its payment becomes known on the second: known from the next day on.
    assert asked.select("as_of", "invoice_id").rows() == [
        (FIRST, "A"),
        (FIRST, "C"),
        (SECOND, "A"),
        (SECOND, "B"),
        (SECOND, "C"),
        (THIRD, "A"),
        (THIRD, "C"),
    ]
    assert not asked["at_issue"].any()
    due = dict(asked.filter(invoice_id="C").select("as_of", "due_date").iter_rows())
    assert due == {FIRST: date(2024, 1, 12), SECOND: date(2024, 1, 20), THIRD: date(2024, 1, 20)}


def test_without_mondays_nothing_is_asked(make_ledger):
    assert open_on(item_states(make_ledger(LEDGER)), []).is_empty()


def test_an_item_is_worth_what_was_known_to_be_open_before_the_day(make_ledger):
    states = item_states(make_ledger(LEDGER))
    asked = pl.concat([open_on(states, [SECOND]), open_on(states, [FIRST])])
    at_issue = states.filter(invoice_id="B").head(1).select(*asked.columns[:3], as_of="issue_date")
    assert open_worth(states, asked)["open_amount"].to_list() == [7000, 4000, 700, 7000, 700]
    assert open_worth(states, at_issue)["open_amount"].to_list() == [4000]


@pytest.fixture(scope="module")
def asked():
    """Questions of a small world: (states, questions with customer and threshold)."""
    world = synthesise(25, 8, seed=4)
    states = item_states(world.ledger)
    days = mondays(date(2024, 3, 1), date(2024, 5, 30))
    questions = open_on(states, days[::3])
    owners = states.group_by("company_id", "invoice_id", "instalment").agg(pl.col("customer_id").last())
    found = questions.join(owners, on=["company_id", "invoice_id", "instalment"], how="left", maintain_order="left")
    return states, found.with_columns(limit=(pl.int_range(pl.len()) * 7) % 41 - 5)


def days_before(states, row):
    """Days late of what the customer of a question had settled by then: the slow way."""
    mine = states.filter(company_id=row["company_id"], customer_id=row["customer_id"])
    known = mine.filter(pl.col("known_on") < row["as_of"])
    last = known.group_by("company_id", "invoice_id", "instalment", maintain_order=True).last()
    paid = last.filter(settled_by="cash")
    return sorted((paid["settled_on"] - paid["due_date"]).dt.total_days())


def test_past_days_are_counted_as_one_would_by_hand(asked):
    states, questions = asked
    past = PastDays.of(states)
    counts = past.over(questions, questions["limit"].to_numpy())
    own, number = past.quantiles(questions, (0.1, 0.5, 0.9), 1)
    assert number.max() > 10
    for at in range(0, questions.height, 17):
        days = days_before(states, questions.row(at, named=True))
        assert counts[at] == sum(day > questions["limit"][at] for day in days)
        assert number[at] == len(days)
        if days:
            ranks = [max(0, -(-len(days) * tenth // 10) - 1) for tenth in (1, 5, 9)]
            assert own[at].tolist() == [days[rank] for rank in ranks]


def test_a_customer_with_few_settled_items_gets_the_days_of_everyone(asked):
    states, questions = asked
    past = PastDays.of(states)
    everyone, _ = past.quantiles(questions, (0.5,), 10**9)
    own, number = past.quantiles(questions, (0.5,), 5)
    assert (own[number < 5] == everyone[number < 5]).all()
    assert (own[number >= 5] != everyone[number >= 5]).any()
    stranger = questions.head(1).with_columns(customer_id=pl.lit("nobody"))
    assert past.over(stranger, questions["limit"].head(1).to_numpy()).tolist() == [0]
    assert past.quantiles(stranger, (0.5,), 5)[0].tolist() == everyone[:1].tolist()


def test_a_payment_that_came_back_counts_only_while_it_stood(make_ledger):
    ledger = make_ledger("""
        invoices:
        invoice_id | issue_date | due_date   | amount
        A          | 2024-01-01 | 2024-01-31 | 100.00
        payments:
        payment_id | value_date | amount
        P1         | 2024-02-05 | 100.00
        allocations:
        source_id | invoice_id | allocated_on | amount
        P1        | A          | 2024-02-05   | 100.00
        payment_reversals:
        payment_id | reversed_on
        P1         | 2024-02-20
    """)
    days = [date(2024, 2, 5), date(2024, 2, 6), date(2024, 2, 20), date(2024, 2, 21)]
    asked = pl.DataFrame({"company_id": "1", "customer_id": "C1", "as_of": days})
    past = PastDays.of(item_states(ledger))
    limits = pl.Series([4, 4, 4, 4]).to_numpy()
    assert past.over(asked, limits).tolist() == [0, 1, 1, 0]
    assert past.over(asked, limits + 1).tolist() == [0, 0, 0, 0]
