"""When an item is settled, and by what: each test's docstring is its ledger."""

import inspect
from datetime import date

import pytest

from riskpay.ledger.open_items import exposure, items, open_items, unapplied


@pytest.fixture
def ledger(request, make_ledger):
    return make_ledger(inspect.getdoc(request.function))


def state(ledger, day, cut="end", tolerance=0):
    """(open amount, settled on, settled by) of the only item known on a day."""
    row = items(ledger, date.fromisoformat(day), cut, tolerance).row(0, named=True)
    return row["open_amount"], str(row["settled_on"] or ""), row["settled_by"]


def test_a_partial_payment_is_not_paid(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00

    allocations:
    invoice_id | source_id | amount | allocated_on
    A          | P1        | 60.00  | 2024-01-20
    """
    assert state(ledger, "2024-01-19") == (10_000, "", None)
    assert state(ledger, "2024-01-20") == (4_000, "", None)


def test_cash_settles_on_its_value_date_and_is_known_with_its_lag(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00

    allocations:
    invoice_id | source_id | amount | allocated_on | known_on
    A          | P1        | 100.00 | 2024-02-05   | 2024-02-07
    """
    assert state(ledger, "2024-02-06") == (10_000, "", None)
    assert state(ledger, "2024-02-07", cut="start") == (10_000, "", None)
    assert state(ledger, "2024-02-07") == (0, "2024-02-05", "cash")
    assert items(ledger, date(2024, 3, 1))["days_late"].to_list() == [5]


def test_two_payments_settle_on_the_later_value_date_whatever_is_known_first(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00

    allocations:
    invoice_id | source_id | amount | allocated_on | known_on
    A          | P1        | 60.00  | 2024-02-10   | 2024-02-10
    A          | P2        | 40.00  | 2024-02-03   | 2024-02-12
    """
    assert state(ledger, "2024-02-12") == (0, "2024-02-10", "cash")


def test_a_remainder_within_the_tolerance_is_settled(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00

    allocations:
    invoice_id | source_id | amount | allocated_on
    A          | P1        | 99.50  | 2024-02-01
    """
    assert state(ledger, "2024-02-01", tolerance=50) == (50, "2024-02-01", "cash")
    assert state(ledger, "2024-02-01", tolerance=49) == (50, "", None)


def test_a_credit_note_settles_without_payment(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | document_type
    A          | 2024-01-01 | 2024-01-31 | 100.00 | invoice
    N          | 2024-01-10 | 2024-01-10 | 100.00 | credit_note

    allocations:
    invoice_id | source_type | source_id | amount | allocated_on
    A          | credit_note | N         | 100.00 | 2024-01-15
    """
    assert state(ledger, "2024-01-15") == (0, "2024-01-15", "credit")


def test_a_write_off_settles_without_payment(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00

    write_offs:
    invoice_id | amount | written_off_on
    A          | 100.00 | 2024-12-31
    """
    assert state(ledger, "2024-12-31") == (0, "2024-12-31", "write_off")


def test_cash_and_a_credit_note_together_are_mixed(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | document_type
    A          | 2024-01-01 | 2024-01-31 | 100.00 | invoice
    N          | 2024-01-10 | 2024-01-10 | 30.00  | credit_note

    allocations:
    invoice_id | source_type | source_id | amount | allocated_on
    A          | credit_note | N         | 30.00  | 2024-01-15
    A          | payment     | P1        | 70.00  | 2024-02-02
    """
    assert state(ledger, "2024-02-02") == (0, "2024-02-02", "mixed")


def test_a_returned_payment_reopens_the_item_from_the_day_the_return_is_known(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00

    payments:
    payment_id | value_date | amount
    P1         | 2024-01-30 | 100.00
    P2         | 2024-02-20 | 100.00

    allocations:
    invoice_id | source_id | amount | allocated_on
    A          | P1        | 100.00 | 2024-01-30
    A          | P2        | 100.00 | 2024-02-20

    payment_reversals:
    payment_id | reversed_on | known_on
    P1         | 2024-02-03  | 2024-02-05
    """
    assert state(ledger, "2024-02-04") == (0, "2024-01-30", "cash")
    assert state(ledger, "2024-02-05") == (10_000, "", None)
    assert state(ledger, "2024-02-20") == (0, "2024-02-20", "cash")


def test_the_day_of_a_returned_payment_never_dates_a_later_settlement(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00

    payments:
    payment_id | value_date | amount
    P1         | 2024-02-10 | 100.00
    P2         | 2024-02-08 | 100.00

    allocations:
    invoice_id | source_id | amount | allocated_on | known_on
    A          | P1        | 100.00 | 2024-02-10   | 2024-02-10
    A          | P2        | 100.00 | 2024-02-08   | 2024-02-20

    payment_reversals:
    payment_id | reversed_on | known_on
    P1         | 2024-02-12  | 2024-02-12
    """
    assert state(ledger, "2024-02-20") == (0, "2024-02-08", "cash")


def test_a_cancelled_credit_note_gives_back_what_it_took(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | document_type | status    | known_on
    A          | 2024-01-01 | 2024-01-31 | 100.00 | invoice       | active    | 2024-01-01
    N          | 2024-01-10 | 2024-01-10 | 100.00 | credit_note   | active    | 2024-01-10
    N          | 2024-01-10 | 2024-01-10 | 100.00 | credit_note   | cancelled | 2024-02-01

    allocations:
    invoice_id | source_type | source_id | amount | allocated_on
    A          | credit_note | N         | 100.00 | 2024-01-15
    """
    assert state(ledger, "2024-01-31") == (0, "2024-01-15", "credit")
    assert state(ledger, "2024-02-01") == (10_000, "", None)


def test_a_cancelled_invoice_is_settled_by_credit_on_the_day_that_is_known(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | status    | known_on
    A          | 2024-01-01 | 2024-01-31 | 100.00 | active    | 2024-01-01
    A          | 2024-01-01 | 2024-01-31 | 100.00 | cancelled | 2024-01-09
    """
    assert state(ledger, "2024-01-08") == (10_000, "", None)
    assert state(ledger, "2024-01-09") == (0, "2024-01-09", "credit")


def test_a_cancelled_invoice_that_comes_back_is_open_again(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | status    | known_on
    A          | 2024-01-01 | 2024-01-31 | 100.00 | active    | 2024-01-01
    A          | 2024-01-01 | 2024-01-31 | 100.00 | cancelled | 2024-01-09
    A          | 2024-01-01 | 2024-02-29 | 120.00 | active    | 2024-01-11
    """
    assert state(ledger, "2024-01-11") == (12_000, "", None)
    assert open_items(ledger, date(2024, 1, 11))["due_date"].to_list() == [date(2024, 2, 29)]


def test_an_amount_lowered_to_what_was_paid_settles_on_the_day_of_the_change(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | known_on
    A          | 2024-01-01 | 2024-01-31 | 100.00 | 2024-01-01
    A          | 2024-01-01 | 2024-01-31 | 60.00  | 2024-03-01

    allocations:
    invoice_id | source_id | amount | allocated_on
    A          | P1        | 60.00  | 2024-01-20
    """
    assert state(ledger, "2024-02-29") == (4_000, "", None)
    assert state(ledger, "2024-03-01") == (0, "2024-03-01", "mixed")


def test_an_amount_raised_after_payment_opens_the_item_again(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount | known_on
    A          | 2024-01-01 | 2024-01-31 | 100.00 | 2024-01-01
    A          | 2024-01-01 | 2024-01-31 | 110.00 | 2024-03-01

    allocations:
    invoice_id | source_id | amount | allocated_on
    A          | P1        | 100.00 | 2024-01-20
    """
    assert state(ledger, "2024-02-29") == (0, "2024-01-20", "cash")
    assert state(ledger, "2024-03-01") == (1_000, "", None)


def test_a_payment_known_before_its_invoice_counts_from_the_invoice_on(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-10 | 2024-01-31 | 100.00

    payments:
    payment_id | value_date | amount
    P1         | 2024-01-05 | 100.00

    allocations:
    invoice_id | source_id | amount | allocated_on
    A          | P1        | 100.00 | 2024-01-05
    """
    early = date(2024, 1, 7)
    assert items(ledger, early).is_empty()
    assert unapplied(ledger, early)["unapplied_amount"].to_list() == [10_000]
    assert exposure(ledger, early)["exposure"].to_list() == [-10_000]
    assert state(ledger, "2024-01-10") == (0, "2024-01-05", "cash")
    assert exposure(ledger, date(2024, 1, 10)).select("open_amount", "exposure").rows() in ([], [(0, 0)])


def test_instalments_are_settled_apart(ledger):
    """
    invoices:
    invoice_id | instalment | issue_date | due_date   | amount
    A          | 1          | 2024-01-01 | 2024-01-31 | 50.00
    A          | 2          | 2024-01-01 | 2024-02-29 | 50.00

    allocations:
    invoice_id | instalment | source_id | amount | allocated_on
    A          | 1          | P1        | 50.00  | 2024-01-31
    """
    left = open_items(ledger, date(2024, 3, 10))
    assert left.select("instalment", "open_amount", "days_past_due").rows() == [(2, 5_000, 10)]


def test_the_due_day_itself_is_not_past_due(ledger):
    """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 100.00
    """
    days = {d: open_items(ledger, date.fromisoformat(d))["days_past_due"].item() for d in ("2024-01-31", "2024-02-01")}
    assert days == {"2024-01-31": 0, "2024-02-01": 1}
