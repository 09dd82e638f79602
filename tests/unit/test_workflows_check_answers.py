"""What is said of answers: losses against the test in training, gaps, slopes and trends, each with its errors."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.decisions.policy import Policy
from riskpay.model.ripened import HORIZONS
from riskpay.workflows.check_answers import Ripe, check_answers, targets
from riskpay.workflows.checks import worst

RULES = Policy().monitor
DAY = date(2024, 12, 31)
LAGS = {"late": 32, **{f"unpaid_{h}": h + 2 for h in HORIZONS}}
TESTED = {"late": {"model": {"brier": 0.19, "roc_auc": 0.72}, "intervals": {"brier": [0.185, 0.195]}}}


def answers(n=3000, customers=300, off=0.0, days=200, bold=1.0, seed=1, growing=False):
    """Answers of so many days: what happens is ``off`` more likely (in log-odds) than told."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-0.3, 1.0, n)
    day = rng.integers(0, days, n)
    shift = off * (1 - day / days) if growing else off
    return pl.DataFrame(
        {
            "as_of": [DAY - timedelta(days=40 + int(d)) for d in day],
            "company_id": ["1"] * n,
            "customer_id": [f"C{c}" for c in rng.integers(0, customers, n)],
            "p": 1 / (1 + np.exp(-bold * odds)),
            "happened": rng.random(n) < 1 / (1 + np.exp(-odds - shift)),
        }
    )


def checks(rows, tested=TESTED, target="late"):
    by_target = {name: rows if name == target else rows.clear() for name in targets()}
    found = check_answers(Ripe(by_target, "kept"), tested, DAY, RULES, LAGS)
    return {check.name: check for check in found.checks}


def test_calibrated_answers_are_in_order():
    found = checks(answers())
    judged = [check for name, check in found.items() if "unpaid" not in name]
    assert worst(check.status for check in judged) == "ok"
    assert {check.status for name, check in found.items() if "unpaid" in name} == {"not_enough"}
    assert len(found) == 5 + len(HORIZONS)


def test_what_happens_more_often_than_told_is_an_alarm_of_calibration():
    found = checks(answers(off=0.8))
    assert found["calibration.late.gap"].status == "alarm"
    assert found["calibration.late.gap"].value > 0.1
    assert found["calibration.late.gap"].details["measures"]["ratio"]["value"] > 1.2
    assert found["calibration.late.slope"].status == "ok"


def test_what_happens_less_often_is_one_too():
    found = checks(answers(off=-0.8))["calibration.late.gap"]
    assert (found.status, found.value < 0) == ("alarm", True)


def test_answers_that_are_too_bold_have_a_slope_below_one():
    found = checks(answers(bold=2.5))["calibration.late.slope"]
    assert found.status == "alarm"
    assert found.value < -0.5
    assert "too bold" in found.said


def test_answers_that_rank_worse_than_in_the_test():
    better = {"late": {"model": {"brier": 0.15, "roc_auc": 0.82}, "intervals": {"brier": [0.145, 0.155]}}}
    found = checks(answers(), better)
    assert found["answers.late.brier"].status in {"warn", "alarm"}
    assert found["answers.late.roc_auc"].status in {"warn", "alarm"}
    told = found["answers.late.brier"].details["measures"]["brier"]["value"]
    assert found["answers.late.brier"].value == pytest.approx(told - 0.15, abs=1e-5)


def test_a_loss_that_may_be_chance_is_in_order():
    few = answers(n=150, customers=40, days=90)
    loose = {"late": {"model": {"brier": 0.17, "roc_auc": 0.75}, "intervals": {"brier": [0.14, 0.20]}}}
    assert checks(few, loose)["answers.late.brier"].status == "ok"


def test_a_gap_that_grows_by_the_month_is_a_trend():
    found = checks(answers(n=9000, off=1.5, growing=True))["calibration.late.trend"]
    assert found.status in {"warn", "alarm"}
    assert found.value > 0.01


@pytest.mark.parametrize(
    "few",
    [answers(n=60), answers(customers=6), answers().filter(pl.col("as_of") < DAY - timedelta(days=150))],
    ids=["items", "customers", "recent ones"],
)
def test_few_give_no_verdict(few):
    found = checks(few)
    assert {found[name].status for name in ("answers.late.brier", "calibration.late.gap")} == {"not_enough"}


def test_a_model_without_a_test_is_held_against_none():
    found = checks(answers(), {})
    assert found["answers.late.brier"].status == "not_enough"
    assert found["calibration.late.gap"].status == "ok"


def test_curves_are_held_against_what_happened_at_their_horizon():
    found = checks(answers(off=1.5), target="unpaid_30")
    assert found["calibration.unpaid_30.gap"].status == "alarm"
    assert found["calibration.late.gap"].status == "not_enough"


def test_months_and_weeks_are_shown_in_order_with_their_errors():
    found = check_answers(Ripe({"late": answers()}, "kept"), TESTED, DAY, RULES, LAGS)
    months = [row["from"] for row in found.by_month["late"]]
    assert months == sorted(months)
    assert sum(row["n"] for row in found.by_week["late"]) == 3000
    assert found.by_month["late"][0]["gap"]["error"] > 0
