"""The page of monitoring: it says the status, every check, what to do, and needs nothing from elsewhere."""

import copy
import re

import pytest

from riskpay.reporting.monitor_figures import SHOWN, features
from riskpay.reporting.monitor_page import render

MEASURES = {"brier": {"value": 0.14, "error": 0.01}}
CHECKS = [
    {"name": "data.facts", "status": "alarm", "value": 12.0, "threshold": {"warn": 4.0, "alarm": 8.0}, "said": "the newest fact is old", "next": "load"},
    {"name": "data.rejected", "status": "not_enough", "value": None, "threshold": None, "said": "no load on record", "next": ""},
    {"name": "drift.features", "status": "warn", "value": 0.1, "threshold": {"warn": 0.1, "alarm": 0.3}, "said": "2 of 20", "next": "look"},
    {"name": "drift.feature.amount_log", "status": "warn", "value": 0.4, "threshold": {"warn": 0.1, "alarm": 0.25}, "said": "moved", "next": "look"},
    {"name": "drift.feature.terms_days", "status": "ok", "value": 0.01, "threshold": {"warn": 0.1, "alarm": 0.25}, "said": "steady", "next": ""},
    {"name": "answers.late.brier", "status": "ok", "value": 0.01, "threshold": {"warn": 0.01, "alarm": 0.03}, "said": "Brier", "next": "", "measures": MEASURES},
    {"name": "calibration.unpaid_30.gap", "status": "ok", "value": 0.0, "threshold": {"warn": 0.05, "alarm": 0.1}, "said": "told", "next": ""},
]  # fmt: skip
MONTH = {"from": "2024-05-01", "predicted": 0.4, "observed": 0.42, "gap": {"value": 0.02, "error": 0.01}} | MEASURES
MOVED = {"psi": 0.4, "usual": 0.1, "before": [0.0, 0.5, 0.5], "now": [0.1, 0.2, 0.7]}
RESULT = {
    "status": "alarm",
    "as_of": "2024-07-31",
    "seen_from": "2024-08-12",
    "model_version": "3",
    "train_as_of": "2024-03-31",
    "basis": "what daily runs said since 2024-04-01",
    "checks": CHECKS,
    "series": {
        "weeks": [{"from": f"2024-07-{day:02}", "invoices": 40, "payments": 30} for day in (4, 11, 18, 25)],
        "moved": {
            "at_issue": [MOVED | {"column": "amount_log"}, MOVED | {"column": "p_late", "usual": None}],
            "later": [MOVED | {"column": "p_unpaid_30"}],
        },
        "by_week": {"late": [MONTH]},
        "by_month": {"late": [MONTH], "unpaid_30": [MONTH]},
    },
}


@pytest.fixture
def result():
    return copy.deepcopy(RESULT)


def body(page):
    """The page without Plotly's own script and without those that draw."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_the_page_says_what_is_wrong_first_and_what_to_do(result):
    said = body(render(result))
    assert said.index("Alarm") < said.index("the newest fact is old") < said.index("2 of 20")
    for part in (
        "Wednesday, 31 July 2024",
        "Model 3",
        "31 Mar 2024",
        "what daily runs said",
        "Next: load.",
        "amount log",
    ):
        assert part in said
    assert "terms days" not in said
    assert "Not enough to say" in said


def test_every_group_and_plot_has_its_title(result):
    said = body(render(result))
    for part in ("Does data come", "Does it look as it did", "Are answers as good", "Does what is told happen"):
        assert part in said
    for part in (
        "Invoices and payments a week",
        "Late: told and happened",
        "Late: Brier score",
        "Features that moved most",
    ):
        assert part in said
    assert said.count("<figure") == 7


def test_nothing_is_loaded_from_elsewhere(result):
    page = render(result)
    assert page.count("plotly.js v") == 1
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=[\"'](?!data:)", page)
    assert not re.search(r"https?://|@import|url\(", body(page))


def test_hostile_words_stay_text(result):
    result["checks"][0]["said"] = "<script>alert(1)</script>"
    result["basis"] = "<img src=x>"
    said = render(result)
    assert "<script>alert(1)" not in said
    assert "&lt;img src=x&gt;" in said


def test_without_a_model_the_data_alone_is_shown(result):
    result.update(model_version=None, train_as_of=None, basis="", checks=CHECKS[:2], series={"weeks": []})
    said = body(render(result))
    assert "No model is watched" in said
    assert "<figure" not in said


def test_the_list_of_features_is_cut_and_starts_with_what_is_beyond_the_usual():
    moved = [MOVED | {"column": f"f{k}", "psi": 0.1 + k / 100, "usual": 5.0} for k in range(30)]
    found = features([*moved, MOVED | {"column": "real", "psi": 0.6, "usual": 0.1}], 0.1, 0.25)
    names = list(found.data[1].y)
    assert len(names) == SHOWN
    assert names[-1] == "real"
