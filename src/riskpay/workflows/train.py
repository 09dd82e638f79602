"""Training a model: fit, calibrate, test on a period held back, register, and promote past the gate."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from riskpay.model.gate import Verdict
from riskpay.model.hazard import Grower, grown_here
from riskpay.model.late_model import LateModel
from riskpay.model.recipe import recipe_of
from riskpay.model.splits import TEST_SHARE, later_period
from riskpay.model.testing import TargetTest
from riskpay.model.training import Asked, TrainSettings, ask_landmarks
from riskpay.reporting.figures import lift, payment_curves, reliability
from riskpay.workflows.challenger import Challenger, challenger, stand_in
from riskpay.workflows.home import Home
from riskpay.workflows.progress import Progress, silent

_GROUPS = {"usually on time": (0.0, 0.2), "sometimes late": (0.2, 0.5), "usually late": (0.5, 1.01)}
_PASSED = {"hazard": "passed the gate", "prior": "stands in: no model that learnt has passed the gate yet"}


@dataclass(frozen=True)
class TrainResult:
    """A trained and registered model, its tests, and the gate's verdict.

    ``kind``: hazard, or prior where there was too little to learn from. ``is_champion``: whether it is champion now; a
    promoted model of an earlier day than the champion's answers for days up to then alone. ``stand_in``: version of the
    prior model that is champion in the place of one that did not pass, while none that learnt is.
    """

    model_version: str
    kind: str
    train_as_of: date
    tested_from: date | None
    tests: dict[str, TargetTest]
    verdict: Verdict
    is_champion: bool
    data_version: str
    policy_hash: str
    stand_in: str | None = None

    @property
    def has_champion(self) -> bool:
        """Whether this training gave the home a champion, be it one that stands in."""
        return self.is_champion or self.stand_in is not None

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        return {
            "model_version": self.model_version,
            "kind": self.kind,
            "train_as_of": self.train_as_of.isoformat(),
            "tested_from": self.tested_from.isoformat() if self.tested_from else None,
            "metrics": {target: test.to_json() for target, test in self.tests.items()},
            "promoted": self.verdict.promoted,
            "champion": self.is_champion,
            "stand_in": self.stand_in,
            "failed": list(self.verdict.failed),
            "gate": [finding.to_json() for finding in self.verdict.findings],
            "why": list(self.verdict.why),
            "data_version": self.data_version,
            "policy_hash": self.policy_hash,
        }


def train(
    home: Path, as_of: date | None = None, progress: Progress = silent, grower: Grower = grown_here
) -> TrainResult:
    """Train on what was known before ``as_of`` (default: the ledger's last day), and promote past the gate.

    The gate's figures come from a trial model that knew nothing of the last fifth of the questions; the
    model registered is trained on all of them, and keeps its trial model beside it for later comparisons. With
    fewer settled items than the policy asks for, a prior model stands in. ``grower`` says where boosters are grown.
    Raises NotThereError for an empty ledger or a day before its first invoice, TooFewLabelsError where all
    questions ended alike.
    """
    opened = Home.open(home)
    day = as_of or opened.last_day()
    opened.check_day(day)
    settings = opened.train_settings
    progress("building payment histories", 0, 4)
    ledger = opened.ledger.known(day, "start")
    asked = ask_landmarks(ledger, day, settings)
    start = later_period(asked.frame, settings.lag_days, day, TEST_SHARE)
    grown = challenger(opened, ledger, asked, start, day, progress, grower)
    progress("registering", 3, 4)
    version, is_champion = _registered(opened, asked, grown)
    instead = stand_in(opened, ledger, asked, day, grown)
    return TrainResult(
        model_version=version,
        kind=grown.model.kind,
        train_as_of=day,
        tested_from=grown.start,
        tests=grown.tests,
        verdict=grown.verdict,
        is_champion=is_champion,
        data_version=opened.data_version,
        policy_hash=opened.policy_hash,
        stand_in=_registered(opened, asked, instead)[0] if instead else None,
    )


def _registered(opened: Home, asked: Asked, grown: Challenger) -> tuple[str, bool]:
    """The version under which a model was registered, and whether it is champion now."""
    settings, champions = opened.train_settings, opened.registry.champions
    version = opened.registry.register(
        grown.model,
        _parameters(opened, grown.model, settings),
        _metrics(grown.tests),
        _figures(grown.model, asked, grown.tests),
        _example(asked, settings),
        grown.trial,
        _tags(opened, grown),
    )
    if grown.verdict.promoted:
        return version, champions.promote(version, "train", _PASSED[grown.model.kind])
    champions.challenge(version)
    return version, False


def _tags(opened: Home, grown: Challenger) -> dict[str, str]:
    """What the registry keeps of a version, as text."""
    tags = {
        "verdict": "passed" if grown.verdict.promoted else "failed",
        "why": json.dumps(grown.verdict.why),
        "recipe": recipe_of(opened.train_settings, grown.model.kind),
        "data_version": opened.data_version,
        "policy_hash": opened.policy_hash,
    }
    if grown.start:
        tags["tested_from"] = grown.start.isoformat()
    scores = grown.tests["late"].scores if grown.tests else {}
    if scores and scores["model"].brier is not None and scores["naive_ratio"].brier is not None:
        tags["brier"] = f"{scores['model'].brier:.6f}"
        tags["gain"] = f"{scores['naive_ratio'].brier - scores['model'].brier:.6f}"
    return tags


def _parameters(opened: Home, model: LateModel, settings: TrainSettings) -> dict[str, Any]:
    hazard = settings.hazard
    return {
        "kind": model.kind,
        "recipe": recipe_of(settings, model.kind),
        "train_as_of": model.train_as_of,
        "data_version": opened.data_version,
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


def _figures(model: LateModel, asked: Asked, tests: dict[str, TargetTest]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for target, test in tests.items():
        if len(test.happened):
            shown = {name: test.predictions[name] for name in ("model", "naive_ratio")}
            figures[f"reliability_{target}"] = reliability(test.happened, shown, f"Reliability: {target}")
            figures[f"lift_{target}"] = lift(test.happened, shown, f"Lift: {target}")
    figures["payment_curves"] = payment_curves(
        _curves(model, asked), "Payment curve at issue, by the customer's record"
    )
    return figures


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
