"""Trying settings on periods of the past: what each changes against the defaults, and writing the best ones down.

A study lives in HOME/tuning.db and goes on where it stopped. It is a matter of the ledger's version, the day, and all
that is not searched; anything else there is another study.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from riskpay.errors import NotThereError
from riskpay.model.tuning import OBJECTIVE, Fold, changes, lost, means
from riskpay.workflows.home import Home
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.study import Trial
from riskpay.workflows.training_change import write_changes
from riskpay.workflows.tuning_bench import Bench, alone, so_far, with_values


@dataclass(frozen=True)
class TuneResult:
    """What was tried so far. ``chance``: what another seed alone changes; ``best``: number of the trial with the least loss.

    ``applied``: keys of training.toml that were changed, each with what it was and is.
    """

    study: str
    as_of: date
    folds: list[Fold]
    defaults: dict[str, float | None]
    chance: dict[str, Any]
    trials: list[Trial]
    best: Trial
    applied: dict[str, tuple[object, object]] | None = None

    @property
    def beyond_chance(self) -> bool:
        """Whether the best trial gains more than another seed changes, and by drawing customers hardly ever nothing."""
        found = self.best.told.get("changes", {}).get(OBJECTIVE)
        if not found or found["high"] is None:
            return False
        return bool(found["high"] < 0 and -found["change"] > abs(self.chance[OBJECTIVE]["change"] or 0.0))

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        return {
            "study": self.study,
            "as_of": self.as_of.isoformat(),
            "folds": [
                {"cutoff": f.start.isoformat(), "until": f.until.isoformat(), "questions": f.frame.height}
                for f in self.folds
            ],
            "defaults": {name: None if value is None else round(value, 6) for name, value in self.defaults.items()},
            "another_seed": self.chance,
            "trials": [_said(trial) for trial in self.trials],
            "best": self.best.number,
            "beyond_chance": self.beyond_chance,
            "applied": None
            if self.applied is None
            else {k: {"from": a, "to": b} for k, (a, b) in self.applied.items()},
        }


def tune(
    home: Path,
    as_of: date | None = None,
    trials: int = 30,
    minutes: float | None = None,
    progress: Progress = silent,
) -> TuneResult:
    """Try settings until the study as of ``as_of`` (default: the ledger's last day) has so many trials.

    Folds lie before the weeks on which a training as of that day tests its model. ``minutes``: no trial is begun after
    that time. A second call goes on with the same study; what was being tried when a call was stopped is tried anew.
    Raises NotThereError for an empty ledger, TooFewLabelsError for too little settled history, UsageError while another
    process tunes in this home.
    """
    until = None if minutes is None else time.monotonic() + 60 * minutes
    opened = Home.open(home)
    day = opened.day_of(as_of)
    with alone(home):
        bench = Bench.of(opened, day, progress)
        bench.begin()
        _try(bench, trials, until)
        return _result(bench)


def apply(home: Path, result: TuneResult, number: int | None = None) -> TuneResult:
    """``result`` with settings written to HOME/training.toml: those of trial ``number``, else the best if it is beyond chance.

    Raises NotThereError for a trial that is not there or was stopped early.
    """
    found = result.best if number is None else _numbered(result, number)
    if number is None and not result.beyond_chance:
        return result
    return replace(result, applied=write_changes(home, found.settings))


def _numbered(result: TuneResult, number: int) -> Trial:
    found = [trial for trial in result.trials if trial.number == number and trial.loss is not None]
    if not found:
        there = ", ".join(str(trial.number) for trial in result.trials if trial.loss is not None)
        raise NotThereError(f"trial {number} was not tried to its end; there are {there}", "name one of them")
    return found[0]


def _result(bench: Bench) -> TuneResult:
    done, whole = bench.study.trials(), pl.concat(bench.defaults)
    best = min((trial for trial in done if trial.loss is not None), key=lambda trial: (trial.loss, trial.number))
    chance = _json(changes(pl.concat(bench.chance), whole))
    return TuneResult(bench.name, bench.day, bench.folds, means(whole), chance, done, best)


def _try(bench: Bench, trials: int, until: float | None) -> None:
    """Trials one after the other until there are so many beside the defaults, or the time is up."""
    while (done := len(bench.study.trials()) - 1) < trials and (until is None or time.monotonic() < until):
        running = bench.study.ask()
        settings, found = with_values(bench.settings, running.settings), []
        try:
            for number, fold in enumerate(bench.folds):
                bench.progress(
                    f"trial {done + 1} of {trials}", done * len(bench.folds) + number, trials * len(bench.folds)
                )
                found.append(lost(bench.ledger, bench.asked, fold, settings))
                if running.hopeless(number, so_far(found)[-1]):
                    break
        except Exception:
            running.fail()
            raise
        told = {
            "folds": len(found),
            "changes": _json(changes(pl.concat(found), pl.concat(bench.defaults[: len(found)]))),
        }
        running.end(so_far(found)[-1] if len(found) == len(bench.folds) else None, told)


def _said(trial: Trial) -> dict[str, Any]:
    loss = None if trial.loss is None else round(trial.loss, 6)
    return {"number": trial.number, "state": trial.state, OBJECTIVE: loss, "settings": trial.settings, **trial.told}


def _json(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: change.to_json() for name, change in found.items()}
