"""Habits by bank days, of items whose settlement or due date did not stay as it was."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.dates import holidays_between, is_business_day, next_business_day
from riskpay.features.bank_days import SINCE, UNTIL, due_marks, with_month_end
from riskpay.features.histories import features

RETURNED = """
companies:
company_id|name|currency|country|time_zone
1|One|USD|US|America/New_York
invoices:
invoice_id|issue_date|due_date|amount|known_on
A|2024-05-01|2024-06-01|10|2024-05-01
B|2024-05-01|2024-06-01|10|2024-05-01
B|2024-05-01|2024-06-04|10|2024-06-20
C|2024-05-01|2024-06-01|10|2024-05-01
payments:
payment_id|value_date|amount
P1|2024-05-31|10
P2|2024-06-03|10
allocations:
allocation_id|source_id|invoice_id|amount|allocated_on
1|P1|A|10|2024-05-31
2|P2|B|10|2024-06-03
payment_reversals:
payment_id|reversed_on
P1|2024-06-10
"""
"""A is paid on the last business day of May and the money comes back; B is paid on the Monday after a Saturday,
and later re-dated to a Tuesday."""


@pytest.mark.parametrize(
    ("as_of", "month_end", "same_roll_late"),
    [("2024-06-01", 1.0, 0.0), ("2024-06-05", 0.5, 0.5), ("2024-06-12", 0.0, 1.0), ("2024-06-21", 0.0, 0.0)],
)
def test_what_is_taken_back_leaves_the_bank_days_too(make_ledger, as_of, month_end, same_roll_late):
    ledger = make_ledger(RETURNED)
    asked = pl.DataFrame(
        [("1", "C", 1, date.fromisoformat(as_of))],
        schema=["company_id", "invoice_id", "instalment", "as_of"],
        orient="row",
    )
    row = features(ledger, asked.cast({"instalment": pl.Int32}), "end").row(0, named=True)
    assert row["pay_share_month_end"] == month_end
    # One customer alone: what it is shrunk to is its own share, of all items.
    count = {"2024-06-05": 2, "2024-06-21": 0}.get(as_of, 1)
    late = row["late_share"]
    assert row["late_share_roll"] == pytest.approx((same_roll_late * count + 5 * late) / (count + 5))
    assert row["late_share_effective"] == pytest.approx(0.0)


CHRISTMAS = date(2024, 12, 25)


def marks(days, country):
    return due_marks(pl.DataFrame({"country": [country] * len(days), "due_date": days})).to_dicts()


def test_the_nearest_holiday_is_signed_and_of_two_the_one_after_counts():
    near = {
        CHRISTMAS: 0,
        date(2024, 12, 21): 4,
        date(2024, 12, 28): -3,
        date(2024, 12, 27): -2,
        date(2024, 8, 2): -29,
        date(2024, 8, 4): 29,
        date(2024, 8, 3): 30,  # thirty days after Independence Day and before Labor Day
        date(2024, 3, 22): 31,
    }
    assert [row["due_days_to_holiday"] for row in marks(list(near), "US")] == list(near.values())


@given(
    st.lists(st.dates(date(1970, 1, 1), date(2099, 12, 31)), min_size=1, max_size=4, unique=True),
    st.sampled_from(["US", "DE", "ZZ", None]),
)
def test_marks_are_as_counted_day_by_day(days, country):
    place = country or ""
    for row in marks(days, country):
        due = row["due_date"]
        assert row["due_roll"] == (next_business_day(due, place) - due).days
        ends = [day for day in around(due, 45) if is_last(day, place)]
        assert row["since_month_end"] == min([(due - day).days for day in ends if day <= due] + [31])
        assert row["until_month_end"] == min([(day - due).days for day in ends if day > due] + [31])
        for weekday, (since, until) in enumerate(zip(SINCE[:-1], UNTIL[:-1], strict=True)):
            open_days = [day for day in around(due, 8) if day.weekday() == weekday and is_business_day(day, place)]
            assert row[since] == min([(due - day).days for day in open_days if day <= due] + [8])
            assert row[until] == min([(day - due).days for day in open_days if day > due] + [8])
        near = [(day - due).days for day in holidays_between(due - timedelta(30), due + timedelta(30), place)]
        assert row["due_days_to_holiday"] == min(near, key=lambda n: (abs(n), -n), default=31)
    settled = pl.DataFrame({"country": [country] * len(days), "settled_on": days})
    assert with_month_end(settled)["settled_month_end"].to_list() == [is_last(day, place) for day in days]


def around(day, reach):
    return [day + timedelta(days=n) for n in range(-reach, reach + 1)]


def is_last(day, country):
    return is_business_day(day, country) and next_business_day(day + timedelta(days=1), country).month != day.month
