"""Planted bad challengers are stopped at the gate, and the verdict names the cause.

Labels that were shuffled, a feature that knows the outcome, data that stopped.
"""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model import training
from riskpay.model.hazard import HazardSettings
from riskpay.model.planted import grown_on_shuffled
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.home import Home
from riskpay.workflows.models import models
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

MONDAY = date(2024, 12, 9)
WEEK = timedelta(days=7)
QUICK = HazardSettings(rounds=80, patience=10, learning_rate=0.1, leaves=15, threads=1)
PLANTED = "amount_log"
"""The feature of the catalogue whose place a leak takes."""


@pytest.fixture(autouse=True)
def _quickly_grown(monkeypatch):
    own = Home.train_settings.fget
    monkeypatch.setattr(Home, "train_settings", property(lambda home: replace(own(home), hazard=QUICK)))


@pytest.fixture(scope="module")
def world():
    return synthesise(120, 12, seed=7)


@pytest.fixture
def home(world, tmp_path):
    LedgerFiles(tmp_path / "home").replace(world.ledger)
    return tmp_path / "home"


def said_of(result, rule):
    return next(finding for finding in result.verdict.findings if finding.rule == rule)


def registered(home):
    return [(one["version"], one["aliases"], one["verdict"]) for one in models(home)["models"]]


def test_an_honest_challenger_passes_every_rule(home):
    result = train(home, MONDAY)
    assert result.verdict.promoted, result.verdict.why
    assert [finding.rule for finding in result.verdict.findings] == [
        "tested", "labels", "leak", "fresh", "naive", "segments", "level", "ece",
    ]  # fmt: skip
    assert registered(home) == [("1", ["champion"], "passed")]


def test_shuffled_labels_are_stopped_and_named(home):
    result = train(home, MONDAY, grower=grown_on_shuffled)
    assert not result.verdict.promoted
    assert {"labels", "naive"} <= set(result.verdict.failed)
    assert said_of(result, "labels").said.startswith("shuffled labels: what it was trained on is not what happened")
    assert any(why.startswith("failed: shuffled labels") for why in result.verdict.why)
    assert result.stand_in is None
    assert registered(home) == [("1", ["challenger"], "failed")]


def outcomes_of(ledger):
    """Each item's lateness, as far as a ledger tells it."""
    items = latest(item_states(ledger))
    return items.select(*ITEM_KEY, late=(pl.col("days_late") > 0).cast(pl.Float64))


def with_leak(told):
    """The features with the outcome in the place of one of them, as ``told(ledger)`` knows it."""
    honest = training.features

    def features(ledger, questions, cut, settings):
        found = honest(ledger, questions, cut, settings)
        leak = questions.join(told(ledger), on=list(ITEM_KEY), how="left", maintain_order="left")["late"]
        return found.with_columns(leak.alias(PLANTED))

    return features


def test_a_feature_that_reads_what_the_ledger_knows_later_is_stopped_and_named(home, monkeypatch):
    monkeypatch.setattr(training, "features", with_leak(outcomes_of))
    result = train(home, MONDAY)
    assert "leak" in result.verdict.failed
    assert said_of(result, "leak").said.startswith(f"leaked feature: {PLANTED} said something else once later facts")
    assert registered(home) == [("1", ["challenger"], "failed")]


def test_a_feature_that_has_the_outcome_from_elsewhere_is_stopped_and_named(home, world, monkeypatch):
    """No ledger that is cut off moves it, but nothing honest tells the outcome alone."""
    elsewhere = outcomes_of(world.ledger)
    monkeypatch.setattr(training, "features", with_leak(lambda _: elsewhere))
    result = train(home, MONDAY)
    assert result.verdict.failed == ("leak",)
    assert said_of(result, "leak").said.startswith(f"leaked feature: {PLANTED} tells the outcome alone")


def test_a_leak_that_the_challenger_does_not_read_does_it_no_harm(home, monkeypatch):
    own = Home.train_settings.fget
    blind = property(lambda home: replace(own(home), without=frozenset({PLANTED})))
    monkeypatch.setattr(Home, "train_settings", blind)
    monkeypatch.setattr(training, "features", with_leak(outcomes_of))
    assert said_of(train(home, MONDAY), "leak").passed


def test_stale_data_are_stopped_and_named_and_the_champion_stays(home, world):
    assert train(home, MONDAY).is_champion
    stopped = world.ledger.payments.filter(pl.col("known_on") < MONDAY - 3 * WEEK)
    applied = pl.col("source_id").is_in(stopped["payment_id"].implode()) | (pl.col("source_type") != "payment")
    LedgerFiles(home).replace(
        world.ledger.with_tables(payments=stopped, allocations=world.ledger.allocations.filter(applied))
    )
    result = train(home, MONDAY + WEEK)
    assert "fresh" in result.verdict.failed
    assert said_of(result, "fresh").said.startswith("stale data: the newest payment")
    assert [one[:2] for one in registered(home)] == [("2", ["challenger"]), ("1", ["champion"])]


@pytest.fixture
def too_weak(monkeypatch):
    """A challenger that grew a single, hardly learning tree."""
    own = Home.train_settings.fget
    weak = HazardSettings(rounds=1, patience=1, unwatched_rounds=1, learning_rate=0.001, threads=1)
    monkeypatch.setattr(Home, "train_settings", property(lambda home: replace(own(home), hazard=weak)))


def test_while_none_that_learnt_has_passed_a_prior_model_stands_in_and_gives_way(home, monkeypatch, too_weak):
    refused = train(home, MONDAY - 2 * WEEK)
    assert "naive" in refused.verdict.failed
    assert (refused.stand_in, refused.has_champion, refused.is_champion) == ("2", True, False)
    assert registered(home) == [("2", ["champion"], "passed"), ("1", ["challenger"], "failed")]
    assert Home.open(home).registry.champion_for(MONDAY).model.kind == "prior"
    own = Home.train_settings.fget
    monkeypatch.setattr(Home, "train_settings", property(lambda home: replace(own(home), hazard=QUICK)))
    passed = train(home, MONDAY)
    assert (passed.is_champion, passed.stand_in) == (True, None)
    assert Home.open(home).registry.champion_for(MONDAY).model.kind == "hazard"
