"""A home whose training.toml names another grid and other landmarks: training, the day, reasons, scores and the bundle."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.errors import SettingsError
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.backtest import backtest
from riskpay.workflows.daily import daily
from riskpay.workflows.explain import explain
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.scoring import open_scorer
from riskpay.workflows.scoring_types import NewItem
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

ENDS = (5, 10, 22, 30, 45, 60, 90, 120)
WRITTEN = f"""interval_ends = {list(ENDS)}
landmark_days = [-3, 2, 20]
recency_half_life_days = 120
monotone = true
rounds = 40
patience = 5
learning_rate = 0.1
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    place = tmp_path_factory.mktemp("other_grid")
    world = synthesise(50, 10, seed=7)
    write_world(world, place / "export")
    ingest(place / "home", place / "export", "canonical", world.as_of)
    (place / "home" / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    (place / "home" / "training.toml").write_text(WRITTEN, encoding="utf-8")
    return place / "home"


@pytest.fixture(scope="module")
def trained(home):
    """The result of a training, and the champion that it became."""
    result = train(home)
    registry = Home.open(home).registry
    registry.champions.promote(result.model_version, "train", "")
    return result, registry.read(result.model_version)


def test_the_model_says_what_it_was_grown_with_and_its_bundle_keeps_it(trained, tmp_path):
    _, model = trained
    assert model.grid.ends == (0, *ENDS)
    assert model.grown_with["landmark_days"] == [-3, 2, 20]
    assert (model.grown_with["recency_half_life_days"], model.grown_with["monotone"]) == (120, True)
    held = [["[monotone_constraints: -1" in text or ",-1," in text for text in group] for group in model.booster_texts]
    assert held == [[True, True], [False, False]]
    write_bundle(model, tmp_path)
    assert read_bundle(tmp_path) == model


def test_the_run_records_it(home, trained):
    import mlflow  # noqa: PLC0415 - slow to import

    version, _ = trained
    client = mlflow.MlflowClient(tracking_uri=Home.open(home).settings.mlflow)
    run = client.get_model_version("late_payment", version.model_version).tags["run"]
    recorded = client.get_run(run).data.params
    assert recorded["interval_ends"] == str((0, *ENDS))
    assert recorded["landmark_days"] == "[-3, 2, 20]"
    assert (recorded["recency_half_life_days"], recorded["monotone"], recorded["leaves"]) == ("120.0", "True", "63")


def test_late_30_is_tested_and_the_test_means_something(trained):
    result, _ = trained
    assert set(result.tests) >= {"late", "late_30"}
    assert result.tests["late"].scores["model"].roc_auc > 0.6


def test_the_day_an_explanation_and_a_new_item_are_scored_with_it(home, trained):
    result, _ = trained
    done = daily(home)
    scorer = open_scorer(home)
    assert done.model_version == result.model_version
    invoice = scorer.open_items.sort("due_date")["invoice_id"][-1]
    said = explain(home, invoice)
    unpaid = [point["p_unpaid"] for point in said["late_risk"]["curve"]]
    assert unpaid == sorted(unpaid, reverse=True)
    assert said["reasons"]
    new = NewItem("new", scorer.open_items["customer_id"][0], done.as_of, done.as_of, 10_000, "USD")
    assert 0 < scorer.score([new], done.as_of, with_reasons=True)[0].risk.p_late < 1


def test_curves_fall_from_day_to_day_and_agree_with_late_chances(home, trained):
    _, model = trained
    opened = Home.open(home)
    states = opened.ledger.invoices.unique(["company_id", "invoice_id", "instalment"], keep="first").head(40)
    from riskpay.model.training import ask  # noqa: PLC0415

    asked = ask(
        opened.ledger,
        states.select(
            "company_id", "invoice_id", "instalment", "due_date", as_of="issue_date", at_issue=pl.lit(value=True)
        ),
        opened.train_settings,
    ).frame
    curves = model.risks(asked, opened.last_day(), "1").unpaid
    assert (np.diff(curves, axis=1) <= 1e-6).all()
    late = model.p_late(asked, 30)
    days = (asked["due_date"] - asked["as_of"]).dt.total_days().to_numpy() + 30
    assert curves[np.arange(len(days)), days] == pytest.approx(late, abs=1e-5)


def test_a_backtest_reads_the_file_too(home):
    opened = Home.open(home)
    cutoff = opened.last_day() - timedelta(days=90)
    assert set(backtest(home, cutoff).to_json()["targets"]) >= {"late", "late_30"}


def test_a_file_that_cannot_be_used_stops_training_before_anything_is_done(home):
    (home / "training.toml").write_text("interval_ends = [30]\n", encoding="utf-8")
    try:
        with pytest.raises(SettingsError, match="30, 60 and 90 among them"):
            train(home)
    finally:
        (home / "training.toml").write_text(WRITTEN, encoding="utf-8")
