"""The late-payment model on held-out periods: as good as its card says, and as good as it must be."""

import json
from pathlib import Path

import pytest

from riskpay.reporting.model_card import render, signature, with_figures
from riskpay.workflows.card import HELD_PERIODS, WORLD, WORLD_CUTOFF, model_facts

FOLDER = Path(__file__).parents[2] / "models" / "late_payment"
TOLERANCE = 0.004
MEASURES = ("roc_auc", "pr_auc", "brier", "ece", "base_rate")

AT_LEAST = {("sample_b", "roc_auc"): 0.870, ("sample_b", "pr_auc"): 0.860, ("ibm", "roc_auc"): 0.872}
AT_MOST = {("sample_b", "brier"): 0.138, ("sample_b", "ece"): 0.03}
# On the IBM file a Brier score of .131 was aimed at and is not reached: the card says so under "Aims not reached".


@pytest.fixture(scope="module")
def golden():
    return json.loads((FOLDER / "golden_metrics.json").read_text(encoding="utf-8"))


def test_the_card_says_what_the_figures_say(golden):
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == render(golden), "run make card"


def test_the_front_page_says_the_same_figures(golden):
    page = (FOLDER.parents[1] / "README.md").read_text(encoding="utf-8")
    assert page == with_figures(page, golden), "run make card"


def test_a_page_without_marks_is_refused(golden):
    with pytest.raises(ValueError, match="no two lines"):
        with_figures("# riskpay\n", golden)


def test_the_signature_is_that_of_the_catalogue():
    assert json.loads((FOLDER / "signature.json").read_text(encoding="utf-8")) == signature(), "run make card"


def test_the_figures_are_of_the_model_as_it_is_grown_now(golden):
    assert golden["model"] == model_facts(), "run make card"
    assert {name: golden["synthetic"][name] for name in WORLD} == WORLD
    assert golden["synthetic"]["cutoff"] == WORLD_CUTOFF.isoformat()


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
@pytest.mark.parametrize(("name", "measure"), AT_LEAST)
def test_ranking_is_as_good_as_it_must_be(held_out, name, measure):
    assert held_out(name)["targets"]["late"]["model"][measure] >= AT_LEAST[name, measure]


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("name", "measure"), AT_MOST)
def test_chances_are_as_good_as_they_must_be(held_out, name, measure):
    assert held_out(name)["targets"]["late"]["model"][measure] <= AT_MOST[name, measure]


@pytest.mark.real
@pytest.mark.slow
def test_a_month_late_is_told_no_worse_than_by_the_naive_ratio(held_out):
    found = held_out("sample_b")["targets"]["late_30"]
    assert found["model"]["brier"] <= found["naive_ratio"]["brier"]
    assert found["model"]["roc_auc"] > found["naive_ratio"]["roc_auc"]
    assert found["intervals"]["brier_less_naive_ratio"] is not None


@pytest.mark.real
@pytest.mark.slow
def test_the_model_beats_the_naive_ratio_beyond_the_luck_of_the_customers(held_out):
    low, high = held_out("sample_b")["targets"]["late"]["intervals"]["brier_less_naive_ratio"]
    assert low < high < 0
