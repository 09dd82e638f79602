"""Habits by bank days, of items whose settlement or due date did not stay as it was."""

from datetime import date

import polars as pl
import pytest

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
