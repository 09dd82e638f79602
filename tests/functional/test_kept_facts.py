"""Facts of a large ledger are kept in the home: each load adds to them, and the answers are those of facts gathered anew."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from riskpay.errors import DataError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import features, gather
from riskpay.features.standing import Standing
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import open_items
from riskpay.ledger.tables import FILE_TABLES, ITEM_KEY
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.frames import read_frames
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows import kept_facts
from riskpay.workflows.daily import daily
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.kept_facts import facts_of_day
from riskpay.workflows.lists import worklist
from riskpay.workflows.train import train

SETTINGS = FeatureSettings()
LATER = timedelta(days=1)


@pytest.fixture(autouse=True)
def keep_all(monkeypatch):
    monkeypatch.setattr(kept_facts, "KEPT_FROM", 0)
    monkeypatch.setattr(kept_facts, "_NEWS", 0.5)


@pytest.fixture(scope="module")
def world():
    return synthesise(40, 8, seed=5).ledger


@pytest.fixture
def kept(tmp_path, world):
    return Kept(tmp_path, world)


class Kept:
    """A home into which the world's last 20 days are loaded one by one; every load also tells an invoice otherwise."""

    def __init__(self, place, world):
        self.place, self.world, self.files = place, world, LedgerFiles(place)
        self.day = world.last_known_on() - timedelta(days=20)
        self.files.load(self.until(self.day), full=False, loaded_on=self.day)

    def until(self, day):
        return {table.name: self.world.known(day, "end").frames()[table.name] for table in FILE_TABLES}

    def next_day(self):
        self.day += LATER
        frames = self.until(self.day)
        told = frames["invoices"].filter(document_type="invoice").tail(1)
        otherwise = told.with_columns(pl.col("amount") + 100, known_on=pl.lit(self.day))
        frames["invoices"] = frames["invoices"].join(told, on=told.columns, how="anti").vstack(otherwise)
        self.files.load(frames, full=False, loaded_on=self.day)

    def facts(self, settings=SETTINGS, day=None):
        home = Home.open(self.place)
        known = home.ledger.known(day or self.day, "end")
        return facts_of_day(home, known, settings), known

    def same(self, settings=SETTINGS, day=None):
        """Whether the facts say of the day's open items what facts gathered anew do."""
        facts, known = self.facts(settings, day)
        asked = open_items(known, day or self.day).select(*ITEM_KEY, as_of=pl.lit(day or self.day))
        assert asked.height > 20
        return facts.features(asked).equals(features(known, asked, "end", settings))

    def folders(self):
        place = self.place / "facts"
        return sorted(folder.name for folder in place.iterdir() if folder.name != ".lock") if place.exists() else []


def test_loads_add_to_the_facts_kept(kept):
    assert kept.same()
    before = kept.folders()
    for _ in range(3):
        kept.next_day()
        assert kept.same()
    assert kept.folders() == before


def test_an_item_of_a_new_customer_is_asked_as_with_facts_gathered_anew(kept):
    kept.facts()
    kept.next_day()
    facts, known = kept.facts()
    alone, asked = new_items(known, kept.day)
    assert facts.of_new(alone).features(asked).equals(gather(known, SETTINGS, "end").of_new(alone).features(asked))


def new_items(known, day):
    """An item of the newest customer and one of nobody yet, issued on a day, and the questions about them."""
    item = known.invoices.tail(1).with_columns(invoice_id=pl.lit("new"), issue_date=pl.lit(day))
    other = item.with_columns(customer_id=pl.lit("nobody yet"), invoice_id=pl.lit("newer"))
    alone = Ledger.of({"invoices": item.vstack(other), "companies": known.companies})
    return alone, alone.invoices.select(*ITEM_KEY, as_of=pl.lit(day))


def test_a_day_that_later_facts_are_known_of_does_not_know_them(kept):
    """A new item issued after the day is asked on its issue day, when the files know more than the day did."""
    past = kept.day
    kept.facts()
    for _ in range(5):
        kept.next_day()
    facts, known = kept.facts(day=past)
    alone, asked = new_items(known, kept.day)
    assert facts.of_new(alone).features(asked).equals(gather(known, SETTINGS, "end").of_new(alone).features(asked))
    assert kept.same(day=past)


@pytest.mark.parametrize(
    "why", ["many news", "a company changed", "damaged", "versions that nothing joins", "a lost load"]
)
def test_facts_of_no_use_are_gathered_anew(kept, why, monkeypatch):
    kept.facts()
    before = kept.folders()
    kept.next_day()
    if why == "many news":
        monkeypatch.setattr(kept_facts, "_NEWS", 0.0)
    elif why == "a company changed":
        moved = kept.world.companies.with_columns(country=pl.lit("DE"))
        kept.files.load({"companies": moved}, full=False, loaded_on=kept.day)
    elif why == "damaged":
        file = kept.place / "facts" / before[0] / "documents.arrow"
        file.write_bytes(file.read_bytes()[:1000])
    elif why == "versions that nothing joins":
        kept.files.replace(kept.world.known(kept.day - 3 * LATER, "end"))
    else:
        (kept.files.folder() / "added" / "invoices.parquet").unlink()
    assert kept.same()
    assert len(kept.folders()) == 1
    assert kept.folders() != before


def test_whatever_is_missing_nothing_is_read(kept):
    kept.facts()
    place = kept.place / "facts" / kept.folders()[0]
    read_frames(Standing, place)
    files = [file for file in place.rglob("*") if file.is_file()]
    assert len(files) > 50
    for file in files:
        away = file.rename(kept.place / "away")
        with pytest.raises(DataError, match="not as it was written"):
            read_frames(Standing, place)
        away.rename(file)
    read_frames(Standing, place)


def test_another_program_or_calendar_does_not_read_them(kept, monkeypatch):
    kept.facts()
    before = kept.folders()
    monkeypatch.setattr(kept_facts, "_programs", lambda: "changed")
    assert kept.same()
    assert before[0] in kept.folders()
    assert len(kept.folders()) == 2


def test_two_kinds_of_settings_are_kept_and_no_third(kept):
    grace = [replace(SETTINGS, grace_days=days) for days in (0, 3, 5)]
    kept.facts(grace[0])
    kept.facts(grace[1])
    before = kept.folders()
    assert len(before) == 2
    assert kept.same(grace[0])
    assert kept.same(grace[1])
    assert kept.folders() == before
    assert kept.same(grace[2])
    assert len(kept.folders()) == 2


@pytest.mark.parametrize("trouble", [OSError("no space left"), pl.exceptions.ComputeError("too large")])
def test_what_cannot_be_kept_is_answered_all_the_same(kept, monkeypatch, trouble):
    def fail(*_, **__):
        raise trouble

    monkeypatch.setattr(kept_facts, "write_frames", fail)
    assert kept.same()
    assert kept.folders() == []


def test_an_interrupt_leaves_nothing_and_what_a_kill_left_goes(kept, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    (kept.place / "facts" / ".writing-old").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(kept_facts, "write_frames", interrupt)
        with pytest.raises(KeyboardInterrupt):
            kept.facts()
    assert kept.folders() == []
    assert kept.same()


def test_what_loads_changed_is_told_from_any_version_on(kept):
    versions = [kept.files.current_version()]
    for _ in range(4):
        kept.next_day()
        versions.append(kept.files.current_version())
    now = kept.files.current().frames()
    for version in versions:
        before = kept.files.version(version).frames()
        added, removed = (side.frames() for side in kept.files.changes(version, versions[-1]))
        assert added["invoices"].height + removed["invoices"].height < 200
        for table in FILE_TABLES:
            name, key = table.name, {"on": table.names, "nulls_equal": True}
            assert removed[name].join(before[name], how="anti", **key).is_empty()
            assert added[name].join(before[name], how="semi", **key).is_empty()
            stays = before[name].join(removed[name], how="anti", **key)
            assert pl.concat([stays, added[name]]).sort(table.names).equals(now[name].sort(table.names))
    assert kept.files.changes("nothing", versions[-1]) is None
    assert kept.files.changes(versions[-1], versions[0]) is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_day_does_the_same_with_facts_kept_as_without(tmp_path, monkeypatch):
    told = synthesise(60, 12, seed=3)
    home = tmp_path / "home"
    write_world(told, tmp_path / "export")
    ingest(home, tmp_path / "export", "canonical", told.as_of)
    assert train(home, told.as_of - timedelta(days=60)).has_champion
    lists = []
    for least in (10**9, 0, 0):
        monkeypatch.setattr(kept_facts, "KEPT_FROM", least)
        daily(home)
        assert (home / "facts").exists() == (least == 0)
        lists.append(worklist(home))
    assert lists[0]["entries"]
    assert lists[0] == lists[1] == lists[2]
