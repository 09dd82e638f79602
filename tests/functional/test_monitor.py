"""`riskpay monitor` from end to end: exit codes, JSON, page, kept scores; and whether it finds what changed."""

import json
from datetime import timedelta

import pytest

from riskpay.cli import exits, main
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.scenario import BASE
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.store.score_files import ScoreFiles
from riskpay.workflows.daily import daily
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.monitor import monitor
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CUSTOMERS, MONTHS, SEED = 120, 15, 7
KEYS = {"name", "status", "value", "threshold", "said", "next"}
STEP = BASE.named("step", step_days=8.0, step_after=366)
"""Everybody pays eight days later from 1 January 2025 on, the day after the training."""


@pytest.fixture
def riskpay(capsys):
    """Runs a command line in this process: (exit code, stdout, stderr)."""

    def run(*arguments):
        code = main.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def untrained(home, tmp_path):
    """A home with a ledger and no model: (home, its last day)."""
    world = synthesise(40, 9, seed=3)
    write_world(world, tmp_path / "export")
    ingest(home, tmp_path / "export", "canonical", world.as_of)
    return home, world.as_of


def by_name(result):
    return {check["name"]: check for check in result["checks"]}


def test_without_a_model_the_data_is_watched(untrained, riskpay):
    home, day = untrained
    code, out, _ = riskpay("--home", home, "monitor", "--as-of", day, "--json")
    found = json.loads(out)
    checks = by_name(found)
    assert (code, found["model_version"]) == (0, None)
    assert all(check.keys() >= KEYS for check in found["checks"])
    assert checks["data.facts"]["status"] == "ok"
    assert checks["data.rejected"]["value"] == 0
    assert checks["drift.features"]["status"] == "not_enough"
    assert "riskpay train" not in checks["drift.features"]["next"]
    assert found["series"]["weeks"]


def test_old_data_is_an_alarm_with_its_own_exit_code(untrained, riskpay):
    home, day = untrained
    code, out, _ = riskpay("--home", home, "monitor", "--as-of", day + timedelta(days=10), "--json")
    assert (code, json.loads(out)["status"]) == (exits.ALARM, "alarm")
    code, out, _ = riskpay("--home", home, "monitor", "--as-of", day + timedelta(days=5))
    assert code == 0
    assert "newest fact" in out
    assert "Warning" in out
    assert "riskpay ingest" in out


def test_without_a_day_the_age_of_the_data_is_counted_to_today(untrained, riskpay):
    home, day = untrained
    code, out, _ = riskpay("--home", home, "monitor", "--json")
    found = json.loads(out)
    assert (code, found["as_of"]) == (exits.ALARM, day.isoformat())
    assert by_name(found)["data.facts"]["value"] > 30


def test_thresholds_are_the_policys(untrained, riskpay):
    home, day = untrained
    (home / "policy.yaml").write_text(
        "monitor: {days_without_facts: {warn: 20, alarm: 30}, days_without_cash: {warn: 20, alarm: 30}}\n"
    )
    code, out, _ = riskpay("--home", home, "monitor", "--as-of", day + timedelta(days=10), "--json")
    assert (code, by_name(json.loads(out))["data.facts"]["threshold"]) == (0, {"warn": 20, "alarm": 30})
    (home / "policy.yaml").write_text("monitor: {psi: {warn: 0.3, alarm: 0.2}}\n")
    code, _, err = riskpay("--home", home, "monitor", "--as-of", day)
    assert code == exits.BAD_DATA
    assert "warn must not be above alarm" in err


def test_no_ledger_is_not_there_and_a_page_that_cannot_be_written_is_bad_usage(untrained, riskpay, tmp_path):
    home, day = untrained
    assert riskpay("--home", tmp_path / "none", "monitor")[0] == exits.NOT_THERE
    code, _, err = riskpay("--home", home, "monitor", "--as-of", day, "--page", tmp_path / "no" / "page.html")
    assert code == exits.BAD_USAGE
    assert "cannot be written" in err


def test_the_page_is_written_beside_the_answer(untrained, riskpay, tmp_path):
    home, day = untrained
    code, out, err = riskpay("--home", home, "monitor", "--as-of", day, "--page", tmp_path / "page.html", "--json")
    assert code == 0
    assert json.loads(out)["status"]
    assert "page.html" in err
    assert "No model is watched" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home whose champion was trained at the end of 2024, and a ledger until the end of March 2025: (home, its last day)."""
    home = tmp_path_factory.mktemp("watched") / "home"
    world = synthesise(CUSTOMERS, MONTHS, SEED)
    home.mkdir()
    (home / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    LedgerFiles(home).replace(world.ledger)
    done = train(home, BASE.start.replace(month=12, day=31))
    assert done.verdict.promoted
    return home, world.as_of


@pytest.mark.slow
def test_a_world_that_stays_the_same_is_no_alarm_and_one_that_changes_is(trained):
    home, day = trained
    same = monitor(home, day).to_json()
    assert same["status"] in {"ok", "warn"}
    assert by_name(same)["answers.late.brier"]["status"] == "ok"
    assert "asked again" in same["basis"]
    before = LedgerFiles(home).current()
    LedgerFiles(home).replace(synthesise(CUSTOMERS, MONTHS, SEED, STEP).ledger)
    try:
        changed = monitor(home, day).to_json()
    finally:
        LedgerFiles(home).replace(before)
    checks = by_name(changed)
    assert changed["status"] == "alarm"
    assert checks["calibration.late.gap"]["status"] == "alarm"
    assert checks["calibration.late.gap"]["value"] > 0.1
    assert checks["answers.late.brier"]["status"] == "alarm"


@pytest.mark.slow
def test_what_daily_runs_said_is_kept_and_held_against_what_happened(trained):
    home, day = trained
    for back in range(84, -1, -7):
        daily(home, day - timedelta(days=back))
    daily(home, day)
    assert len(ScoreFiles(home).kept()) == 13
    found = monitor(home, day)
    assert "what daily runs said" in found.basis
    told = found.to_json()
    late = sum(row["n"] for row in told["series"]["by_month"]["late"])
    opened = Home.open(home)
    items = opened.ledger.invoices.filter(document_type="invoice").height
    assert 100 <= late <= items
    measures = by_name(told)["calibration.unpaid_7.gap"]["measures"]
    assert measures["n"] > by_name(told)["calibration.unpaid_60.gap"]["measures"]["n"]


@pytest.mark.slow
def test_a_home_scored_by_points_keeps_no_scores(trained, tmp_path):
    world = synthesise(30, 6, seed=5)
    LedgerFiles(tmp_path / "home").replace(world.ledger)
    daily(tmp_path / "home", world.as_of, without_model=True)
    assert not (tmp_path / "home" / "scores").exists()
