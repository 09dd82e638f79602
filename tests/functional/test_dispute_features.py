"""A home that turns the features of disputes and promises on: training, the day, reasons, leakage and files."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from riskpay.features.catalogue import FEATURE_NAMES, OPTIONAL
from riskpay.features.histories import QUESTION_KEY, features
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.columns import COLUMNS, READ, SMALL_UNREAD
from riskpay.model.hazard import HazardSettings
from riskpay.model.reasons import explain as reasons_of
from riskpay.model.subset import groups
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.backtest import backtest
from riskpay.workflows.cluster import cluster_engine
from riskpay.workflows.daily import daily
from riskpay.workflows.explain import explain
from riskpay.workflows.feature_build import build
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.leakage import check_leakage
from riskpay.workflows.scoring import open_scorer
from riskpay.workflows.scoring_types import NewItem
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NAMES = tuple(feature.name for feature in OPTIONAL)
OFF, ON = "threads = 1\n", "threads = 1\ndispute_features = true\n"


@pytest.fixture(scope="module", autouse=True)
def _small_boosters():
    """Boosters of few trees: what they read is looked at, not how good they are."""
    with pytest.MonkeyPatch.context() as patch:
        small = HazardSettings(rounds=25, patience=5, unwatched_rounds=15, leaves=15, learning_rate=0.1)
        patch.setattr("riskpay.workflows.home.HazardSettings", lambda threads: replace(small, threads=threads))
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose ledger has many disputes and promises, and settings that turn their features on."""
    place = tmp_path_factory.mktemp("disputed")
    world = synthesise(60, 10, seed=7)
    write_world(world, place / "export")
    ingest(place / "home", place / "export", "canonical", world.as_of)
    write(place / "home", ON)
    return place / "home"


def write(home, text):
    (home / "riskpay.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def trained(home):
    """The result of a training with them on, and the model."""
    result = train(home)
    return result, Home.open(home).registry.read(result.model_version)


def test_boosters_are_grown_on_them_and_the_bundle_says_so(trained, tmp_path):
    _, model = trained
    assert model.features.disputes
    assert model.reads == tuple(name for name in (*FEATURE_NAMES, *NAMES) if name not in SMALL_UNREAD)
    assert model.hazard.columns == (*COLUMNS[: len(READ)], *NAMES, *COLUMNS[len(READ) :])
    used = {
        name
        for group in model.hazard.boosters
        for member in group
        for name, splits in zip(member.feature_name(), member.feature_importance(), strict=True)
        if splits
    }
    assert used & set(NAMES)
    write_bundle(model, tmp_path)
    assert read_bundle(tmp_path) == model


def test_the_day_the_scorer_and_an_explanation_ask_for_them(home, trained):
    result, model = trained
    registry = Home.open(home).registry
    registry.champions.promote(result.model_version, "promote", "")
    # The model says what it reads, whatever the settings say by now.
    write(home, OFF)
    try:
        done = daily(home)
        scorer = open_scorer(home)
        invoice = scorer.open_items.sort("due_date")["invoice_id"][0]
        said = explain(home, invoice)
        new = NewItem("new", scorer.open_items["customer_id"][0], done.as_of, done.as_of, 10_000, "USD")
        scored = scorer.score([new], done.as_of, with_reasons=True)
    finally:
        write(home, ON)
    assert done.model_version == result.model_version
    assert tuple(said["features"]) == (*FEATURE_NAMES, *NAMES)
    assert 0 < scored[0].risk.p_late < 1
    assert model.features.disputes


def test_reasons_name_them_in_words(home, trained):
    _, model = trained
    opened = Home.open(home)
    disputed = opened.ledger.disputes.filter(status="open").select("company_id", "invoice_id", as_of="opened_on")
    items = opened.ledger.invoices.unique(ITEM_KEY, keep="first").select(*ITEM_KEY, "due_date")
    asked = items.join(disputed, on=["company_id", "invoice_id"]).unique(QUESTION_KEY, maintain_order=True)
    frame = asked.hstack(features(opened.ledger, asked, "end", model.features).drop(QUESTION_KEY))
    told = [reason for reasons in reasons_of(model, frame, shown=99).values() for reason in reasons]
    mine = {reason.code: reason.text for reason in told if reason.code in NAMES}
    assert mine
    assert any("disput" in text or "promise" in text for text in mine.values())
    assert all("(yes)" in text for code, text in mine.items() if code == "dispute_open")


def test_they_do_not_look_ahead(home):
    found = check_leakage(home, None, pairs=200, seed=3).to_json()
    assert found["features"] == len(FEATURE_NAMES) + len(NAMES)
    assert (found["violations"], found["unstable"]) == ([], [])


@pytest.mark.slow
def test_a_backtest_says_what_they_add(home):
    catalogue = Home.open(home).train_settings.features.catalogue
    found = backtest(home, date(2024, 9, 1), None, without=groups(["disputes"], catalogue)).to_json()
    assert [(one["family"], one["features"], one["read"]) for one in found["ablation"]] == [("disputes", 9, 9)]


def test_a_model_without_them_is_compared_with_one_that_knows_them(home, trained):
    """The champion is asked with what it was trained on."""
    result, _ = trained
    Home.open(home).registry.champions.promote(result.model_version, "promote", "")
    write(home, OFF)
    try:
        other = train(home)
    finally:
        write(home, ON)
    assert not Home.open(home).registry.read(other.model_version).features.disputes
    assert any("champion" in why for why in other.verdict.why)
    assert not any("cannot be read" in why for why in other.verdict.why)


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_files_of_features_are_the_same_to_the_bit(home, tmp_path, engine):
    opened = Home.open(home)
    settings = opened.train_settings.features
    when = date(2024, 9, 1)

    def made(where=None):
        folder = opened.files.folder()
        return build(folder, tmp_path / "out", when, "end", settings, where, items=500, events=opened.events())

    if engine == "local":
        done = made()
    else:
        with cluster_engine(None, 1, "2GiB") as cluster:
            done = made(cluster)
    assert done.parts > 2
    assert done.to_json()["features"] == len(settings.names)
    found = pl.read_parquet(tmp_path / "out" / "*.parquet").sort(QUESTION_KEY)
    whole = features(opened.ledger, found.select(QUESTION_KEY), "end", settings)
    assert found.select(whole.columns).equals(whole)
    assert found["open_dispute_count"].sum() > 0
