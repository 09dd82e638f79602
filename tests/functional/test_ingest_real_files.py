"""The two shared files, read whole: sums to the cent, repeats named, customers as one person counts them."""

import csv
import os
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from riskpay.ledger.open_items import items
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.ingest import ingest

SHARED = Path(os.environ.get("RISKPAY_SHARED", Path(__file__).parents[2].parent / "shared"))
SAMPLE_B = SHARED / "data" / "highradius_sample_b.csv"
IBM = SHARED / "data" / "ibm_accounts_receivable.csv"
DAY = date(2020, 4, 1)

pytestmark = pytest.mark.real


def added(parts):
    """Sum of amounts by currency over several tallies, as decimals."""
    total = Counter()
    for part in parts:
        total.update({code: Decimal(text) for code, text in part["amount"].items()})
    return total


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return home, ingest(home, SAMPLE_B, "highradius", DAY).to_json()


def test_rows_and_money_add_up_against_a_plain_reading_of_the_file(loaded):
    _, result = loaded
    plain = Counter()
    with SAMPLE_B.open(newline="") as opened:
        for row in csv.DictReader(opened):
            plain[row["invoice_currency"]] += Decimal(row["total_open_amount"])
    parts = [result[name] for name in ("accepted", "rejected", "duplicates")]
    assert [part["rows"] for part in (result["read"], *parts)] == [34_989, 34_217, 7, 765]
    assert added([result["read"]]) == plain
    assert added(parts) == plain


def test_customers_companies_and_documents(loaded):
    home, result = loaded
    ledger = LedgerFiles(home).current().validated()
    assert result["customers"] == ledger.customers["customer_id"].n_unique() == 976
    assert ledger.companies.select("company_id", "currency", "country").sort("company_id").rows() == [
        ("CA02", "CAD", "CA"),
        ("U001", "USD", "US"),
    ]
    assert ledger.invoices["invoice_id"].n_unique() == ledger.invoices.height == 34_217
    assert not ledger.invoices["invoice_id"].str.ends_with(".0").any()


def test_no_invoice_that_merely_resembles_another_is_lost(loaded):
    home, _ = loaded
    plain = pl.read_csv(SAMPLE_B, infer_schema=False)
    numbers = {text.removesuffix(".0") for text in plain["invoice_id"]}
    ledger = LedgerFiles(home).current()
    rejected = pl.read_csv(next((home / "rejects").glob("*.csv")))
    assert numbers - set(ledger.invoices["invoice_id"]) == {
        plain["invoice_id"][line - 2].removesuffix(".0") for line in rejected["line"]
    }
    assert rejected["reason"].unique().to_list() == ["payment before issue by more than 3 days"]


def test_everything_is_paid_by_cash_and_known_two_days_later(loaded):
    home, _ = loaded
    ledger = LedgerFiles(home).current()
    lag = (ledger.payments["known_on"] - ledger.payments["value_date"]).dt.total_days()
    assert lag.unique().to_list() == [2]
    now = items(ledger, DAY)
    assert now["settled_by"].unique().to_list() == ["cash"]
    assert round((now["days_late"] > 0).mean(), 3) == pytest.approx(0.42, abs=0.01)


def test_loading_the_same_file_twice_changes_nothing(loaded):
    home, result = loaded
    again = ingest(home, SAMPLE_B, "highradius", date(2020, 4, 2)).to_json()
    assert (again["added"], again["changed"], again["vanished"]) == (0, 0, 0)
    assert again["data_version"] == result["data_version"]


def test_ibm_is_read_whole(tmp_path):
    result = ingest(tmp_path, IBM, "ibm-ar", DAY).to_json()
    with IBM.open(newline="") as opened:
        plain = sum(Decimal(row["InvoiceAmount"]) for row in csv.DictReader(opened))
    assert result["read"] == result["accepted"] == {"rows": 2466, "amount": {"USD": str(plain)}}
    assert (result["customers"], result["rejects_file"]) == (100, None)
    ledger = LedgerFiles(tmp_path).current().validated()
    terms = (ledger.invoices["due_date"] - ledger.invoices["issue_date"]).dt.total_days()
    assert terms.unique().to_list() == [30]
    assert not list(tmp_path.glob("store.db"))
