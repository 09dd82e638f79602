"""Training week by week: what becomes champion, what it is compared with, and what is never promoted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from riskpay.errors import DataError
from riskpay.model.hazard import HazardSettings
from riskpay.model.registry import Registry
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows import train as training
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.rivals import rival
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MONDAY = date(2024, 12, 9)
WEEK = timedelta(days=7)
WORSE = {"rounds": 1, "patience": 1, "unwatched_rounds": 1, "learning_rate": 0.001}


@pytest.fixture(scope="module")
def weekly(tmp_path_factory):
    """A home with a champion trained on a Monday: (home, its result)."""
    place = tmp_path_factory.mktemp("weekly")
    world = synthesise(120, 12, seed=7)
    write_world(world, place / "export")
    ingest(place / "home", place / "export", "canonical", world.as_of)
    (place / "home" / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    return place / "home", train(place / "home", MONDAY)


def grown_worse(monkeypatch):
    own = Home.train_settings.fget

    def worse(home):
        settings = own(home)
        return replace(settings, hazard=HazardSettings(threads=1, **WORSE))

    monkeypatch.setattr(Home, "train_settings", property(worse))


@pytest.mark.slow
def test_a_week_later_the_new_model_is_judged_against_the_champion(weekly):
    home, first = weekly
    assert first.verdict.promoted
    again = train(home, MONDAY + WEEK)
    said = " ".join(again.verdict.why)
    assert "against the champion's" in said
    assert f"for champion {first.model_version} stands its trial model, frozen as of {first.tested_from}" in said


@pytest.mark.slow
def test_a_model_promoted_for_an_earlier_day_answers_for_that_day_and_leaves_the_champion(weekly):
    home, _ = weekly
    registry = Home.open(home).registry
    champion = registry.champions.champion().version
    earlier = train(home, MONDAY - WEEK).model_version
    registry.champions.promote(earlier, "train", "")
    assert registry.champions.champion().version == champion
    assert registry.champion_for(MONDAY - WEEK).version == earlier
    assert registry.champion_for(MONDAY + 2 * WEEK).version == champion


@pytest.mark.slow
def test_a_worse_model_does_not_become_champion(weekly, monkeypatch):
    home, _ = weekly
    champion = Home.open(home).registry.champions.champion().version
    grown_worse(monkeypatch)
    worse = train(home, MONDAY + 2 * WEEK)
    assert not worse.verdict.promoted
    assert any(why.startswith("failed:") and "against the champion's" in why for why in worse.verdict.why)
    assert Home.open(home).registry.champions.champion().version == champion


@pytest.mark.slow
def test_a_champion_without_a_trial_model_is_said_not_to_be_compared(weekly, monkeypatch):
    home, _ = weekly
    monkeypatch.setattr(Registry, "read_trial", lambda *_: None)
    said = train(home, MONDAY + 2 * WEEK).verdict.why
    assert any("not compared" in why and "better than the naive ratio was enough" in why for why in said)


@pytest.mark.slow
def test_a_model_without_weeks_held_back_is_registered_and_not_promoted(weekly, monkeypatch):
    home, _ = weekly
    champion = Home.open(home).registry.champions.champion().version
    monkeypatch.setattr(training, "later_period", lambda *_: None)
    untested = train(home, MONDAY + 2 * WEEK)
    assert not untested.verdict.promoted
    assert "--without-model" in untested.verdict.why[0]
    assert Home.open(home).registry.champions.champion().version == champion


@pytest.mark.slow
def test_a_champion_whose_files_are_gone_is_bad_data_and_does_not_keep_training_back(weekly):
    home, _ = weekly
    registry = Home.open(home).registry
    (home / "artifacts").rename(home / "elsewhere")
    with pytest.raises(DataError, match="files are not at"):
        registry.champion_for(MONDAY + 2 * WEEK)
    stands = rival(registry, MONDAY)
    assert stands.model is None
    assert "cannot be read" in stands.said[0]
    (home / "elsewhere").rename(home / "artifacts")
