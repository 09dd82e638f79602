"""`riskpay models`: what is champion, what was, what a person may promote, and the way back."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from riskpay.cli import main
from riskpay.errors import NotThereError, UsageError
from riskpay.model.prior_training import fit_prior
from riskpay.model.registry import Beside
from riskpay.model.training import TrainSettings, ask_landmarks
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.daily import daily
from riskpay.workflows.home import Home
from riskpay.workflows.models import models, promote, rollback
from riskpay.workflows.train_log import example_of

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WEEK = timedelta(days=7)
FAILED = json.dumps(["failed: stale data: the newest payment became known long ago"])


@pytest.fixture(scope="module")
def grown():
    """A small world, and a model quickly made of it with an example of what it reads."""
    world = synthesise(8, 4, seed=2)
    settings = TrainSettings()
    asked = ask_landmarks(world.ledger, world.as_of, settings)
    return world, fit_prior(world.ledger, asked, world.as_of, settings), example_of(asked, settings)


@pytest.fixture
def home(grown, tmp_path):
    world, _, _ = grown
    LedgerFiles(tmp_path / "home").replace(world.ledger)
    return tmp_path / "home"


@pytest.fixture
def add(grown, home):
    """Registers a model trained so many weeks before the last day, as `train` does: passed becomes champion."""
    world, model, example = grown

    def register(weeks=0, *, passed=True):
        registry = Home.open(home).registry
        day = world.as_of - weeks * WEEK
        tags = {"verdict": "passed" if passed else "failed", "recipe": "r", "data_version": "d", "policy_hash": "p"}
        tags |= {
            "tested_from": str(day - 10 * WEEK),
            "brier": "0.123456",
            "gain": "0.045",
            "why": "[]" if passed else FAILED,
        }
        version = registry.register(replace(model, train_as_of=day), example, Beside(tags=tags))
        if passed:
            registry.champions.promote(version, "train", "passed the gate")
        else:
            registry.champions.challenge(version)
        return version

    return register


@pytest.fixture
def riskpay(home, capsys):
    """Runs ``riskpay models``: (exit code, what it prints as JSON or text, stderr)."""

    def run(*arguments):
        code = main.main(["--home", str(home), "models", *map(str, arguments)])
        said = capsys.readouterr()
        return code, json.loads(said.out) if "--json" in arguments else said.out, said.err

    return run


def answering(home, day):
    return Home.open(home).registry.champion_for(day).version


def test_a_home_without_models_says_so(home, riskpay):
    assert riskpay("list", "--json")[1] == {"models": [], "history": []}
    assert "riskpay train" in riskpay("list")[1]
    code, said, _ = riskpay("rollback", "--json")
    assert (code, said["error"]["message"]) == (4, "there is no champion to roll back")
    assert riskpay("promote", "1")[0] == 4


def test_the_list_tells_what_each_version_is(add, home, riskpay, grown):
    add(2)
    add(1)
    add(passed=False)
    found = riskpay("list", "--json")[1]
    told = [(one["version"], one["aliases"], one["verdict"], one["promoted"]) for one in found["models"]]
    assert told == [
        ("3", ["challenger"], "failed", False),
        ("2", ["champion"], "passed", True),
        ("1", [], "passed", True),
    ]
    first = found["models"][-1]
    assert (first["kind"], first["brier"], first["gain"]) == ("prior", 0.123456, 0.045)
    assert (first["data_version"], first["policy_hash"], first["recipe"]) == ("d", "p", "r")
    assert date.fromisoformat(first["tested_from"]) < date.fromisoformat(first["train_as_of"])
    assert [(change["version"], change["by"]) for change in found["history"]] == [("2", "train"), ("1", "train")]
    _, shown, _ = riskpay("list")
    assert "former" in shown
    assert "model 3 failed: stale data" in shown


def test_what_failed_the_gate_needs_an_override_with_a_reason_which_is_kept(add, home, riskpay):
    add(1)
    failed = add(passed=False)
    code, _, err = riskpay("promote", failed)
    assert code == 2
    assert "did not pass the gate: failed: stale data" in err
    assert "--override --reason" in err
    assert riskpay("promote", failed, "--override")[0] == 2
    assert models(home)["models"][1]["aliases"] == ["champion"]
    code, said, _ = riskpay("promote", failed, "--override", "--reason", "the feed is mended", "--json")
    assert (code, said["champion"]["version"], said["former"]) == (0, failed, "1")
    assert said["champion"]["override"] == "the feed is mended"
    assert said["champion"]["aliases"] == ["champion"]
    assert "was taken against the gate: the feed is mended" in riskpay("list")[1]
    assert riskpay("promote", failed)[0] == 2


@pytest.mark.parametrize("reason", ["x" * 1001, "two\nlines"])
def test_a_reason_is_one_line(add, home, reason):
    add()
    with pytest.raises(UsageError, match="one line of at most 1000"):
        rollback(home, reason=reason)


def test_a_rolled_back_model_answers_for_no_day_and_the_day_uses_the_former(add, home, grown):
    day = grown[0].as_of
    first, second = add(2), add(1)
    assert daily(home, day).model_version == second
    done = rollback(home, reason="too many calls")
    assert (done["champion"]["version"], done["withdrawn"]["withdrawn"]) == (first, "too many calls")
    assert daily(home, day).model_version == first
    assert answering(home, day + 52 * WEEK) == first
    with pytest.raises(NotThereError, match="no promoted model was trained on or before"):
        answering(home, day - 3 * WEEK)
    assert [(change["version"], change["by"]) for change in models(home)["history"]] == [
        (first, "rollback"), (second, "train"), (first, "train"),
    ]  # fmt: skip


def test_rolling_back_twice_goes_back_twice_and_then_says_there_is_no_more(add, home):
    first, second, third = add(3), add(2), add(1)
    assert [rollback(home)["champion"]["version"] for _ in range(2)] == [second, first]
    with pytest.raises(NotThereError, match=f"version {first} is the only champion that still answers"):
        rollback(home)
    assert [one["withdrawn"] is None for one in models(home)["models"]] == [False, False, True]
    assert third


def test_one_goes_back_to_a_named_champion_only(add, home, riskpay):
    first, second = add(3), add(2)
    never = add(passed=False)
    with pytest.raises(UsageError, match="never was champion; former champions are 1"):
        rollback(home, never)
    with pytest.raises(UsageError, match="is the champion already"):
        rollback(home, second)
    assert riskpay("rollback", "--to", first, "--reason", "why", "--json")[1]["champion"]["version"] == first


def test_what_was_rolled_back_may_be_promoted_again(add, home, grown):
    first, second = add(2), add(1)
    rollback(home)
    done = promote(home, second, "it was not the model")
    assert (done["champion"]["withdrawn"], done["former"]) == (None, first)
    assert answering(home, grown[0].as_of) == second


def test_a_person_may_promote_an_older_model_and_it_stays_for_later_days(add, home, grown):
    older, newer = add(2), add(1)
    promote(home, older, "known to be good")
    assert answering(home, grown[0].as_of) == older
    assert models(home)["models"][0]["withdrawn"] is None
    assert newer


def test_training_for_an_earlier_day_leaves_the_champion(add, home, grown):
    day = grown[0].as_of
    now, before = add(1), add(4)
    assert (answering(home, day), answering(home, day - 2 * WEEK)) == (now, before)
    with pytest.raises(NotThereError, match="only champion"):
        rollback(home)
