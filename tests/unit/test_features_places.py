"""Whose bank holidays count: those of the customer's country where a dated row tells it, else the company's."""

from datetime import date

import polars as pl
import pytest

from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import answer, features, gather
from riskpay.features.leakage import check
from riskpay.features.reference import reference
from riskpay.ledger.tables import ITEM_KEY

LEDGER = """
    companies:
    company_id | name | currency | country | time_zone
    1          | One  | USD      | US      | America/New_York
    customers:
    customer_id | valid_from | country
    dated       | 2024-09-01 | DE
    moved       | 2024-01-01 | US
    moved       | 2024-09-02 | DE
    moved       | 2024-09-04 | US
    undated     |            | DE
    unsaid      | 2024-09-01 |
    today       | 2024-09-03 | DE
    invoices:
    invoice_id | customer_id | issue_date | due_date   | amount
    I1         | dated       | 2024-09-03 | 2024-10-03 | 100.00
    I2         | moved       | 2024-09-03 | 2024-10-03 | 100.00
    I3         | undated     | 2024-09-03 | 2024-10-03 | 100.00
    I4         | unsaid      | 2024-09-03 | 2024-10-03 | 100.00
    I5         | today       | 2024-09-03 | 2024-10-03 | 100.00
    I6         | nobody's    | 2024-09-03 | 2024-10-03 | 100.00
    I7         | today       | 2024-09-04 | 2024-10-03 | 100.00
"""
"""The third of October is a bank holiday in Germany and none in the United States."""


@pytest.fixture
def ledger(make_ledger):
    return make_ledger(LEDGER)


@pytest.fixture
def asked(ledger):
    return ledger.invoices.sort("invoice_id").select(*ITEM_KEY, as_of="issue_date")


@pytest.mark.parametrize("cut", ["start", "end"])
def test_the_last_dated_row_before_the_item_tells_the_country(ledger, asked, cut):
    expected = [1, 1, 0, 0, 0, 0, 1]
    assert features(ledger, asked, cut)["due_days_to_business_day"].to_list() == expected
    assert reference(ledger, asked, cut)["due_days_to_business_day"].to_list() == expected


@pytest.mark.parametrize("cut", ["start", "end"])
def test_a_customer_that_moves_later_moves_no_feature(ledger, asked, cut):
    assert check(features, ledger, asked, cut, seed=3).violations == ()


def test_an_item_that_no_ledger_has_is_told_the_same_way(ledger, asked):
    known = gather(ledger, FeatureSettings(), "end")
    new = ledger.invoices.with_columns(invoice_id=pl.concat_str(pl.lit("new "), "invoice_id"))
    days = new.select(*ITEM_KEY, as_of=pl.lit(date(2024, 9, 5)))
    told = answer(known.of_new(ledger.with_tables(invoices=new)), days)
    assert (
        told["due_days_to_business_day"].to_list()
        == features(ledger, asked, "end")["due_days_to_business_day"].to_list()
    )
