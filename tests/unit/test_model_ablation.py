"""Ablation where it is known what carries the signal, and what it may know of the days after the cutoff."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.errors import TooFewLabelsError
from riskpay.features.catalogue import FEATURE_NAMES
from riskpay.model import ablation
from riskpay.model.hazard import HazardSettings
from riskpay.model.subset import groups
from riskpay.model.training import Asked, TrainSettings, ask_landmarks
from riskpay.sources.synthetic.world import synthesise

pytestmark = pytest.mark.slow

NOISE, SIGNAL = groups(["item", "history"])
SETTINGS = TrainSettings(
    hazard=HazardSettings(rounds=40, patience=5, unwatched_rounds=10, leaves=7, learning_rate=0.1, threads=1),
    min_settled=50,
    without=frozenset(FEATURE_NAMES) - {*NOISE.names, *SIGNAL.names},
)
"""Of the catalogue only two families are read, one of which the tests replace by noise."""


@pytest.fixture(scope="module")
def world():
    return synthesise(80, 10, seed=5)


@pytest.fixture(scope="module")
def cutoff(world):
    return world.as_of - timedelta(days=60)


@pytest.fixture(scope="module")
def asked(world, cutoff):
    """The landmark questions, the family item replaced by noise."""
    found = ask_landmarks(world.ledger, cutoff, SETTINGS)
    rng = np.random.default_rng(1)
    noise = {name: pl.Series(rng.normal(size=found.frame.height)) for name in NOISE.names}
    return Asked(found.frame.with_columns(**noise), found.past)


@pytest.fixture(scope="module")
def trials(world, asked, cutoff):
    return ablation.validation_trials(world.ledger, asked, cutoff, SETTINGS)


def test_noise_adds_nothing_and_the_signal_is_missed(world, asked, trials):
    def change(group):
        blind = ablation.blind_to(SETTINGS, group)
        return ablation.effect(world.ledger, asked, trials, blind).changes["late"]

    noise, signal = change(NOISE), change(SIGNAL)
    assert signal["brier"].low > 0.01
    assert signal["log_loss"].low > 0
    assert signal["roc_auc"].high < 0
    assert noise["brier"].low < 0.002
    assert abs(noise["brier"].change) < signal["brier"].change / 10


def test_the_same_settings_change_nothing_and_another_seed_a_little(world, asked, trials):
    last = trials[-1:]
    same = ablation.effect(world.ledger, asked, last, SETTINGS)
    other = ablation.effect(world.ledger, asked, last, ablation.reseeded(SETTINGS))
    assert {d.change for found in same.changes.values() for d in found.values()} <= {0.0, None}
    assert 0 < abs(other.changes["late"]["brier"].change) < 0.01
    assert same.n == {target: rows.height for target, rows in last[0].window.decided.items()}


def test_windows_follow_one_another_up_to_the_cutoff_and_each_item_counts_once(trials, cutoff):
    windows = [trial.window for trial in trials]
    assert len(windows) > 1
    assert [w.until + timedelta(days=1) for w in windows] == [*(w.cutoff for w in windows[1:]), cutoff]
    items = pl.concat([w.frame.select("company_id", "invoice_id", "instalment") for w in windows])
    assert items.is_unique().all()


def test_what_became_known_from_the_cutoff_on_changes_no_validation(world, asked, trials, cutoff):
    before = world.ledger.known(cutoff, "start")
    again = ablation.validation_trials(before, asked, cutoff, SETTINGS)
    for trial, same in zip(trials, again, strict=True):
        for target, rows in trial.window.decided.items():
            assert rows.equals(same.window.decided[target])
            assert np.array_equal(trial.told[target], same.told[target])


def test_too_short_a_history_is_refused(world, asked, cutoff):
    with pytest.raises(TooFewLabelsError, match="to judge features") as refused:
        ablation.validation_trials(world.ledger, asked, cutoff, replace(SETTINGS, min_settled=10**6))
    assert "--cutoff" in refused.value.hint
