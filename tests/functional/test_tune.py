"""`riskpay tune`: what it tells, that it goes on where it stopped, and what it writes down."""

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from riskpay.cli import main
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

# A runner may have started the tests with Ctrl-C ignored, which a process inherits.
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
RISKPAY = [sys.executable, "-c", f"{HEARING}; from riskpay.cli.main import run; run()"]
OWN = "# ours\nrounds = 20 # few\npatience = 5\nunwatched_rounds = 10\n"
PATIENCE_S = 300


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    place = tmp_path_factory.mktemp("tuned")
    world = synthesise(40, 11, seed=7)
    write_world(world, place / "export")
    ingest(place / "home", place / "export", "canonical", world.as_of)
    (place / "home" / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    (place / "home" / "training.toml").write_text(OWN, encoding="utf-8")
    return place / "home"


@pytest.fixture
def tune(home, capsys):
    """Runs the command in this process: its JSON object, or exit code and message of an error."""

    def run(*arguments, at=home):
        code = main.main(["--home", str(at), "tune", *map(str, arguments), "--json"])
        said = json.loads(capsys.readouterr().out)
        return said if code == 0 else (code, said["error"]["message"])

    return run


def states(home):
    with sqlite3.connect(home / "tuning.db") as database:
        return [state for (state,) in database.execute("SELECT state FROM trials ORDER BY trial_id")]


def under_way(home):
    """Number and settings, as they are stored, of the trial that is under way; None if none is."""
    if not (home / "tuning.db").exists():
        return None
    asked = (
        "SELECT trial_id, param_name, param_value FROM trial_params WHERE trial_id IN "
        "(SELECT trial_id FROM trials WHERE state = 'RUNNING') ORDER BY param_name"
    )
    try:
        with sqlite3.connect(home / "tuning.db") as database:
            found = database.execute(asked).fetchall()
    except sqlite3.OperationalError:  # its tables are being made
        return None
    return [row[1:] for row in found] or None


def settings_of_last(home):
    asked = (
        "SELECT param_name, param_value FROM trial_params WHERE trial_id = "
        "(SELECT max(trial_id) FROM trials WHERE state != 'RUNNING') ORDER BY param_name"
    )
    with sqlite3.connect(home / "tuning.db") as database:
        return database.execute(asked).fetchall()


def test_trials_are_told_beside_the_defaults_and_a_second_call_goes_on(home, tune):
    first = tune("--trials", 2)
    assert [trial["number"] for trial in first["trials"]] == [0, 1, 2]
    assert first["trials"][0]["role"] == "defaults"
    assert first["trials"][0]["log_loss"] == first["defaults"]["log_loss"]
    assert first["defaults"]["brier_late"] < 0.25
    for trial in first["trials"][1:]:
        change = trial["changes"]["log_loss"]
        assert change["change"] == pytest.approx(trial["log_loss"] - first["defaults"]["log_loss"], abs=2e-6)
        assert change["low"] <= change["change"] <= change["high"]
    assert first["best"] == min(first["trials"], key=lambda trial: trial["log_loss"])["number"]
    assert all(fold["until"] < first["as_of"] for fold in first["folds"])
    assert abs(first["another_seed"]["brier_late"]["change"]) < 0.02
    again = tune("--trials", 3)
    assert again["trials"][:3] == first["trials"]
    assert len(again["trials"]) == 4
    assert tune("--trials", 3, "--minutes", 0) == again


@pytest.mark.parametrize("ends_it", [signal.SIGKILL, signal.SIGINT])
def test_what_was_being_tried_when_it_was_stopped_is_tried_anew(home, tune, ends_it):
    done = len(tune("--trials", 0)["trials"])
    process = subprocess.Popen(
        [*RISKPAY, "--home", str(home), "tune", "--trials", "50"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ},
    )
    until = time.monotonic() + PATIENCE_S
    while len(tried := under_way(home) or []) < 9 and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(ends_it)
    assert process.wait(PATIENCE_S) == (-signal.SIGKILL if ends_it == signal.SIGKILL else 130)
    assert states(home).count("RUNNING") == 1
    tried = under_way(home)
    finished = sum(state in {"COMPLETE", "PRUNED"} for state in states(home))
    assert finished >= done
    after = tune("--trials", finished)
    assert len(after["trials"]) == finished + 1
    assert states(home).count("RUNNING") == 0
    assert settings_of_last(home) == tried


def test_what_is_applied_stands_in_the_file_beside_what_was_there(home, tune):
    found = tune("--trials", 3)
    number = next(trial["number"] for trial in reversed(found["trials"]) if trial["log_loss"] is not None)
    chosen = next(trial for trial in found["trials"] if trial["number"] == number)["settings"]
    applied = tune("--trials", 0, "--apply", "--trial", number)["applied"]
    assert {key: change["to"] for key, change in applied.items()}.items() <= chosen.items()
    assert (home / "training.toml").read_text(encoding="utf-8").startswith(OWN)
    grown = Home.open(home).train_settings.grown_with
    assert {key: grown[key] for key in chosen} == chosen
    assert grown["rounds"] == 20
    # The study is the same one: what is searched is no part of what it is a matter of.
    again = tune("--trials", 0, "--apply", "--trial", number)
    assert (again["study"], again["applied"]) == (found["study"], {})
    tune("--trials", 0, "--apply", "--trial", 0)
    assert Home.open(home).train_settings.hazard.learning_rate == 0.03


def test_what_may_be_chance_is_not_applied_unless_it_is_named(home, tune):
    before = (home / "training.toml").read_text(encoding="utf-8")
    found = tune("--trials", 0, "--apply")
    assert (found["applied"] is None) == (not found["beyond_chance"])
    if found["beyond_chance"]:
        assert found["best"] != 0
    else:
        assert (home / "training.toml").read_text(encoding="utf-8") == before


def test_other_settings_that_are_not_searched_are_another_study(home, tune):
    study = tune("--trials", 0)["study"]
    written = (home / "training.toml").read_text(encoding="utf-8")
    (home / "training.toml").write_text(written + "landmark_days = [1]\n", encoding="utf-8")
    try:
        other = tune("--trials", 0)
    finally:
        (home / "training.toml").write_text(written, encoding="utf-8")
    assert other["study"] != study
    assert len(other["trials"]) == 1


def test_the_table_shows_the_trials_and_what_chance_does(home, tune, capsys):
    tune("--trials", 1)
    assert main.main(["--home", str(home), "tune", "--trials", "0"]) == 0
    out = capsys.readouterr().out
    assert "the defaults" in out
    assert "another seed" in out
    assert "The best of many trials looks better than it is." in " ".join(out.split())


def test_one_process_at_a_time_tunes_in_a_home(home, tune):
    with (home / ".tuning.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert tune("--trials", 0) == (2, f"another riskpay tune is at work in {home}")


def test_bad_usage_is_told(home, tune, tmp_path):
    assert tune("--trial", 1) == (2, "--trial 1 without --apply")
    code, said = tune("--trials", 0, "--apply", "--trial", 999)
    assert code == 4
    assert said.startswith("trial 999 was not tried to its end; there are 0")
    assert tune("--as-of", "2024-01-20")[0] == 3
    assert tune(at=tmp_path / "nothing")[0] == 4


def test_without_optuna_it_says_what_to_install(tune, monkeypatch):
    for name in ("riskpay.workflows.tune", "riskpay.workflows.tuning_bench", "riskpay.workflows.study"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, said = tune()
    assert code == 2
    assert said.startswith("riskpay tune needs packages that are not installed")
