"""The formulae of the reports, each with the value that the field's literature gives."""

import inspect
from datetime import date

import pytest

from riskpay.decisions.cadence import rolls_of
from riskpay.decisions.policy_file import load_policy
from riskpay.reporting.aging import aging_report
from riskpay.reporting.dso import average_days_delinquent, countback_dso, dso, dso_report


@pytest.fixture
def ledger(request, make_ledger):
    return make_ledger(inspect.getdoc(request.function))


def test_dso_is_receivables_over_sales_times_days():
    assert dso(15_000, 10_000, 30) == 45


def test_best_possible_dso_takes_what_is_not_due():
    assert dso(4_000, 10_000, 30) == 12


def test_average_days_delinquent_is_their_difference():
    assert average_days_delinquent(dso(15_000, 10_000, 30), dso(4_000, 10_000, 30)) == 33


def test_without_sales_there_is_no_dso():
    assert dso(15_000, 0, 30) is None
    assert dso(15_000, -5, 30) is None
    assert average_days_delinquent(None, 12) is None


def test_countback_takes_whole_months_and_the_last_pro_rata():
    assert countback_dso(1_500, [(800, 31), (1_000, 28)]) == pytest.approx(50.6)


@pytest.mark.parametrize(
    ("receivables", "months", "days"),
    [
        (0, [(800, 31)], 0),
        (400, [(800, 30)], 15),
        (800, [(800, 31), (1_000, 28)], 31),
        (900, [(800, 31), (0, 28), (200, 31)], 74.5),  # a month without sales counts its days
        (900, [(800, 31), (-50, 28), (200, 31)], 74.5),  # so does one with more credit notes than invoices
        (2_000, [(800, 31), (1_000, 28)], None),  # older than all sales given
        (10, [], None),
    ],
)
def test_countback_at_its_edges(receivables, months, days):
    assert countback_dso(receivables, months) == (None if days is None else pytest.approx(days))


def test_dso_of_a_ledger(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | document_type
    OLD        | 2024-01-10 | 2024-02-09 | 20.00  | invoice
    A          | 2024-02-10 | 2024-03-11 | 60.00  | invoice
    B          | 2024-03-05 | 2024-04-04 | 40.00  | invoice
    PAID       | 2024-03-02 | 2024-03-12 | 30.00  | invoice
    NOTE       | 2024-03-06 | 2024-03-06 | 10.00  | credit_note
    LATER      | 2024-04-01 | 2024-05-01 | 99.00  | invoice

    allocations:
    invoice_id | source_id | amount | allocated_on
    PAID       | P1        | 30.00  | 2024-03-22
    """
    (row,) = dso_report(ledger, date(2024, 3, 31), days=31).rows
    assert (row.receivables, row.not_due, row.sales) == (12_000, 4_000, 6_000)
    assert row.dso == pytest.approx(120 / 60 * 31)
    assert row.best_possible_dso == pytest.approx(40 / 60 * 31)
    assert row.average_days_delinquent == pytest.approx(80 / 60 * 31)
    assert row.countback_dso == pytest.approx(31 + 60 / 60 * 29)
    assert row.weighted_terms == pytest.approx((40 * 30 + 30 * 10) / 70)
    assert row.weighted_days_to_pay == 20
    assert row.avg_days_late == 10


def test_the_period_begins_after_its_first_day_and_ends_with_the_last(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    BEFORE     | 2024-03-01 | 2024-03-31 | 1.00
    FIRST      | 2024-03-02 | 2024-03-31 | 2.00
    LAST       | 2024-03-31 | 2024-03-31 | 4.00
    """
    (row,) = dso_report(ledger, date(2024, 3, 31), days=30).rows
    assert row.sales == 600


def test_aging_of_a_ledger(ledger):
    """
    invoices:
    invoice_id | customer_id | issue_date | due_date   | amount  | currency
    A          | C1          | 2024-01-01 | 2024-03-31 | 100.00  | USD
    B          | C1          | 2024-01-01 | 2024-03-30 | 60.00   | USD
    C          | C2          | 2024-01-01 | 2023-12-01 | 40.00   | USD
    D          | C2          | 2024-01-01 | 2024-02-29 | 7.000   | KWD

    payments:
    payment_id | customer_id | value_date | amount
    P1         | C2          | 2024-03-01 | 15.00

    allocations:
    invoice_id | source_id | amount | allocated_on
    C          | P1        | 10.00  | 2024-03-01
    """
    said = aging_report(ledger, date(2024, 3, 31)).to_json()
    dinar, dollar = said["groups"]
    assert [bucket["open_amount"] for bucket in dollar["buckets"]] == ["100.00", "60.00", "0.00", "0.00", "30.00"]
    assert (dollar["open_amount"], dollar["unapplied_amount"], dollar["items"]) == ("190.00", "5.00", 3)
    assert dollar["overdue_share"] == pytest.approx(90 / 190, abs=1e-6)
    assert sum(bucket["share"] for bucket in dollar["buckets"]) == pytest.approx(1, abs=1e-5)
    assert dinar["buckets"][2] == {"bucket": "31-60", "items": 1, "open_amount": "7.000", "share": 1.0}
    assert [row["customer_id"] for row in said["customers"] if row["currency"] == "USD"] == ["C1", "C2"]


def test_a_due_date_that_rolls_off_a_weekend_is_not_aged_over_it(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-03-30 | 100.00
    """
    monday = date(2024, 4, 1)
    rolled = aging_report(ledger, monday, rolls={"1": lambda _: monday})
    assert rolled.groups[0].overdue_amount == 0
    assert aging_report(ledger, monday).groups[0].overdue_amount == 10_000


def test_a_customer_with_cash_alone_stands_in_the_report(ledger):
    """
    payments:
    payment_id | value_date | amount
    P1         | 2024-03-01 | 15.00
    """
    (group,) = aging_report(ledger, date(2024, 3, 31)).groups
    assert (group.open_amount, group.unapplied_amount, group.overdue_share) == (0, 1_500, 0.0)


def test_before_the_first_document_the_reports_are_empty(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-03-30 | 100.00
    """
    assert aging_report(ledger, date(2023, 1, 1)).groups == ()
    assert dso_report(ledger, date(2023, 1, 1)).rows == ()


def test_each_legal_entity_ages_by_its_own_holidays(ledger):
    """
    invoices:
    company_id | invoice_id | issue_date | due_date   | amount
    1          | A          | 2019-06-01 | 2019-07-04 | 100.00
    2          | B          | 2019-06-01 | 2019-07-04 | 100.00
    """
    rolls = rolls_of(load_policy("grace_days: 0"), {"1": "CA", "2": "US"})
    groups = aging_report(ledger, date(2019, 7, 5), rolls=rolls).groups
    assert [(group.company_id, group.overdue_amount) for group in groups] == [("1", 10_000), ("2", 0)]
    rows = dso_report(ledger, date(2019, 7, 5), rolls=rolls).rows
    assert [(row.company_id, row.not_due) for row in rows] == [("1", 0), ("2", 10_000)]


def test_a_credit_note_that_is_used_stays_off_the_sales_and_one_that_is_withdrawn_does_not(ledger):
    """
    invoices:
    company_id | invoice_id | issue_date | due_date   | amount  | document_type | status    | known_on
    1          | A          | 2024-06-01 | 2024-07-01 | 1000.00 | invoice       | active    | 2024-06-01
    1          | N          | 2024-06-05 | 2024-06-05 | 400.00  | credit_note   | active    | 2024-06-05
    1          | N          | 2024-06-05 | 2024-06-05 | 400.00  | credit_note   | used      | 2024-06-20
    2          | A          | 2024-06-01 | 2024-07-01 | 1000.00 | invoice       | active    | 2024-06-01
    2          | N          | 2024-06-05 | 2024-06-05 | 400.00  | credit_note   | active    | 2024-06-05
    2          | N          | 2024-06-05 | 2024-06-05 | 400.00  | credit_note   | cancelled | 2024-06-20
    """
    for day in (date(2024, 6, 10), date(2024, 6, 30)):
        taken, withdrawn = dso_report(ledger, day, days=30).rows
        assert taken.sales == 60_000
        assert withdrawn.sales == (60_000 if day.day == 10 else 100_000)
