"""Open items, unapplied cash, exposure, attributes and aging as of a day."""

from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.ledger.aging import AGING_BUCKETS, aging, bucket_of
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import customers_as_of, exposure, items, open_items, unapplied
from riskpay.ledger.settlement import STATE_COLUMNS, item_states

MARCH = date(2024, 3, 1)
TWO_CUSTOMERS = """
invoices:
invoice_id | customer_id | issue_date | due_date   | amount | currency | document_type
A          | C1          | 2024-01-01 | 2024-02-03 | 100.00 | USD      | invoice
B          | C1          | 2024-01-05 | 2024-03-05 | 50.00  | EUR      | invoice
D          | C2          | 2024-01-05 | 2024-01-31 | 70.00  | USD      | invoice
N          | C2          | 2024-02-01 | 2024-02-01 | 20.00  | USD      | credit_note

payments:
payment_id | customer_id | value_date | amount
P1         | C1          | 2024-02-01 | 80.00

allocations:
invoice_id | source_id | amount | allocated_on
A          | P1        | 30.00  | 2024-02-02
"""


@pytest.fixture
def ledger(make_ledger):
    return make_ledger(TWO_CUSTOMERS)


def test_exposure_is_open_less_unapplied_by_customer_and_currency(ledger):
    rows = exposure(ledger, MARCH).select("customer_id", "currency", "open_amount", "unapplied_amount", "exposure")
    assert rows.rows() == [
        ("C1", "EUR", 5_000, 0, 5_000),
        ("C1", "USD", 7_000, 5_000, 2_000),
        ("C2", "USD", 7_000, 2_000, 5_000),
    ]


def test_cash_is_unapplied_until_its_allocation_is_known(ledger):
    known = {day: unapplied(ledger, date(2024, 2, day)).filter(customer_id="C1") for day in (1, 2)}
    assert {day: frame["unapplied_amount"].to_list() for day, frame in known.items()} == {1: [8_000], 2: [5_000]}


def test_cut_start_leaves_out_the_day_itself(ledger):
    assert unapplied(ledger, date(2024, 2, 1), "start").is_empty()
    assert unapplied(ledger, date(2024, 2, 1), "end").height == 2


def test_a_customer_who_owes_nothing_but_has_cash_is_listed(make_ledger):
    ledger = make_ledger("""
        payments:
        payment_id | value_date | amount
        P1         | 2024-02-01 | 80.00
    """)
    assert exposure(ledger, MARCH).select("open_amount", "exposure").rows() == [(0, -8_000)]


def test_cash_on_an_invoice_cancelled_later_is_the_customers_again(make_ledger):
    ledger = make_ledger("""
        invoices:
        invoice_id | issue_date | due_date   | amount | status    | known_on
        A          | 2024-01-01 | 2024-02-03 | 100.00 | active    | 2024-01-01
        A          | 2024-01-01 | 2024-02-03 | 100.00 | cancelled | 2024-02-20

        payments:
        payment_id | value_date | amount
        P1         | 2024-02-01 | 40.00

        allocations:
        invoice_id | source_id | amount | allocated_on
        A          | P1        | 40.00  | 2024-02-01
    """)
    assert exposure(ledger, date(2024, 2, 19))["exposure"].to_list() == [6_000]
    assert exposure(ledger, date(2024, 2, 20))["exposure"].to_list() == [-4_000]


def test_open_items_are_ordered_and_typed(ledger):
    now = open_items(ledger, MARCH)
    assert now["invoice_id"].to_list() == ["A", "B", "D"]
    assert now.schema["open_amount"] == pl.Int64
    assert now["age_days"].to_list() == [60, 56, 56]


def test_before_the_first_document_there_is_nothing(ledger):
    day = date(2023, 12, 31)
    for answer in (items, open_items, unapplied, exposure, customers_as_of):
        assert answer(ledger, day).is_empty()


def test_an_empty_ledger_answers_with_empty_frames_of_the_same_columns(ledger):
    nothing = Ledger.of({})
    assert tuple(item_states(nothing).columns) == STATE_COLUMNS
    for answer in (items, open_items, unapplied, exposure):
        assert answer(nothing, MARCH).schema == answer(ledger, MARCH).schema


def test_attributes_are_those_that_hold_on_the_day(make_ledger):
    ledger = make_ledger("""
        customers:
        customer_id | valid_from | name
        C1          |            | undated
        C1          | 2024-01-01 | old
        C1          | 2024-02-01 | new
        C2          |            | undated
    """)

    def names(day):
        return customers_as_of(ledger, day)["name"].to_list()

    assert names(date(2023, 12, 31)) == ["undated", "undated"]
    assert names(date(2024, 1, 31)) == ["old", "undated"]
    assert names(date(2024, 2, 1)) == ["new", "undated"]
    assert customers_as_of(ledger, date(2024, 2, 1), "start")["name"].to_list() == ["old", "undated"]


@pytest.mark.parametrize(
    ("days", "label"),
    [
        (0, "not_due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "90+"),
    ],
)
def test_aging_buckets_are_half_open(days, label):
    assert pl.DataFrame({"d": [days]}).select(bucket_of(pl.col("d"))).item() == label


def test_every_bucket_stands_for_each_company_and_currency_in_order(ledger):
    table = aging(open_items(ledger, MARCH))
    assert table["bucket"].to_list() == [bucket.label for bucket in AGING_BUCKETS] * 2
    assert table.filter(currency="USD")["open_amount"].to_list() == [0, 14_000, 0, 0, 0]
    assert table.filter(currency="USD")["items"].to_list() == [0, 2, 0, 0, 0]
    assert aging(open_items(ledger, date(2023, 1, 1))).is_empty()


def test_the_last_known_day_is_that_of_cash_and_documents(ledger):
    assert ledger.last_known_on() == date(2024, 2, 2)
    later = ledger.with_tables(customers=ledger.customers)
    assert later.last_known_on() == date(2024, 2, 2)


def test_the_last_cash_day_is_that_of_what_the_bank_told_by_company(make_ledger):
    ledger = make_ledger(
        """
        invoices:
        company_id | invoice_id | issue_date | due_date   | amount | document_type
        1          | A          | 2024-01-01 | 2024-02-01 | 100    | invoice
        1          | N          | 2024-03-01 | 2024-03-01 | 10     | credit_note
        2          | B          | 2024-01-01 | 2024-02-01 | 100    | invoice
        3          | C          | 2024-01-01 | 2024-02-01 | 100    | invoice
        payments:
        company_id | payment_id | value_date | amount
        1          | P          | 2024-01-10 | 50
        2          | Q          | 2024-01-12 | 50
        payment_reversals:
        company_id | payment_id | reversed_on
        2          | Q          | 2024-01-20
        allocations:
        company_id | allocation_id | source_id | source_type | invoice_id | amount | allocated_on
        1          | 1             | P         | payment     | A          | 50     | 2024-01-15
        1          | 2             | N         | credit_note | A          | 10     | 2024-03-01
        """
    )
    assert ledger.last_cash_on() == {"1": date(2024, 1, 15), "2": date(2024, 1, 20)}


def test_what_riskpay_corrects_itself_does_not_make_bank_data_look_fresh(make_ledger):
    ledger = make_ledger(
        """
        invoices:
        invoice_id | issue_date | due_date   | amount
        A          | 2024-01-01 | 2024-02-01 | 100
        payments:
        payment_id | value_date | amount | known_on
        P          | 2024-01-10 | 50     | 2024-01-10
        P~v2       | 2024-01-11 | 50     | 2024-03-01
        payment_reversals:
        payment_id | reversed_on | reason
        P          | 2024-03-01  | told otherwise by a later load
        P~v2       | 2024-03-02  | shown as open by a later export
        allocations:
        allocation_id | source_id | source_type | invoice_id | amount | allocated_on
        1             | P         | payment     | A          | 50     | 2024-01-15
        1~v2          | P~v2      | payment     | A          | 50     | 2024-03-01
        """
    )
    assert ledger.last_cash_on() == {"1": date(2024, 1, 15)}


def test_days_past_due_move_every_day(ledger):
    days = [
        open_items(ledger, MARCH + timedelta(days=n)).filter(invoice_id="D")["days_past_due"].item() for n in range(3)
    ]
    assert days == [30, 31, 32]
