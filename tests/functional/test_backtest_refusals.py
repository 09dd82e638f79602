"""`riskpay backtest` where the test items cannot be told apart: one message, code 3, nothing written."""

import csv
import json
from datetime import date, timedelta

import pytest

from riskpay.cli import main

HEADER = [
    "countryCode",
    "customerID",
    "PaperlessDate",
    "invoiceNumber",
    "InvoiceDate",
    "DueDate",
    "InvoiceAmount",
    "Disputed",
    "SettledDate",
    "PaperlessBill",
    "DaysToSettle",
    "DaysLate",
]
CUTOFF = date(2012, 10, 1)


def row(number, days_late):
    issued = date(2012, 1, 2) + timedelta(days=number)
    due = issued + timedelta(days=30)
    paid = due + timedelta(days=days_late)
    days = (f"{day:%-m/%-d/%Y}" for day in (date(2012, 1, 1), issued, due, paid))
    told, issued_on, due_on, paid_on = days
    customer = f"{number % 7:04d}-CUST"
    settled_after = 30 + days_late
    return (
        391,
        customer,
        told,
        number + 1,
        issued_on,
        due_on,
        "100.00",
        "No",
        paid_on,
        "Paper",
        settled_after,
        max(days_late, 0),
    )


@pytest.fixture
def home_of(tmp_path):
    """A home with a year of invoices, one a day; ``days_late(number, issued)`` says how each was paid."""

    def make(days_late):
        home, export = tmp_path / "home", tmp_path / "year.csv"
        with export.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for number in range(400):
                issued = date(2012, 1, 2) + timedelta(days=number)
                writer.writerow(row(number, days_late(number, issued)))
        assert main.main(["--home", str(home), "ingest", str(export), "--format", "ibm-ar"]) == 0
        return home

    return make


@pytest.mark.parametrize(("after", "what"), [(-2, "on time"), (9, "late")])
def test_a_cutoff_that_leaves_one_outcome_only_is_refused(home_of, capsys, after, what):
    home = home_of(lambda number, issued: after if issued >= CUTOFF else 5 * (number % 3) - 4)
    before = {path: path.read_bytes() for path in home.rglob("*.parquet")}
    capsys.readouterr()

    code = main.main(["--home", str(home), "backtest", "--cutoff", CUTOFF.isoformat(), "--json"])

    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert (code, error["kind"]) == (3, "TooFewLabelsError")
    assert f"items issued from {CUTOFF} to" in error["message"]
    assert f"were paid {what}" in error["message"]
    assert "choose a cutoff" in said.out
    assert {path: path.read_bytes() for path in home.rglob("*.parquet")} == before
    assert not list(home.rglob("mlruns"))


def test_a_history_without_a_late_payment_is_refused_before_training(home_of, capsys):
    home = home_of(lambda _number, _issued: -1)
    capsys.readouterr()

    code = main.main(["--home", str(home), "backtest", "--cutoff", CUTOFF.isoformat(), "--json"])

    error = json.loads(capsys.readouterr().out)["error"]
    assert (code, error["kind"]) == (3, "TooFewLabelsError")
    assert "was paid on time" in error["message"]
