"""Facts of a large ledger are kept in the home: each load adds to them, and the answers are those of facts gathered anew."""

from datetime import timedelta

import polars as pl
import pytest

from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import features
from riskpay.ledger.open_items import open_items
from riskpay.ledger.tables import FILE_TABLES, ITEM_KEY
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows import kept_facts
from riskpay.workflows.kept_facts import facts_of_day

SETTINGS = FeatureSettings()


@pytest.fixture(autouse=True)
def keep_all(monkeypatch):
    monkeypatch.setattr(kept_facts, "KEPT_FROM", 0)
    monkeypatch.setattr(kept_facts, "_NEWS", 0.5)


@pytest.fixture(scope="module")
def world():
    return synthesise(40, 8, seed=5).ledger


@pytest.fixture
def home(tmp_path, world):
    """A home into which the world's last 20 days are loaded one by one; every load also tells an invoice otherwise."""
    return Home(tmp_path, world)


class Home:
    def __init__(self, place, world):
        self.place, self.world, self.files = place, world, LedgerFiles(place)
        self.day = world.last_known_on() - timedelta(days=20)
        self.files.load(self.until(self.day), full=False, loaded_on=self.day)

    def until(self, day):
        return {table.name: self.world.known(day, "end").frames()[table.name] for table in FILE_TABLES}

    def next_day(self):
        self.day += timedelta(days=1)
        frames = self.until(self.day)
        told = frames["invoices"].filter(document_type="invoice").tail(1)
        otherwise = told.with_columns(pl.col("amount") + 100, known_on=pl.lit(self.day))
        frames["invoices"] = frames["invoices"].join(told, on=told.columns, how="anti").vstack(otherwise)
        self.files.load(frames, full=False, loaded_on=self.day)

    def ask(self, settings=SETTINGS):
        """What the kept facts say of the day's open items, and what facts gathered anew do."""
        ledger = self.files.current()
        asked = open_items(ledger, self.day).select(*ITEM_KEY, as_of=pl.lit(self.day))
        known = ledger.known(self.day, "end")
        found = facts_of_day(self.place, self.files, known, settings).features(asked)
        return found, features(known, asked, "end", settings)

    def kept(self):
        return [folder.name for folder in (self.place / "facts").iterdir()]


def test_loads_add_to_the_facts_kept(home):
    found, anew = home.ask()
    assert found.equals(anew)
    kept = home.kept()
    for _ in range(3):
        home.next_day()
        found, anew = home.ask()
        assert found.height > 20
        assert found.equals(anew)
    assert home.kept() == kept


def test_an_item_of_a_new_customer_is_asked_as_with_facts_gathered_anew(home):
    home.ask()
    home.next_day()
    ledger = home.files.current()
    known = ledger.known(home.day, "end")
    item = known.invoices.tail(1).with_columns(invoice_id=pl.lit("new"), issue_date=pl.lit(home.day))
    other = item.with_columns(customer_id=pl.lit("nobody yet"), invoice_id=pl.lit("newer"))
    alone = type(known).of({"invoices": item.vstack(other), "companies": known.companies})
    asked = alone.invoices.select(*ITEM_KEY, as_of=pl.lit(home.day))
    kept = facts_of_day(home.place, home.files, known, SETTINGS).of_new(alone).features(asked)
    assert kept.equals(kept_facts.gather(known, SETTINGS, "end").of_new(alone).features(asked))


def test_many_news_are_gathered_anew(home, monkeypatch):
    home.ask()
    kept = home.kept()
    monkeypatch.setattr(kept_facts, "_NEWS", 0.0)
    home.next_day()
    found, anew = home.ask()
    assert found.equals(anew)
    assert len(home.kept()) == 1
    assert home.kept() != kept


@pytest.mark.parametrize("why", ["a company changed", "damaged", "other settings", "versions that nothing joins"])
def test_facts_of_no_use_are_gathered_anew(home, why):
    home.ask()
    kept, settings = home.kept(), SETTINGS
    if why == "a company changed":
        moved = home.world.companies.with_columns(country=pl.lit("DE"))
        home.files.load({"companies": moved}, full=False, loaded_on=home.day)
    elif why == "damaged":
        file = home.place / "facts" / kept[0] / "documents.arrow"
        file.write_bytes(file.read_bytes()[:1000])
    elif why == "other settings":
        settings = FeatureSettings(grace_days=3)
    else:
        home.files.replace(home.world.known(home.day - timedelta(days=1), "end"))
    found, anew = home.ask(settings)
    assert found.equals(anew)
    assert len(home.kept()) == 1


def test_what_loads_changed_is_told_from_any_version_on(home):
    versions = [home.files.current_version()]
    for _ in range(4):
        home.next_day()
        versions.append(home.files.current_version())
    now = home.files.current().frames()
    for version in versions:
        before = home.files.version(version).frames()
        added, removed = (side.frames() for side in home.files.changes(version))
        for table in FILE_TABLES:
            name = table.name
            kept = before[name].join(removed[name], on=table.names, how="anti", nulls_equal=True)
            assert pl.concat([kept, added[name]]).sort(table.names).equals(now[name].sort(table.names))
    assert home.files.changes("nothing") is None
