"""What a run keeps of an assessment: metrics by name, and pictures."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from riskpay.model.assessment import Assessment
from riskpay.model.judged import Judged
from riskpay.reporting.panel_pages import page
from riskpay.reporting.panels import pictures

_KEPT: Final = ("model", "naive_ratio")
"""Predictors whose measures become metrics; the others are in the JSON."""


def assessed_metrics(assessment: Assessment | None) -> dict[str, float]:
    """Metrics as ``situation.target.predictor.measure``; none without an assessment."""
    if assessment is None:
        return {}
    judged = {"at_issue": assessment.at_issue, **assessment.snapshots}
    named = {f"{state}.{target}": found for state, by in judged.items() for target, found in by.items()}
    scores = {f"{name}.{key}": value for name, found in named.items() for key, value in _measures(found)}
    days = {
        f"{situation}.days_late.{who}.mae": found.mae
        for situation, told in assessment.days_late.items()
        for who, found in told.scores.items()
    }
    captured = {
        f"{name}.capacity.{who}.{measure}": value
        for name, found in assessment.capacity.items()
        for who in _KEPT
        for measure, value in found.found[who].items()
        if value is not None
    }
    return scores | days | captured


def assessed_figures(assessment: Assessment | None) -> dict[str, Any]:
    """Pictures by file name; none without an assessment."""
    return {name: page(picture) for name, picture in pictures(assessment.to_json()).items()} if assessment else {}


def _measures(judged: Judged) -> Iterator[tuple[str, float]]:
    told = judged.to_json()
    for who in _KEPT:
        measures = told[who]
        assert isinstance(measures, Mapping)  # noqa: S101 a narrowing: predictors map to their measures
        yield from ((f"{who}.{name}", float(value)) for name, value in measures.items() if value is not None)
