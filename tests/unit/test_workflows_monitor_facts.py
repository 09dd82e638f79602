"""The questions that the monitor asks of the last weeks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from riskpay.model.prior_training import fit_prior
from riskpay.model.training import TrainSettings, ask_landmarks
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.monitor_facts import asked_lately

WEEKS = timedelta(days=27)


@pytest.fixture(scope="module")
def world():
    return synthesise(20, 5, seed=3)


def days_from_due(world, model):
    """Days from the due date on which open items of the last weeks are asked again."""
    later = asked_lately(world.ledger, model, world.as_of, world.as_of - WEEKS).later
    return set((later["as_of"] - later["due_date"]).dt.total_days())


def test_items_are_asked_again_on_the_days_of_the_models_own_training(world):
    settings = TrainSettings()
    model = fit_prior(world.ledger, ask_landmarks(world.ledger, world.as_of, settings), world.as_of, settings)
    assert days_from_due(world, replace(model, grown_with={"landmark_days": [2, 9]})) == {2, 9}
    assert days_from_due(world, model) > {-7, 1, 12}, "a prior model is asked on the usual days"
