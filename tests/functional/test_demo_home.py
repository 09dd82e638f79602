"""The demo's home: made anew as often as one likes, and never at the price of somebody's data."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from riskpay.cli import main
from riskpay.errors import UsageError
from riskpay.ledger.tables import CONTACTS
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.database import Store
from riskpay.store.keys import FIRST_KEY
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows import demo
from riskpay.workflows.demo_home import MARK, begin, finish
from riskpay.workflows.ingest import ingest

CONTACT = {
    "company_id": "1",
    "contact_id": "mine",
    "customer_id": "C00001",
    "contacted_at": datetime(2024, 6, 1, 9, tzinfo=UTC),
    "channel": "phone",
    "direction": "out",
    "outcome": "reached",
    "known_on": date(2024, 6, 1),
}


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    place = tmp_path_factory.mktemp("export") / "ledger"
    write_world(synthesise(5, 3, seed=3), place)
    return place


@pytest.fixture
def played(home, export):
    """A home as the demo leaves it, without its model."""
    begin(home)
    ingest(home, export, "canonical", date(2024, 12, 31))
    (home / demo.PAGE).write_text("the day", encoding="utf-8")
    finish(home)
    return home


def contents(home):
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def add_ledger(home, tmp_path):
    write_world(synthesise(4, 2, seed=9), tmp_path / "own")
    ingest(home, tmp_path / "own", "canonical", date(2025, 1, 2))


def add_contact(home, _):
    frame = CONTACTS.conform(pl.DataFrame([CONTACT]))
    with Store(home / "store.db") as store:
        store.events.append("contacts", frame)


def add_key(home, _):
    with Store(home / "store.db") as store:
        store.keys.create("our ERP")


def add_policy(home, _):
    (home / "policy.yaml").write_text("grace_days: 3\n", encoding="utf-8")


ADDED = {
    "a ledger": (add_ledger, "another version of the ledger"),
    "a contact": (add_contact, "contacts"),
    "a key": (add_key, "keys"),
    "a policy": (add_policy, "policy.yaml"),
}


@pytest.mark.parametrize(("add", "named"), ADDED.values(), ids=ADDED)
def test_what_no_demo_made_is_never_removed(played, tmp_path, add, named):
    add(played, tmp_path)
    before = contents(played)
    with pytest.raises(UsageError) as refused:
        demo.demo(played)
    assert named in refused.value.message
    assert "--home" in refused.value.hint
    assert str(played) in refused.value.hint
    assert contents(played) >= before - {"store.db-wal", "store.db-shm"}


def test_an_untouched_demo_is_made_anew_also_after_it_was_served(played):
    with Store(played / "store.db") as store:
        store.keys.ensure_first_key()
        assert [key.label for key in store.keys.all()] == [FIRST_KEY]
    begin(played)
    assert contents(played) == {MARK}


def test_a_demo_that_was_killed_is_made_anew(home, export):
    begin(home)
    ingest(home, export, "canonical", date(2024, 12, 31))
    begin(home)
    assert contents(home) == {MARK}


def test_the_folder_worked_in_is_a_home_as_any_other(home, monkeypatch):
    home.mkdir()
    monkeypatch.chdir(home)
    for _ in range(2):
        begin(Path())
    assert contents(home) == {MARK}


def test_a_linked_home_is_emptied_and_stays_linked(home, tmp_path):
    (tmp_path / "disk").mkdir()
    home.symlink_to(tmp_path / "disk")
    begin(home)
    (home / "artifacts").mkdir()
    (home / "artifacts" / "model").write_text("of an earlier demo", encoding="utf-8")
    begin(home)
    assert home.is_symlink()
    assert contents(tmp_path / "disk") == {MARK}


def test_a_link_to_nowhere_is_refused(home, tmp_path):
    home.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is no folder"):
        begin(home)


def test_a_demo_that_failed_leaves_nothing_in_a_linked_home(home, tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    home.symlink_to(tmp_path / "disk")

    def failing(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "synthesise", failing)
    with pytest.raises(KeyboardInterrupt):
        demo.demo(home)
    assert contents(tmp_path / "disk") == set()


def test_a_home_of_somebody_is_refused(home):
    home.mkdir()
    (home / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not made by a demo"):
        demo.demo(home)
    assert contents(home) == {"notes.txt"}


def test_stores_elsewhere_are_not_filled_with_a_demo(home, monkeypatch, tmp_path):
    monkeypatch.setenv("RISKPAY_DATABASE_URL", f"sqlite:///{tmp_path / 'team.db'}")
    with pytest.raises(UsageError, match="RISKPAY_DATABASE_URL"):
        demo.demo(home)
    assert not home.exists()
    assert not (tmp_path / "team.db").exists()


def test_no_other_data_is_loaded_into_a_demo(played, export, capsys):
    version = LedgerFiles(played).current_version()
    code = main.main(["--home", str(played), "ingest", str(export), "--format", "canonical", "--json"])
    said = json.loads(capsys.readouterr().out)["error"]
    assert code == 2
    assert "synthetic" in said["message"]
    assert "--home" in said["hint"]
    assert LedgerFiles(played).current_version() == version


SMALL = """
import json, sys
from pathlib import Path
from riskpay.workflows import demo
demo.CUSTOMERS, demo.MONTHS = 60, 10
print(json.dumps(demo.demo(Path(sys.argv[1]))["worklist"]))
"""


@pytest.mark.slow
def test_the_whole_demo_twice_in_one_home(home):
    """In two processes, as people run it: MLflow keeps databases that it once opened."""
    played = [
        subprocess.run([sys.executable, "-c", SMALL, home], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    first, again = (json.loads(done.stdout)["entries"] for done in played)
    assert first == again
    assert first
    assert (home / demo.PAGE).exists()
