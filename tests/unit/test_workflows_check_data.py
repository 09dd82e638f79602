"""Whether data comes: ages, weeks, rejected rows and strangers, on ledgers written down by hand."""

from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.decisions.policy import Policy
from riskpay.ledger.ledger import Ledger
from riskpay.store.load_log import LastLoad, read_last_load, write_last_load
from riskpay.workflows.check_data import check_data

RULES = Policy().monitor
DAY = date(2024, 12, 29)


def ledger(a_week, customers=True):
    """A ledger of so many invoices in each week, the last week first, paid on their day."""
    days = [DAY - timedelta(days=7 * week) for week, number in enumerate(a_week) for _ in range(number)]
    n = len(days)
    invoices = {"company_id": ["1"] * n, "invoice_id": [f"I{k:05}" for k in range(n)], "instalment": [1] * n}
    dated = {"known_on": days, "issue_date": days, "due_date": days}
    money = {"amount": [100] * n, "currency": ["USD"] * n}
    state = {"customer_id": ["C1"] * n, "document_type": ["invoice"] * n, "status": ["active"] * n}
    paid = {"company_id": ["1"] * n, "payment_id": [f"P{k:05}" for k in range(n)], "customer_id": ["C1"] * n}
    known = {
        "company_id": "1",
        "customer_id": "C1" if customers else "C2",
        "debtor_type": "company",
        "payment_method": "transfer",
        "account_status": "active",
        "strategic": False,
        "opening_dunning_level": 0,
    }
    return Ledger.of(
        {
            "invoices": pl.DataFrame(invoices | dated | money | state),
            "payments": pl.DataFrame(paid | money | {"value_date": days, "known_on": days}),
            "customers": pl.DataFrame([known]),
        }
    )


def checks(a_week, seen_from=DAY, load=None, **more):
    found = check_data(ledger(a_week, **more), DAY, seen_from, load, RULES)
    return {check.name: check for check in found.checks}


def test_a_steady_ledger_is_in_order():
    found = checks([40] * 30)
    assert {check.status for name, check in found.items() if name != "data.rejected"} == {"ok"}
    assert found["data.invoices"].value == pytest.approx(1)


@pytest.mark.parametrize(("days", "status"), [(0, "ok"), (3, "ok"), (4, "warn"), (7, "warn"), (8, "alarm")])
def test_the_age_of_the_newest_fact(days, status):
    check = checks([40] * 30, DAY + timedelta(days=days))["data.facts"]
    assert (check.status, check.value) == (status, days)


@pytest.mark.parametrize(
    ("now", "status", "factor"), [(40, "ok", 1.0), (26, "warn", 40 / 26), (10, "alarm", 4), (130, "alarm", 3.25)]
)
def test_too_little_and_too_much_a_week(now, status, factor):
    check = checks([now] * 4 + [40] * 26)["data.invoices"]
    assert (check.status, check.value) == (status, pytest.approx(factor))


def test_nothing_in_four_weeks_is_an_alarm():
    assert checks([0] * 4 + [40] * 26)["data.payments"].status == "alarm"


def test_weeks_that_differ_by_themselves_are_no_news():
    noisy = [10, 90] * 13
    assert checks([24] * 4 + noisy)["data.invoices"].status == "ok"


def test_a_young_ledger_gives_no_verdict_on_its_weeks():
    assert checks([40] * 8)["data.invoices"].status == "not_enough"


def test_the_series_is_whole_weeks_oldest_first():
    weeks = check_data(ledger([7, *[40] * 29]), DAY, DAY, None, RULES).weeks
    assert [week["invoices"] for week in weeks[-2:]] == [40, 7]
    assert weeks[-1]["from"] == (DAY - timedelta(days=6)).isoformat()


@pytest.mark.parametrize(("rejected", "status"), [(0, "ok"), (3, "warn"), (10, "alarm")])
def test_the_share_that_the_last_load_rejected(home, rejected, status):
    (home / "ledger").mkdir(parents=True)
    write_last_load(home, LastLoad(DAY, "canonical", 100, 100 - rejected, rejected, 0))
    check = checks([40] * 30, load=read_last_load(home))["data.rejected"]
    assert (check.status, check.value) == (status, rejected / 100)


def test_a_load_of_a_later_day_says_nothing_of_this_one(home):
    load = LastLoad(DAY + timedelta(days=1), "canonical", 100, 0, 100, 0)
    assert checks([40] * 30, load=load)["data.rejected"].status == "not_enough"
    assert read_last_load(home) is None
    (home / "ledger").mkdir(parents=True)
    (home / "ledger" / "LAST_LOAD.json").write_text("[]")
    assert read_last_load(home) is None


def test_invoices_of_strangers_warn():
    check = checks([40] * 30, customers=False)["data.unknown_customers"]
    assert (check.status, check.value) == ("warn", 1)
    assert "customers table" in check.to_json()["next"]


def test_an_empty_ledger_gives_no_verdict():
    found = check_data(Ledger.of({}), DAY, DAY, None, RULES)
    assert {check.status for check in found.checks} == {"not_enough"}
    assert found.weeks == []
