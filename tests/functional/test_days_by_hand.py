"""Days on small ledgers written by hand, ranked by points: what was known goes in as tables, what is done comes out."""

from datetime import date

import pytest

from riskpay.workflows.daily import DailyResult, daily
from riskpay.workflows.ingest import ingest
from riskpay.workflows.lists import cadence, worklist

DAY = date(2024, 7, 1)
COMPANIES = """
company_id,name,currency,country,time_zone
1,Us,USD,US,America/New_York
2,De,EUR,DE,Europe/Berlin
"""


class Play:
    """A home that loads tables (comma separated text, by name) and does days without a model."""

    def __init__(self, place):
        self.place = place
        self.home = place / "home"
        self.loads = 0

    def load(self, day=DAY, **tables: str) -> None:
        self.loads += 1
        folder = self.place / f"load_{self.loads}"
        folder.mkdir()
        for name, text in {"companies": COMPANIES, **tables}.items():
            (folder / f"{name}.csv").write_text(text.strip().replace("\n ", "\n") + "\n")
        ingest(self.home, folder, "canonical", day)

    def day(self, day=DAY) -> DailyResult:
        return daily(self.home, day, without_model=True)

    def entries(self, day=DAY) -> dict[str, dict]:
        return {entry["customer_id"]: entry for entry in worklist(self.home, day)["entries"]}

    def steps(self, customer: str, day=DAY) -> list[dict]:
        return cadence(self.home, customer, day)["steps"]


@pytest.fixture
def play(tmp_path):
    return Play(tmp_path)


CUSTOMERS = """
company_id,customer_id,name,debtor_type,country,email,phone
1,C1,Shop,company,US,a@b.example,1
"""
TWO_ITEMS = """
invoice_id,customer_id,issue_date,due_date,amount,currency
A,C1,2024-05-01,2024-06-10,5000,USD
B,C1,2024-06-20,2024-08-10,5000,USD
"""
CASH_TODAY = """
payment_id,customer_id,value_date,amount,currency
P1,C1,2024-07-01,1,USD
"""


@pytest.mark.parametrize("items", [1, 2])
def test_a_day_without_a_model_ranks_any_number_of_items_by_points(play, items):
    play.load(customers=CUSTOMERS, invoices="\n".join(TWO_ITEMS.strip().splitlines()[: items + 1]), payments=CASH_TODAY)
    done = play.day()
    assert (done.open_items, done.model_version) == (items, None)
    entry = play.entries()["C1"]
    assert (entry["strategy"], entry["p_late"]) == ("points", None)
    assert len(play.steps("C1")) == items


def test_hours_of_a_customer_without_a_country_are_those_of_its_own_legal_entity(play):
    """Eight to twenty-one o'clock in Berlin, in summer."""
    play.load(
        customers="company_id,customer_id,name\n2,k,K",
        invoices="company_id,invoice_id,customer_id,issue_date,due_date,amount,currency\n"
        "2,A,k,2024-05-01,2024-06-10,5000,EUR",
        payments="company_id,payment_id,customer_id,value_date,amount,currency\n2,P,k,2024-07-01,1,EUR",
    )
    play.day()
    assert play.entries()["k"]["call_hours"] == ["2024-07-01T06:00:00+00:00", "2024-07-01T19:00:00+00:00"]


def test_invoices_that_go_on_do_not_freshen_the_bank_data_of_a_silent_bank(play):
    """Each legal entity by its own bank: that of 1 is silent since May, that of 2 told of cash today."""
    play.load(
        customers="company_id,customer_id,name\n1,k,K\n2,m,M",
        invoices="company_id,invoice_id,customer_id,issue_date,due_date,amount,currency\n"
        "1,A,k,2024-05-01,2024-06-10,5000,USD\n1,B,k,2024-07-01,2024-08-10,5000,USD\n"
        "2,C,m,2024-05-01,2024-06-10,5000,EUR",
        payments="company_id,payment_id,customer_id,value_date,amount,currency\n"
        "1,P1,k,2024-05-01,1,USD\n2,P2,m,2024-07-01,1,EUR",
    )
    play.day()
    rule = "stale bank data: newest cash fact is of 2024-05-01, 61 days old"
    assert {(step["state"], step["rule"]) for step in play.steps("k")} == {("suppressed", rule)}
    assert {step["state"] for step in play.steps("m")} == {"planned"}
