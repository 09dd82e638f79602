"""What a training keeps beside its model: parameters, metrics, pictures, the assessment, the certificate, the reference."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.model.assessment import Assessment
from riskpay.model.importance import FEWER, importance
from riskpay.model.late_model import LateModel
from riskpay.model.recipe import recipe_of
from riskpay.model.registry import Beside
from riskpay.model.testing import TargetTest
from riskpay.model.training import Asked, TrainSettings
from riskpay.reporting.figures import importance_figures, payment_curves
from riskpay.workflows.assess import assess
from riskpay.workflows.assess_log import assessed_figures, assessed_metrics
from riskpay.workflows.certificate import certified
from riskpay.workflows.challenger import Challenger
from riskpay.workflows.home import Home
from riskpay.workflows.periods import Period
from riskpay.workflows.progress import Progress
from riskpay.workflows.reference import reference_of

_GROUPS = {"usually on time": (0.0, 0.2), "sometimes late": (0.2, 0.5), "usually late": (0.5, 1.01)}


def kept_beside(opened: Home, ledger: Ledger, asked: Asked, grown: Challenger, day: date, progress: Progress) -> Beside:
    """All that is kept beside the model of ``grown``; what is measured is measured on the weeks held back, by its trial."""
    looks_at = importance(grown.model, asked.frame, size=FEWER).to_json()
    documents: dict[str, Any] = {"importance": looks_at}
    assessment = None
    if grown.trial is not None:
        # All of the curve is measured, however little of it the ledger vouches for.
        trial = replace(grown.trial, settled_only=False)
        assessment = _assessed(opened, ledger, asked, trial, day, progress)
        documents["assessment"] = assessment.to_json()
        documents["certificate"] = certified(opened, ledger, asked, grown.trial, day)
    return Beside(
        parameters=_parameters(opened, grown.model, opened.train_settings),
        metrics=_metrics(grown.tests) | assessed_metrics(assessment),
        figures=_figures(grown.model, asked) | assessed_figures(assessment) | importance_figures(looks_at),
        documents=documents,
        tags=_tags(opened, grown),
        trial=grown.trial,
        reference=reference_of(asked.frame, grown.model, grown.trial, grown.tests),
    )


def example_of(asked: Asked, settings: TrainSettings) -> Any:  # noqa: ANN401 - a pandas frame, for MLflow's signature
    """A few questions as the registered model is asked them."""
    rows = asked.frame.filter("at_issue").tail(5)
    days = pl.col("as_of", "due_date").dt.to_string("%Y-%m-%d")
    return rows.with_columns(days).select("as_of", "due_date", *settings.features.names).to_pandas()


def _assessed(
    opened: Home, ledger: Ledger, asked: Asked, trial: LateModel, day: date, progress: Progress
) -> Assessment:
    """The whole assessment of the trial model on the weeks held back."""
    start = trial.train_as_of
    held = asked.where((asked.frame["as_of"] >= start) & asked.frame["at_issue"])
    last = day - timedelta(days=1)
    settings, reporting = opened.train_settings, opened.reporting_currency()
    return assess(Period(ledger, asked, held, start, last, opened.policy, settings, reporting), trial, progress)


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
    return {
        "kind": model.kind,
        "recipe": recipe_of(settings, model.kind),
        **settings.grown_with,
        "train_as_of": model.train_as_of,
        "data_version": opened.data_version,
        "policy_hash": opened.policy_hash,
        "rounds": model.rounds,
        "training_rows": model.training_rows,
        "settled_items": model.settled_items,
        "interval_ends": model.grid.ends,
        "calibration_slopes": [round(slope, 4) for slope in model.calibration.slopes],
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
