"""Disputes, promises, blocks and contacts that a folder brings: changed without a day of change, kept whole or not at all."""

from datetime import date
from pathlib import Path

import pytest

from riskpay.errors import DataError
from riskpay.store.database import Store
from riskpay.store.events import Events
from riskpay.store.ledger_files import LedgerFiles
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


@pytest.mark.parametrize("rate", ["inf", "-inf", "1e999"])
def test_a_rate_that_is_not_finite_is_a_rejected_row(load, tmp_path, rate):
    rates = f"currency,quote_currency,rate_date,rate\nEUR,USD,2024-05-01,{rate}\nGBP,USD,2024-05-01,1.25\n"
    result = load(MONDAY, fx_rates=rates)
    assert result.rejected.rows == 1
    assert "rate is not finite" in result.rejects_file.read_text()
    assert LedgerFiles(tmp_path / "home").current().fx_rates["rate"].to_list() == [1.25]


def files_of(home):
    return sorted(str(f.relative_to(home)) for f in home.rglob("*") if f.is_file())


def test_a_refused_ledger_keeps_no_events(load, tmp_path, monkeypatch):
    def broken(*_args, **_named):
        raise DataError("the result breaks a contract")

    monkeypatch.setattr("riskpay.store.ledger_files.data_version", broken)
    with pytest.raises(DataError, match="breaks a contract"):
        load(MONDAY, disputes=OPENED["disputes"])
    assert files_of(tmp_path / "home") == ["ledger/.lock"]


def test_a_store_that_fails_leaves_the_ledger_as_it_was(load, tmp_path, monkeypatch):
    before = load(MONDAY).load.data_version
    there = files_of(tmp_path / "home" / "ledger")

    def locked(*_args):
        raise OSError("database is locked")

    monkeypatch.setattr(Events, "load", locked)
    with pytest.raises(OSError, match="locked"):
        load(TUESDAY, customers="customer_id,name\nc1,One\nc2,Two\n", disputes=OPENED["disputes"])
    assert LedgerFiles(tmp_path / "home").current_version() == before
    assert files_of(tmp_path / "home" / "ledger") == there


def test_stopped_between_events_and_ledger_nothing_is_lost_and_the_same_load_mends_it(load, tmp_path, monkeypatch):
    before = load(MONDAY).load.data_version
    tables = {"customers": "customer_id,name\nc1,One\nc2,Two\n", "disputes": OPENED["disputes"]}

    def stopped(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            load(TUESDAY, **tables)
    assert LedgerFiles(tmp_path / "home").current_version() == before
    assert kept(tmp_path, "disputes").height == 1
    load(TUESDAY, **tables)
    assert LedgerFiles(tmp_path / "home").current().customers["customer_id"].to_list() == ["c1", "c2"]
    assert kept(tmp_path, "disputes").height == 1
    assert not [name for name in files_of(tmp_path / "home" / "ledger") if "writing" in name]
