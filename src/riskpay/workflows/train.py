"""Training a model: fit, calibrate, test on a period held back, register, and promote past the gate."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from riskpay.features.histories import QUESTION_KEY
from riskpay.ledger.ledger import Ledger
from riskpay.model.assessment import Assessment
from riskpay.model.gate import Verdict
from riskpay.model.gate import judge as gate
from riskpay.model.hazard import Grower, grown_here
from riskpay.model.late_model import LateModel
from riskpay.model.splits import TEST_SHARE, later_period
from riskpay.model.testing import TargetTest, judge
from riskpay.model.training import Asked, TrainSettings, ask, ask_landmarks, fit_model
from riskpay.reporting.figures import payment_curves
from riskpay.workflows.assess import assess
from riskpay.workflows.assess_log import assessed_figures, assessed_metrics
from riskpay.workflows.home import Home
from riskpay.workflows.periods import Period
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.rivals import rival

_UNTESTED = (
    "an untested model is not promoted: load more history, or rank by points until then, riskpay daily --without-model"
)
_GROUPS = {"usually on time": (0.0, 0.2), "sometimes late": (0.2, 0.5), "usually late": (0.5, 1.01)}


@dataclass(frozen=True)
class TrainResult:
    """A trained and registered model, its tests, and the gate's verdict."""

    model_version: str
    train_as_of: date
    tested_from: date | None
    tests: dict[str, TargetTest]
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        return {
            "model_version": self.model_version,
            "train_as_of": self.train_as_of.isoformat(),
            "tested_from": self.tested_from.isoformat() if self.tested_from else None,
            "metrics": {target: test.to_json() for target, test in self.tests.items()},
            "promoted": self.verdict.promoted,
            "why": list(self.verdict.why),
        }


def train(
    home: Path, as_of: date | None = None, progress: Progress = silent, grower: Grower = grown_here
) -> TrainResult:
    """Train on what was known before ``as_of`` (default: the ledger's last day), and promote past the gate.

    The gate's figures come from a trial model that knew nothing of the last fifth of the questions; the
    model registered is trained on all of them, and keeps its trial model beside it for later comparisons.
    ``grower`` says where boosters are grown.
    Raises NotThereError for an empty ledger or a day before its first invoice, TooFewLabelsError for too
    little settled history.
    """
    opened = Home.open(home)
    day = as_of or opened.last_day()
    opened.check_day(day)
    settings = opened.train_settings
    progress("building payment histories", 0, 4)
    ledger = opened.ledger.known(day, "start")
    asked = ask_landmarks(ledger, day, settings)
    progress("training on all history", 1, 4)
    model = fit_model(ledger, asked, day, settings, grower)
    progress("testing on the last weeks, held back", 2, 4)
    start = later_period(asked.frame, settings.lag_days, day, TEST_SHARE)
    trial = fit_model(ledger, asked, start, settings, grower) if start else None
    tests, verdict = _test(opened, ledger, asked, trial, settings)
    assessment = _assessed(opened, ledger, asked, trial, day, progress) if trial else None
    progress("registering", 3, 4)
    version = opened.registry.register(
        model,
        _parameters(opened, model, settings),
        _metrics(tests) | assessed_metrics(assessment),
        _figures(model, asked) | assessed_figures(assessment),
        _example(asked, settings),
        trial,
        {"assessment": assessment.to_json()} if assessment else {},
    )
    if verdict.promoted:
        opened.registry.promote(version)
    return TrainResult(version, day, start, tests, verdict)


def _test(
    opened: Home, ledger: Ledger, asked: Asked, trial: LateModel | None, settings: TrainSettings
) -> tuple[dict[str, TargetTest], Verdict]:
    """Tests of the trial model on the questions from its day on, and the gate's verdict."""
    if trial is None:
        return {}, Verdict(promoted=False, why=(f"too few questions to hold any back; {_UNTESTED}",))
    rules, start = opened.policy.train, trial.train_as_of
    held = asked.where((asked.frame["as_of"] >= start) & asked.frame["at_issue"])
    tests = judge(ledger, trial, held, settings)
    against = rival(opened.registry, start)
    before = _judged_before(ledger, against.model, held, settings) if against.model else None
    scores = tests["late"].scores
    verdict = gate(
        scores["model"],
        scores["naive_ratio"],
        before["late"].scores["model"] if before else None,
        rules.min_brier_gain,
        rules.max_brier_loss,
    )
    return tests, Verdict(verdict.promoted, verdict.why + against.said)


def _assessed(
    opened: Home, ledger: Ledger, asked: Asked, trial: LateModel, day: date, progress: Progress
) -> Assessment:
    """The whole assessment of the trial model on the weeks held back."""
    start = trial.train_as_of
    held = asked.where((asked.frame["as_of"] >= start) & asked.frame["at_issue"])
    last = day - timedelta(days=1)
    settings, reporting = opened.train_settings, opened.reporting_currency()
    return assess(Period(ledger, asked, held, start, last, opened.policy, settings, reporting), trial, progress)


def _judged_before(ledger: Ledger, model: LateModel, held: Asked, settings: TrainSettings) -> dict[str, TargetTest]:
    """Tests of an older model: one that was trained with features now turned off is asked with them."""
    if not set(model.reads) <= set(held.frame.columns):
        with_them = replace(settings, features=replace(settings.features, disputes=model.features.disputes))
        held = ask(ledger, held.frame.select(*QUESTION_KEY, "due_date", "at_issue"), with_them)
    return judge(ledger, model, held, settings)


def _parameters(opened: Home, model: LateModel, settings: TrainSettings) -> dict[str, Any]:
    hazard = settings.hazard
    return {
        "train_as_of": model.train_as_of,
        "data_version": opened.files.current_version(),
        "policy_hash": opened.policy_hash,
        "rounds": model.rounds,
        "training_rows": model.training_rows,
        "settled_items": model.settled_items,
        "interval_ends": model.grid.ends,
        "calibration_slopes": [round(slope, 4) for slope in model.calibration.slopes],
        "learning_rate": hazard.learning_rate,
        "leaves": hazard.leaves,
        "min_rows_in_leaf": hazard.min_rows_in_leaf,
        "seed": hazard.seed,
    }


def _metrics(tests: dict[str, TargetTest]) -> dict[str, float]:
    return {
        f"{target}.{name}.{measure}": float(value)
        for target, test in tests.items()
        for name, scores in test.scores.items()
        for measure, value in scores.to_json().items()
        if value is not None
    }


def _figures(model: LateModel, asked: Asked) -> dict[str, Any]:
    title = "Payment curve at issue, by the customer's record"
    return {"payment_curves": payment_curves(_curves(model, asked), title)}


def _curves(model: LateModel, asked: Asked) -> dict[str, np.ndarray[Any, Any]]:
    last = asked.frame.filter("at_issue").sort("as_of").tail(2000)
    groups = {
        name: last.filter(pl.col("late_share").is_between(low, high, closed="left"))
        for name, (low, high) in _GROUPS.items()
    }
    return {
        name: model.risks(part, part["as_of"][0], "").unpaid  # the curves start at each item's own as_of
        for name, part in groups.items()
        if part.height
    }


def _example(asked: Asked, settings: TrainSettings) -> Any:  # noqa: ANN401 - a pandas frame, for MLflow's signature
    rows = asked.frame.filter("at_issue").tail(5)
    days = pl.col("as_of", "due_date").dt.to_string("%Y-%m-%d")
    return rows.with_columns(days).select("as_of", "due_date", *settings.features.names).to_pandas()
