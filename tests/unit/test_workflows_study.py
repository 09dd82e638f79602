"""Trials in SQLite: what a stopped process was trying is tried anew, and nothing is drawn twice."""

import re
from datetime import date
from pathlib import Path

import pytest

from riskpay.model.search_space import SPACE
from riskpay.workflows.study import Study, Trial
from riskpay.workflows.tune import TuneResult

SOME = {key: SPACE[key] for key in ("leaves", "ridge", "monotone", "recency_half_life_days")}
BASE = {"leaves": 63, "ridge": 10.0, "monotone": False, "recency_half_life_days": 0.0}


@pytest.fixture
def reopened(tmp_path):
    """Opens the study anew, as another process would."""
    return lambda name="one": Study(tmp_path, name, SOME, seed=3)


def end(study, loss):
    running = study.ask()
    running.end(loss, {"folds": 1})
    return running.settings


def test_trials_are_there_when_it_is_opened_again(reopened):
    study = reopened()
    study.note(BASE, [0.6, 0.5], {"role": "defaults"})
    tried = end(study, 0.4)
    first, second = reopened().trials()
    assert (first.settings, first.loss, first.told) == (BASE, 0.5, {"role": "defaults"})
    assert (second.number, second.state, second.settings, second.loss) == (1, "complete", tried, 0.4)
    assert reopened("another").trials() == []


def test_settings_tried_lie_in_the_space_and_read_well(reopened):
    study = reopened()
    for _ in range(8):
        settings = study.ask().settings
        assert set(settings) == set(SOME)
        assert all(settings[key] in given for key, given in SOME.items())
        assert float(f"{settings['ridge']:.3g}") == settings["ridge"]


def test_what_was_being_tried_is_tried_first_and_only_once(reopened):
    stopped = reopened().ask().settings  # the process ends here
    study = reopened()
    assert study.resume() == 1
    assert study.ask().settings == stopped
    study = reopened()
    assert study.resume() == 1
    assert end(study, 0.1) == stopped
    assert reopened().resume() == 0
    assert end(study, 0.1) != stopped


def test_what_cannot_be_tried_is_not_tried_again(reopened):
    study = reopened()
    study.ask().fail()
    assert reopened().resume() == 0
    assert reopened().trials() == []


def test_a_process_that_goes_on_draws_other_settings(reopened):
    drawn = [end(reopened(), 0.1) for _ in range(4)]
    assert all(drawn[n] not in drawn[:n] for n in range(4))


def test_wishes_are_tried_next_unless_they_were_tried_or_lie_outside(reopened):
    study = reopened()
    study.note(BASE, [0.5], {})
    study.wish(BASE)
    study.wish(BASE | {"leaves": 1000})
    study.wish(BASE | {"leaves": 31, "not_searched": 1})
    assert study.ask().settings == BASE | {"leaves": 31}
    assert study.ask().settings not in (BASE, BASE | {"leaves": 31})


def test_after_some_trials_a_bad_one_is_stopped_early(reopened):
    study = reopened()
    for number in range(6):
        running = study.ask()
        assert not running.hopeless(0, 0.1 * number) or number == 5
        running.end(0.1 * number, {})
    bad, good = study.ask(), study.ask()
    assert bad.hopeless(0, 5.0)
    assert not good.hopeless(0, 0.01)
    bad.end(None, {"folds": 1})
    found = study.trials()[-1]
    assert (found.state, found.loss, found.told) == ("pruned", None, {"folds": 1})


def test_only_the_study_knows_optuna():
    modules = (Path(__file__).parents[2] / "src").rglob("*.py")
    assert [
        m.name for m in modules if re.search(r"^\s*(import|from) optuna\b", m.read_text("utf-8"), re.MULTILINE)
    ] == ["study.py"]


@pytest.mark.parametrize(
    ("change", "high", "seed", "beyond"),
    [(-0.01, -0.001, 0.005, True), (-0.01, 0.001, 0.0, False), (-0.01, -0.001, -0.02, False), (None, None, 0.0, False)],
)
def test_a_gain_counts_where_neither_customers_nor_another_seed_explain_it(change, high, seed, beyond):
    told = {"changes": {"log_loss": {"change": change, "low": change, "high": high}}}
    best = Trial(1, "complete", {}, 0.4, told)
    chance = {"log_loss": {"change": seed, "low": seed, "high": seed}}
    assert TuneResult("one", date(2024, 1, 1), [], {}, chance, [best], best).beyond_chance is beyond
    defaults = Trial(0, "complete", {}, 0.3, {"role": "defaults"})
    assert not TuneResult("one", date(2024, 1, 1), [], {}, chance, [best, defaults], defaults).beyond_chance
