"""The late-payment model on held-out periods: as good as its card says, and as good as it must be."""

import json
from pathlib import Path

import pytest

from riskpay.reporting.model_card import plots, render, signature, unbeaten, with_figures
from riskpay.sources.synthetic.scenario import GRID
from riskpay.workflows.card import HELD_PERIODS, WORLD, WORLD_CUTOFF, against_truth, model_facts

FOLDER = Path(__file__).parents[2] / "models" / "late_payment"
TOLERANCE = 0.004
MEASURES = ("roc_auc", "pr_auc", "brier", "ece", "base_rate")

AT_LEAST = {("sample_b", "roc_auc"): 0.870, ("sample_b", "pr_auc"): 0.860, ("ibm", "roc_auc"): 0.872}
AT_MOST = {("sample_b", "brier"): 0.138, ("sample_b", "ece"): 0.03}
# What was aimed at and is not reached stands in the card under "Aims not reached".
AGAIN = ("base", "thin_history")
"""Scenarios that are computed anew; all five take minutes, and `make card` does them."""


ASSESSED = ("n", "base_rate", "roc_auc", "pr_auc", "brier", "ece")


@pytest.fixture(scope="module")
def golden():
    return json.loads((FOLDER / "golden_metrics.json").read_text(encoding="utf-8"))


def test_the_card_says_what_the_figures_say(golden):
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == render(golden), "run make card"


def test_the_front_page_says_the_same_figures(golden):
    page = (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")
    assert page == with_figures(page, golden), "run make card"


def test_the_cards_pictures_are_those_of_its_figures(golden):
    drawn = {file.name: file.read_text(encoding="utf-8") for file in (FOLDER / "plots").glob("*.svg")}
    assert drawn == plots(golden), "run make card"


def test_a_page_without_marks_is_refused(golden):
    with pytest.raises(ValueError, match="no two lines"):
        with_figures("# riskpay\n", golden)


def test_the_signature_is_that_of_the_catalogue():
    assert json.loads((FOLDER / "signature.json").read_text(encoding="utf-8")) == signature(), "run make card"


def test_the_figures_are_of_the_model_as_it_is_grown_now(golden):
    assert golden["model"] == model_facts(), "run make card"
    assert {name: golden["synthetic"][name] for name in WORLD} == WORLD
    assert list(golden["synthetic"]["scenarios"]) == list(GRID)
    assert {world["cutoff"] for world in golden["synthetic"]["scenarios"].values()} == {WORLD_CUTOFF.isoformat()}


def test_the_card_says_what_is_left_out(golden):
    card = render(golden)
    for said in ("`Disputed` of the IBM file carries no date", "Numbers of contacts", "Usual effort", "naive_ratio"):
        assert said in card
    assert "None" not in card
    assert "\n\n\n" not in card


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", HELD_PERIODS)
def test_the_figures_come_out_again(golden, held_out, name):
    found, kept = held_out(name)["targets"], golden["held_out"][name]["targets"]
    for target, predictors in kept.items():
        for who in predictors.keys() - {"intervals"}:
            now, then = found[target][who], predictors[who]
            assert now["n"] == then["n"]
            assert {m: now[m] for m in MEASURES} == pytest.approx({m: then[m] for m in MEASURES}, abs=TOLERANCE)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", HELD_PERIODS)
def test_the_assessment_says_of_items_at_issue_what_the_backtest_says(held_out, name):
    found = held_out(name)
    assessed = found["assessment"]
    for target, predictors in found["targets"].items():
        for who in predictors.keys() - {"intervals"}:
            told = {measure: assessed["at_issue"][target][who][measure] for measure in ASSESSED}
            assert told == pytest.approx({m: predictors[who][m] for m in ASSESSED}, abs=1e-4), (target, who)
    states, basis = assessed["snapshots"], assessed["assessment_basis"]
    assert sum(states[state]["unpaid_7"]["model"]["n"] for state in states) <= basis["asked"]
    assert sum(curve["n"] for curve in assessed["curves"].values()) == basis["at_issue"]


@pytest.mark.parametrize(("name", "measure"), AT_LEAST)
def test_ranking_is_as_good_as_it_must_be(golden, name, measure):
    assert golden["held_out"][name]["targets"]["late"]["model"][measure] >= AT_LEAST[name, measure]


@pytest.mark.parametrize(("name", "measure"), AT_MOST)
def test_chances_are_as_good_as_they_must_be(golden, name, measure):
    assert golden["held_out"][name]["targets"]["late"]["model"][measure] <= AT_MOST[name, measure]


def test_against_known_truth_no_scenario_is_off_in_the_large(golden):
    worlds = golden["synthetic"]["scenarios"]
    assert max(abs(world["predictors"]["model"]["mean_error"]) for world in worlds.values()) <= 0.02


def test_against_known_truth_the_naive_ones_are_beaten_but_for_an_ece(golden):
    left = unbeaten(golden["synthetic"]["scenarios"])
    assert all(said.startswith("ece of naive_ratio") for said in left)


@pytest.mark.xfail(strict=True, reason="aimed at and not reached; the card says so under 'Aims not reached'")
@pytest.mark.parametrize("aim", ["ibm brier", "late_30 brier", "overdue", "truth mean_abs_error", "truth ece"])
def test_aims_that_are_not_reached(golden, aim):
    held, worlds = golden["held_out"], golden["synthetic"]["scenarios"]
    month_late = held["sample_b"]["targets"]["late_30"]["intervals"]["brier_less_naive_ratio"]
    overdue = held["sample_b"]["assessment"]["snapshots"]["overdue"].values()
    reached = {
        "ibm brier": held["ibm"]["targets"]["late"]["model"]["brier"] <= 0.131,
        "late_30 brier": month_late[1] < 0,
        "overdue": all(told["model"]["brier"] <= told["naive_ratio"]["brier"] for told in overdue),
        "truth mean_abs_error": max(w["predictors"]["model"]["mean_abs_error"] for w in worlds.values()) <= 0.05,
        "truth ece": not unbeaten(worlds),
    }
    assert reached[aim]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", AGAIN)
def test_the_figures_against_known_truth_come_out_again(golden, scenario):
    kept = golden["synthetic"]["scenarios"][scenario]["predictors"]
    for who, now in against_truth(scenario)["predictors"].items():
        assert now == pytest.approx(kept[who], abs=TOLERANCE), who


@pytest.mark.real
@pytest.mark.slow
def test_a_month_late_is_told_no_worse_than_by_the_naive_ratio_the_luck_of_the_customers_allowed_for(held_out):
    found = held_out("sample_b")["targets"]["late_30"]
    low, _ = found["intervals"]["brier_less_naive_ratio"]
    assert low <= 0
    assert found["model"]["roc_auc"] > found["naive_ratio"]["roc_auc"]


@pytest.mark.real
@pytest.mark.slow
def test_the_model_beats_the_naive_ratio_beyond_the_luck_of_the_customers(held_out):
    low, high = held_out("sample_b")["targets"]["late"]["intervals"]["brier_less_naive_ratio"]
    assert low < high < 0
