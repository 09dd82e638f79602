"""`riskpay backtest` where the test items cannot be told apart: one message, code 3, nothing written."""

import csv
import json
from datetime import date, timedelta

import pytest

from riskpay.cli import main

CUTOFF = date(2012, 10, 1)


TERMS = 30


def row(number, issued, days_late):
    due = issued + timedelta(days=TERMS)
    paid = due + timedelta(days=days_late)
    told, issued_on, due_on, paid_on = (f"{day:%-m/%-d/%Y}" for day in (date(2012, 1, 1), issued, due, paid))
    return {
        "countryCode": 391,
        "customerID": f"{number % 7:04d}-CUST",
        "PaperlessDate": told,
        "invoiceNumber": number + 1,
        "InvoiceDate": issued_on,
        "DueDate": due_on,
        "InvoiceAmount": "100.00",
        "Disputed": "No",
        "SettledDate": paid_on,
        "PaperlessBill": "Paper",
        "DaysToSettle": TERMS + days_late,
        "DaysLate": max(days_late, 0),
    }


def files_of(home):
    """Content of every file of a home but the store: whoever reads a home's events makes one, empty."""
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != "store.db"}


@pytest.fixture
def home_of(tmp_path):
    """A home with a year of invoices, one a day; ``days_late(number, issued)`` says how each was paid."""

    def make(days_late):
        home, export = tmp_path / "home", tmp_path / "year.csv"
        days = [date(2012, 1, 2) + timedelta(days=number) for number in range(400)]
        rows = [row(number, issued, days_late(number, issued)) for number, issued in enumerate(days)]
        with export.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        assert main.main(["--home", str(home), "ingest", str(export), "--format", "ibm-ar"]) == 0
        return home

    return make


@pytest.mark.parametrize(("after", "what"), [(-2, "on time"), (9, "late")])
def test_a_cutoff_that_leaves_one_outcome_only_is_refused(home_of, capsys, after, what):
    home = home_of(lambda number, issued: after if issued >= CUTOFF else 5 * (number % 3) - 4)
    before = files_of(home)
    capsys.readouterr()

    code = main.main(["--home", str(home), "backtest", "--cutoff", CUTOFF.isoformat(), "--json"])

    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert (code, error["kind"]) == (3, "TooFewLabelsError")
    assert f"items issued from {CUTOFF} to" in error["message"]
    assert f"were paid {what}" in error["message"]
    assert "choose a cutoff" in said.out
    assert files_of(home) == before


def test_a_history_without_a_late_payment_is_refused_before_training(home_of, capsys):
    home = home_of(lambda _number, _issued: -1)
    capsys.readouterr()

    code = main.main(["--home", str(home), "backtest", "--cutoff", CUTOFF.isoformat(), "--json"])

    error = json.loads(capsys.readouterr().out)["error"]
    assert (code, error["kind"]) == (3, "TooFewLabelsError")
    assert "was paid on time" in error["message"]
