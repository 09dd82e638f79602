"""Disputes, promises, blocks and contacts that a folder brings day by day, without a column that dates the change."""

from datetime import date

import pytest

from riskpay.store.database import Store
from riskpay.workflows.ingest import ingest

MONDAY, TUESDAY, WEDNESDAY = (date(2024, 6, day) for day in (3, 4, 5))
BASE = {
    "companies": "company_id,name,currency,country,time_zone\n1,We,USD,US,America/New_York\n",
    "customers": "customer_id,name\nc1,One\n",
    "invoices": "invoice_id,customer_id,issue_date,due_date,amount,currency\nA,c1,2024-05-01,2024-05-31,10000,USD\n",
}
OPENED = {
    "disputes": "dispute_id,customer_id,invoice_id,opened_on,status\nD1,c1,A,2024-06-01,open\n",
    "promises": "promise_id,customer_id,promised_on,promised_for,status\nP1,c1,2024-06-01,2024-06-10,open\n",
    "blocks": "block_id,customer_id,reason,blocked_on,until,status\nB1,c1,audit,2024-06-01,2024-07-01,active\n",
    "contacts": "contact_id,customer_id,channel,direction,contacted_at,outcome\nT1,c1,phone,out,2024-06-01,reached\n",
}
CLOSED = {"disputes": ("open", "resolved"), "promises": ("open", "kept"), "blocks": ("active", "lifted")}


@pytest.fixture
def load(tmp_path):
    def run(day, **tables):
        for name, text in {**BASE, **tables}.items():
            (tmp_path / f"{name}.csv").write_text(text)
        return ingest(tmp_path / "home", tmp_path, "canonical", day)

    return run


def kept(tmp_path, name):
    with Store(tmp_path / "home" / "store.db") as store:
        return store.events.frames()[name]


@pytest.mark.parametrize("name", CLOSED)
def test_what_was_opened_on_monday_may_be_closed_on_tuesday(load, tmp_path, name):
    before, after = CLOSED[name]
    closed = OPENED[name].replace(f",{before}\n", f",{after}\n")
    load(MONDAY, **{name: OPENED[name]})
    load(TUESDAY, **{name: closed})
    load(WEDNESDAY, **{name: closed})
    assert kept(tmp_path, name).select("status", "known_on").rows() == [
        (before, date(2024, 6, 1)),
        (after, TUESDAY),
    ]


def test_a_contact_told_otherwise_is_rejected_and_the_rest_is_loaded(load, tmp_path):
    load(MONDAY, contacts=OPENED["contacts"])
    more = OPENED["contacts"].replace("reached", "refused") + "T2,c1,phone,out,2024-06-03,reached\n"
    result = load(TUESDAY, contacts=more)
    assert result.rejected.rows == 1
    assert "T1,this contact was loaded before with other content" in result.rejects_file.read_text()
    assert kept(tmp_path, "contacts").select("contact_id", "outcome").rows() == [("T1", "reached"), ("T2", "reached")]
    assert load(WEDNESDAY, contacts=OPENED["contacts"]).rejected.rows == 0
