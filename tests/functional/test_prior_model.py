"""Small ledgers and cold starts: a prior model that says what it is, gives way, and never a crash."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.errors import TooFewLabelsError
from riskpay.features.catalogue import FeatureSettings
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.prior import PRIOR_DAYS_LATE, READS
from riskpay.model.prior_training import fit_prior, settled_before
from riskpay.model.reasons import explain as reasons_of
from riskpay.model.training import TrainSettings, ask, ask_landmarks, fit_model
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.daily import daily
from riskpay.workflows.explain import explain
from riskpay.workflows.home import Home
from riskpay.workflows.lists import worklist
from riskpay.workflows.models import models
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SETTINGS = TrainSettings()
DAY = date(2024, 3, 1)
CUSTOMERS = """
customers:
customer_id | valid_from
EARLY |
TARDY |
"""
HEAD = "invoices:\ncustomer_id | invoice_id | issue_date | due_date | amount\n"


def history(per_customer, days_late):
    """A ledger in which each customer has so many invoices, paid so many days late, by customer."""
    invoices, payments, allocations = [], [], []
    for customer, late in days_late.items():
        for n in range(per_customer):
            due = date(2024, 1, 5) + timedelta(days=n)
            number, paid = f"{customer}{n}", due + timedelta(days=late)
            invoices.append(f"{customer} | {number} | {due - timedelta(days=30)} | {due} | 100")
            payments.append(f"{customer} | P{number} | 100 | {paid}")
            allocations.append(f"P{number} | {number} | 100 | {paid}")
    return (
        CUSTOMERS
        + HEAD
        + "\n".join(invoices)
        + "\npayments:\ncustomer_id | payment_id | amount | value_date\n"
        + "\n".join(payments)
        + "\nallocations:\nsource_id | invoice_id | amount | allocated_on\n"
        + "\n".join(allocations)
    )


def fitted(ledger, day=DAY):
    return fit_prior(ledger, ask_landmarks(ledger, day, SETTINGS), day, SETTINGS)


def p_late_of(model, share, at=-30):
    """Of a question asked ``at`` days from a due date that was 30 days away at issue, by the customer's late share."""
    due = date(2024, 4, 1)
    frame = pl.DataFrame(
        {
            "company_id": ["1"],
            "invoice_id": ["X"],
            "instalment": pl.Series([1], dtype=pl.Int32),
            "as_of": [due + timedelta(days=at)],
            "due_date": [due],
            "late_share": [share],
            "terms_days": [30],
            "settled_count": [0],
        }
    )
    return float(model.p_late(frame)[0])


@pytest.fixture(scope="module")
def nothing_settled(make_ledger):
    return make_ledger(CUSTOMERS + HEAD + "EARLY | A | 2024-02-01 | 2024-03-10 | 100")


@pytest.fixture(scope="module")
def two_habits(make_ledger):
    return make_ledger(history(20, {"EARLY": -5, "TARDY": 6}))


def test_with_nothing_settled_the_built_in_curve_speaks(nothing_settled):
    model = fitted(nothing_settled)
    assert (model.kind, model.settled_items, model.training_rows) == ("prior", 0, 0)
    late = float(np.mean(np.asarray(PRIOR_DAYS_LATE) > 0))
    assert p_late_of(model, None) == pytest.approx(late, abs=0.02)
    assert p_late_of(model, 0.1) < p_late_of(model, 0.4) < p_late_of(model, 0.9)


def test_the_payments_there_are_move_the_curve(nothing_settled, two_habits, make_ledger):
    punctual = fitted(make_ledger(history(40, {"EARLY": -5})))
    assert p_late_of(punctual, 0.4) < p_late_of(fitted(nothing_settled), 0.4)
    both = fitted(two_habits)
    rows = ask(two_habits, ask_landmarks(two_habits, DAY, SETTINGS).frame.select(
        "company_id", "invoice_id", "instalment", "as_of", "due_date", "at_issue"), SETTINGS)  # fmt: skip
    mean = float(both.p_late(rows.frame.filter("at_issue")).mean())
    assert 0.35 < mean < 0.6  # half of 40 items late, and 50 items' worth of 45 %


def test_an_item_still_unpaid_near_its_due_date_is_likelier_late(two_habits):
    model = fitted(two_habits)
    chances = [p_late_of(model, 0.4, at) for at in (-30, -10, -2, 0)]
    assert chances == sorted(chances)
    assert chances[-1] > chances[0] + 0.2
    assert p_late_of(model, 0.4, at=1) == 1.0


@pytest.mark.parametrize("grace", [0, 4, 10])
def test_curves_are_curves_whatever_the_grace_days(two_habits, grace):
    settings = replace(SETTINGS, features=FeatureSettings(grace_days=grace))
    asked = ask_landmarks(two_habits, DAY, settings)
    model = fit_prior(two_habits, asked, DAY, settings)
    table = model.risks(asked.frame, DAY, "1")
    assert np.all(np.diff(table.unpaid, axis=1) <= 1e-6)
    assert table.items["p_late"].is_between(0, 1).all()
    assert table.items.filter(pl.col("p_late") < 1)["p_late"].min() > 0.0


def test_a_prior_model_read_back_says_the_same(two_habits, tmp_path):
    model = fitted(two_habits)
    write_bundle(model, tmp_path)
    assert read_bundle(tmp_path) == model
    assert not list(tmp_path.glob("*.txt"))


def test_its_only_reason_is_the_late_share(two_habits):
    model = fitted(two_habits)
    assert set(model.reads) == set(READS)
    frame = ask_landmarks(two_habits, DAY, SETTINGS).frame.filter("at_issue").with_columns(late_share=pl.lit(0.9))
    told = [reason for reasons in reasons_of(model, frame).values() for reason in reasons]
    assert {reason.code for reason in told} == {"late_share"}
    assert min(reason.weight for reason in told) > 0


def test_learning_from_too_few_names_the_way_out(two_habits):
    with pytest.raises(TooFewLabelsError, match="at least 200 are needed to train") as told:
        fit_model(two_habits, ask_landmarks(two_habits, DAY, SETTINGS), DAY, SETTINGS)
    assert "riskpay train makes a prior model" in told.value.hint


def test_learning_from_one_class_only_says_so(make_ledger):
    ledger = make_ledger(history(150, {"EARLY": -5, "TARDY": -2}))
    day = date(2024, 9, 1)
    with pytest.raises(TooFewLabelsError, match="was paid on time: there is nothing to tell apart"):
        fit_model(ledger, ask_landmarks(ledger, day, SETTINGS), day, SETTINGS)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A home whose ledger has fewer than 200 settled items, with a model trained on it: (home, result)."""
    home = tmp_path_factory.mktemp("small") / "home"
    world = synthesise(12, 6, seed=2)
    LedgerFiles(home).replace(world.ledger)
    return home, train(home, world.as_of)


def test_a_small_ledger_gets_a_prior_model_that_says_so(small):
    home, result = small
    opened = Home.open(home)
    settled = settled_before(opened.ledger, result.train_as_of, opened.train_settings)
    assert 0 < settled < 200
    said = result.to_json()
    assert (said["kind"], said["promoted"], said["champion"], said["tested_from"]) == ("prior", True, True, None)
    assert f"prior model: {settled} items are known to be settled in cash" in said["why"][0]
    assert "200 are needed to learn" in said["why"][0]
    assert [(one["kind"], one["aliases"]) for one in models(home)["models"]] == [("prior", ["champion"])]


def test_the_day_and_an_explanation_run_on_a_prior_model_and_name_it(small):
    home, result = small
    done = daily(home, result.train_as_of)
    assert done.to_json()["model_kind"] == "prior"
    entries = worklist(home)["entries"]
    assert {entry["strategy"] for entry in entries} == {"call_value"}
    said = explain(home, entries[0]["items"][0]["invoice_id"])
    assert said["late_risk"]["model_kind"] == "prior"


def test_a_newer_prior_model_replaces_it(small):
    home, result = small
    again = train(home, result.train_as_of)
    assert again.is_champion
    assert Home.open(home).registry.champion_for(result.train_as_of).model.kind == "prior"


def test_a_prior_model_does_not_replace_one_that_learnt(small, monkeypatch):
    home, result = small
    registry = Home.open(home).registry
    champion = registry.champions.champion().version
    registry._client.set_model_version_tag("late_payment", champion, "kind", "hazard")
    again = train(home, result.train_as_of)
    assert again.verdict.failed == ("prior",)
    assert f"does not replace champion {champion}" in again.verdict.why[0]
    registry._client.set_model_version_tag("late_payment", champion, "kind", "prior")


def test_a_ledger_without_any_payment_trains_too(tmp_path, nothing_settled):
    LedgerFiles(tmp_path).replace(nothing_settled)
    result = train(tmp_path, DAY)
    assert (result.kind, result.is_champion) == ("prior", True)
    assert "0 items are known to be settled" in result.verdict.why[0]
