"""Intervals for the pay date hold on days that no model knew: a synthetic firm, and the food supplier before its test window."""

from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.looking_back import look_back
from riskpay.model.pay_days import NOMINAL, known_weights
from riskpay.model.training import TrainSettings, ask_landmarks, fit_model
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest

pytestmark = pytest.mark.slow


def coverage(ledger, frozen, until, settings):
    """Share of payments in their intervals, of questions asked from ``frozen`` on, as known before ``until``."""
    asked = ask_landmarks(ledger, until, settings)
    model = fit_model(ledger, asked, frozen, settings)
    items = latest(item_states(ledger.known(until, "start"), settings.features.tolerance))
    later = asked.frame.filter(pl.col("as_of").is_between(frozen, frozen + timedelta(days=45)))
    found = look_back(model, later, items, until, settings.lag_days)
    weight = known_weights(found)
    return float(weight @ model.pay_days.covers(found) / weight.sum())


def test_on_a_synthetic_firm():
    world = synthesise(300, 18, seed=41)
    assert coverage(world.ledger, date(2025, 4, 1), world.as_of, TrainSettings()) == pytest.approx(NOMINAL, abs=0.04)


@pytest.mark.real
def test_on_the_food_supplier(shared, tmp_path):
    ingest(tmp_path / "home", shared / "data" / "highradius_sample_b.csv", "highradius", date(2020, 4, 1))
    home = Home.open(tmp_path / "home")
    until = date(2019, 8, 1)
    ledger = home.ledger.known(until, "start")
    assert coverage(ledger, date(2019, 6, 1), until, home.train_settings) == pytest.approx(NOMINAL, abs=0.04)
