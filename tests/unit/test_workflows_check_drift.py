"""What counts as drift: far, farther than usual, and more than chance; one feature alone never alarms."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.decisions.policy import Policy
from riskpay.model.profile import Moved, Profile
from riskpay.model.reference import AT_ISSUE, LATER, Reference
from riskpay.workflows.check_drift import check_drift, verdict
from riskpay.workflows.checks import worst

RULES = Policy().monitor
UNTIL = date(2024, 12, 1)
NAMES = tuple(f"f{k}" for k in range(10))
FAR = Moved("f", 0.3, 0.2, 0.5, 0.0, 0.001, 1000, 200, (0.0, 1.0), (0.0, 1.0))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "alarm"),
        ({"psi": 0.2, "usual": 0.05}, "warn"),
        ({"psi": 0.09, "usual": 0.05}, "ok"),
        ({"usual": 0.31}, "ok"),
        ({"q": 0.02}, "ok"),
        ({"usual": None}, "not_enough"),
    ],
    ids=["far", "less far", "near", "as far as usual", "may be chance", "no yardstick"],
)
def test_a_column_has_moved_if_it_is_far_farther_than_usual_and_not_by_chance(change, status):
    assert verdict(replace(FAR, **change), RULES) == status


def questions(n, first, days, shift=0.0, moved=(), seed=1, customers=40):
    rng = np.random.default_rng(seed)
    columns = {name: rng.normal(shift if name in moved else 0, 1, n) for name in (*NAMES, "p_late", "p_unpaid_30")}
    keys = {"company_id": ["1"] * n, "invoice_id": [f"{first}{k}" for k in range(n)], "instalment": [1] * n}
    whose = {"customer_id": [f"C{k % customers}" for k in range(n)]}
    return pl.DataFrame(
        {**keys, **whose, "as_of": [first + timedelta(days=int(d)) for d in rng.integers(0, days, n)], **columns}
    )


@pytest.fixture(scope="module")
def reference():
    asked = questions(4000, UNTIL - timedelta(days=280), 280)
    issue, later = Profile.of(asked, ("p_late",), UNTIL), Profile.of(asked, ("p_unpaid_30",), UNTIL)
    return Reference(UNTIL, {AT_ISSUE: Profile.of(asked, NAMES, UNTIL)}, {AT_ISSUE: issue, LATER: later})


def checks(reference, lately, later=None):
    asked = {AT_ISSUE: lately, LATER: lately if later is None else later}
    return {check.name: check for check in check_drift(reference, asked, UNTIL, NAMES, RULES).checks}


def lately(n=400, **more):
    return questions(n, UNTIL, 28, seed=2, **more)


def test_what_is_the_same_is_in_order(reference):
    found = checks(reference, lately())
    assert worst(check.status for check in found.values()) == "ok"
    assert len([name for name in found if name.startswith("drift.feature.")]) == len(NAMES)


def test_one_feature_alone_warns(reference):
    found = checks(reference, lately(moved=("f3",), shift=3.0))
    assert found["drift.feature.f3"].status == "warn"
    assert found["drift.feature.f3"].details["alone"] == "alarm"
    assert (found["drift.features"].status, found["drift.features"].value) == ("warn", 0.1)


def test_a_feature_a_little_beyond_its_usual_is_left_to_the_share_of_all(reference):
    found = checks(reference, lately(moved=("f3",), shift=0.55))
    details = found["drift.feature.f3"].details
    assert found["drift.feature.f3"].value < 3 * details["usual"] or details["alone"] != "alarm"
    assert (found["drift.feature.f3"].status, found["drift.features"].status) == ("ok", "ok")


def test_a_share_of_features_is_the_alarm(reference):
    found = checks(reference, lately(moved=NAMES[:4], shift=3.0))
    assert found["drift.features"].status == "alarm"
    assert found["drift.features"].details["alarmed"] == list(NAMES[:4])
    assert "riskpay train" in found["drift.features"].to_json()["next"]


@pytest.mark.parametrize("answer", ["p_late", "p_unpaid_30"])
def test_answers_that_moved_are_an_alarm_by_themselves(reference, answer):
    found = checks(reference, lately(moved=(answer,), shift=2.0))
    assert found[f"drift.score.{answer}"].status == "alarm"


@pytest.mark.parametrize("few", [{"n": 60}, {"customers": 5}], ids=["questions", "customers"])
def test_few_give_no_verdict_and_it_is_said(reference, few):
    found = checks(reference, lately(moved=NAMES, shift=5.0, **few))
    assert {check.status for check in found.values()} == {"not_enough"}
    assert "100 of 20 are needed" in found["drift.features"].said


def test_answers_have_moved_if_they_are_far_from_those_held_back_and_from_all_that_was_learnt(reference):
    held = questions(600, UNTIL - timedelta(days=56), 56, moved=("p_late",), shift=2.0, seed=3)
    with_trial = replace(reference, held={AT_ISSUE: Profile.of(held, ("p_late",), UNTIL)})
    like_held, like_learnt, like_none = (
        lately(moved=("p_late",), shift=2.0),
        lately(),
        lately(moved=("p_late",), shift=-2.0),
    )
    assert checks(reference, like_held)["drift.score.p_late"].status == "alarm"
    assert checks(with_trial, like_held)["drift.score.p_late"].status == "ok"
    assert checks(with_trial, like_learnt)["drift.score.p_late"].status == "ok"
    assert checks(with_trial, like_none)["drift.score.p_late"].status == "alarm"


def test_few_held_back_answers_have_a_wider_yardstick(reference):
    held = questions(120, UNTIL - timedelta(days=56), 56, seed=3)
    few = replace(reference, held={AT_ISSUE: Profile.of(held, ("p_late",), UNTIL)})
    whole, part = (checks(one, lately())["drift.score.p_late"].details for one in (reference, few))
    chance = (1 / 120 + 1 / 400) / (1 / 4000 + 1 / 400)
    assert (whole["n_before"], part["n_before"]) == (4000, 120)
    assert part["usual"] == pytest.approx(whole["usual"] * chance, rel=0.01)


def test_a_young_ledger_has_no_yardstick_and_no_verdict(reference):
    young = Profile.of(questions(2000, UNTIL - timedelta(days=100), 100), NAMES, UNTIL)
    found = checks(replace(reference, asked={AT_ISSUE: young}), lately(moved=NAMES, shift=3.0))
    features = {check.status for name, check in found.items() if name.startswith("drift.feature")}
    assert features == {"not_enough"}
    assert "8 times four weeks" in found["drift.features"].said
    assert found["drift.feature.f1"].value > 0.25
