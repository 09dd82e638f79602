"""`riskpay backtest --full`, what a training run keeps of its assessment, and the card that is written from one."""

import json
from datetime import date

import mlflow
import pytest

from riskpay.cli import main
from riskpay.cli.output import show
from riskpay.cli.show_assessment import assessment_parts
from riskpay.reporting.model_card import plots, render
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows import assess
from riskpay.workflows.backtest import backtest
from riskpay.workflows.card import shortened
from riskpay.workflows.card import told as kept_of
from riskpay.workflows.ingest import ingest
from riskpay.workflows.train import train

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

CUTOFF, UNTIL = date(2024, 8, 1), date(2024, 9, 30)
LATE = ["late", "late_30", "late_60", "late_90"]
UNPAID = ["unpaid_7", "unpaid_30", "unpaid_60", "unpaid_90"]
PREDICTORS = {"model", "naive_ratio", "naive_mean", "naive_constant"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a year of a small world."""
    place = tmp_path_factory.mktemp("full")
    world = synthesise(80, 12, seed=3)
    write_world(world, place / "export")
    ingest(place / "home", place / "export", "canonical", world.as_of)
    (place / "home" / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    return place / "home"


@pytest.fixture(scope="module")
def result(home):
    return backtest(home, CUTOFF, UNTIL, full=True)


@pytest.fixture(scope="module")
def found(result):
    """The result as JSON readers see it."""
    return json.loads(json.dumps(result.to_json(), allow_nan=False))


def test_at_issue_the_assessment_says_what_the_contract_says(found):
    assert list(found["at_issue"]) == LATE
    for target, contract in found["targets"].items():
        for who in PREDICTORS:
            assessed = {name: found["at_issue"][target][who][name] for name in contract[who]}
            assert assessed == pytest.approx(contract[who], abs=2e-6), (target, who)
    raw = found["effective"]["raw"]["model"]
    assert raw == found["at_issue"]["late"]["model"]


def test_the_open_book_is_asked_on_mondays_overdue_items_apart(found):
    basis, snapshots = found["assessment_basis"], found["snapshots"]
    assert all(date.fromisoformat(day).weekday() == 0 for day in basis["mondays"])
    assert basis["mondays"][0] >= CUTOFF.isoformat()
    assert list(snapshots["not_due"]) == [*LATE, *UNPAID]
    assert list(snapshots["overdue"]) == UNPAID
    asked = snapshots["not_due"]["unpaid_7"]["model"]["n"] + snapshots["overdue"]["unpaid_7"]["model"]["n"]
    assert 0 < asked <= basis["asked"] == basis["open_items"]
    for by_target in snapshots.values():
        shares = [by_target[target]["model"]["base_rate"] for target in ("unpaid_7", "unpaid_30")]
        told = [by_target[target]["model"]["mean_p"] for target in UNPAID]
        assert shares == sorted(shares, reverse=True)
        assert told == sorted(told, reverse=True)


def test_the_parts_of_a_target_add_up_to_it(found):
    for name, sliced in found["slices"].items():
        situation, _, target = name.partition(".")
        whole = (found["at_issue"] if situation == "at_issue" else found["snapshots"][situation])[target]["model"]
        for parts in sliced.values():
            assert sum(part["n"] for part in parts.values()) == whole["n"]
            happened = sum(part["n"] * part["base_rate"] for part in parts.values())
            assert happened == pytest.approx(whole["n"] * whole["base_rate"], abs=0.01)
    weeks = found["weeks"]["at_issue.late"]
    assert sum(week["n"] for week in weeks) == found["at_issue"]["late"]["model"]["n"]
    assert sum(curve["n"] for curve in found["curves"].values()) == found["assessment_basis"]["at_issue"]


def test_orders_lie_between_chance_and_perfect_knowledge(found):
    for told in found["capacity"].values():
        for measure, best in told["best"].items():
            assert 0 <= told["model"][measure] <= best + 1e-9
    for orders in found["lift"].values():
        assert orders["money"]["model"][-1] == orders["items"]["model"][-1] == 1.0
        assert orders["money"]["model"] == sorted(orders["money"]["model"])


def test_by_the_effective_due_date_fewer_are_late_and_the_curve_tells_it_better_than_p_late(found):
    effective, raw = found["effective"]["effective"], found["effective"]["raw"]
    assert effective["model"]["base_rate"] < raw["model"]["base_rate"]
    assert effective["model"]["mean_p"] < effective["p_late"]["mean_p"] == raw["model"]["mean_p"]
    assert effective["less"]["p_late"]["brier"]["change"] < 0


def test_days_late_count_those_who_have_not_paid(found, result):
    for told in found["days_late"].values():
        assert told["model"]["pinball_50"] == pytest.approx(told["model"]["mae"] / 2, abs=1e-6)
        assert 0 < told["model"]["within_p10_p90"] <= 1
    at_issue = found["days_late"]["at_issue"]
    assert at_issue["n"] + at_issue["unpaid"] + at_issue["otherwise"] == found["assessment_basis"]["at_issue"]


def test_of_a_large_book_every_so_many_is_asked(home, monkeypatch, found):
    monkeypatch.setattr(assess, "MOST_ASKED", 100)
    basis = backtest(home, CUTOFF, UNTIL, full=True).to_json()["assessment_basis"]
    assert basis["open_items"] == found["assessment_basis"]["open_items"]
    assert 50 <= basis["asked"] <= 100


def test_a_window_without_a_monday_is_assessed_at_issue_alone(home):
    tuesday, sunday = date(2024, 8, 6), date(2024, 8, 11)
    short = json.loads(json.dumps(backtest(home, tuesday, sunday, full=True).to_json(), allow_nan=False))
    assert short["assessment_basis"]["mondays"] == []
    assert short["snapshots"]["overdue"]["unpaid_30"]["model"]["n"] == 0
    assert short["at_issue"]["late"]["model"]["n"] == short["targets"]["late"]["model"]["n"] > 0
    show(*assessment_parts(short))


def test_the_terminal_shows_every_table(found, capsys):
    show(*assessment_parts(found))
    text = capsys.readouterr().out
    for said in ("At issue", "Not yet due", "Overdue", "Days late", "At capacity", "effective due date", "By part"):
        assert said in text
    assert assessment_parts({"targets": found["targets"]}) == []


def test_the_command_adds_its_keys_beside_the_contracts(home, capsys):
    asked = ["backtest", "--cutoff", CUTOFF.isoformat(), "--until", UNTIL.isoformat(), "--full", "--json"]
    assert main.main(["--home", str(home), *asked]) == 0
    said = json.loads(capsys.readouterr().out)
    keys = {"at_issue", "snapshots", "slices", "days_late", "capacity", "effective", "weeks", "curves", "lift"}
    assert keys <= set(said)
    assert set(said["targets"]) == {"late", "late_30"}


def test_a_run_keeps_metrics_json_and_pictures_of_the_weeks_held_back(home):
    trained = train(home)
    client = mlflow.MlflowClient(f"sqlite:///{home}/mlflow.db")
    run = client.get_model_version("late_payment", trained.model_version).tags["run"]
    metrics = client.get_run(run).data.metrics
    assert metrics["at_issue.late.model.brier"] == pytest.approx(metrics["late.model.brier"], abs=2e-6)
    assert {
        "overdue.unpaid_30.model.brier",
        "overdue.days_late.model.mae",
        "not_due.late.capacity.model.captured_10",
    } <= set(metrics)
    files = {file.path for file in client.list_artifacts(run, "plots")}
    assert {f"plots/{name}.html" for name in ("reliability_at_issue", "lift", "curves", "drift")} <= files
    kept = json.loads((home / "artifacts" / run / "artifacts" / "assessment.json").read_text(encoding="utf-8"))
    assert kept["assessment_basis"]["first"] == trained.tested_from.isoformat()


def test_the_card_shows_an_assessment_and_its_pictures(result, found, tmp_path):
    looks_at = {"p_late": {"questions": 1, "families": [], "phrases": []}}
    held = {
        "title": "small world",
        "looks_at": looks_at,
        **shortened({key: found[key] for key in ("cutoff", "until", "targets")}),
    }
    kept = shortened(kept_of(result.assessment))
    card = {
        "model": dict.fromkeys(("features", "leaves", "min_rows_in_leaf", "learning_rate", "lag_days", "grace_days"), 1)
        | {"families": ["history"], "interval_ends": [0], "landmark_days": [1]},
        "held_out": {"sample_b": {**held, "assessment": kept}, "ibm": held},
        "synthetic": {"customers": 1, "months": 1, "seed": 1, "scenarios": {"base": {"predictors": truth()}}},
    }
    page = render(card)
    row = kept["snapshots"]["overdue"]["unpaid_30"]["model"]
    assert f"| unpaid_30 | {row['n']:,} | {row['base_rate']:.4f} |" in page
    assert page.count("the open book, money, and parts") == 1
    assert "\n\n\n" not in page
    for name in plots(card):
        assert f"(plots/{name})" in page
    assert {name.partition("_b_")[2] for name in plots(card)} >= {"lift.svg", "curves.svg", "drift.svg"}


def truth():
    measures = ("mean_abs_error", "mean_error", "roc_auc", "pr_auc", "brier", "ece")
    return {who: dict.fromkeys(measures, 0.5) for who in (*PREDICTORS, "best")}
