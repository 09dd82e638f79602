"""The figures of the model card: held-out periods of the shared files, and worlds of known truth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from riskpay.features.catalogue import FEATURES
from riskpay.features.labels import LANDMARK_DAYS
from riskpay.model.assessment import Assessment
from riskpay.model.importance import importance
from riskpay.model.training import TrainSettings
from riskpay.sources.synthetic.scenario import GRID
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.backtest import backtest
from riskpay.workflows.ingest import ingest
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.truth import truth_test

_DIGITS = 4
_AT_ISSUE_ONLY: Final = ("late_30", "late_60", "late_90")


@dataclass(frozen=True)
class HeldPeriod:
    """A file of the shared data and the period on which a model frozen at ``cutoff`` is tested."""

    title: str
    file: str
    mapping: str
    loaded_on: date
    cutoff: date
    until: date | None


HELD_PERIODS: Final = {
    "sample_b": HeldPeriod(
        "food supplier (sample B)",
        "highradius_sample_b.csv",
        "highradius",
        date(2020, 4, 1),
        date(2019, 8, 1),
        date(2019, 9, 30),
    ),
    "ibm": HeldPeriod(
        "IBM receivables (simulated)",
        "ibm_accounts_receivable.csv",
        "ibm-ar",
        date(2014, 4, 1),
        date(2013, 4, 1),
        None,
    ),
}
WORLD: Final = {"customers": 300, "months": 18, "seed": 11}
"""Customers, months and seed of the worlds of known truth."""
WORLD_CUTOFF: Final = date(2025, 4, 1)


def held_out(name: str, data: Path, home: Path, progress: Progress = silent) -> dict[str, Any]:
    """The backtest of a held-out period with its ``assessment``: its file of folder ``data`` is loaded into the fresh ``home``."""
    period = HELD_PERIODS[name]
    ingest(home, data / period.file, period.mapping, period.loaded_on)
    found = backtest(home, period.cutoff, period.until, progress, full=True)
    tested = replace(found, assessment=None).to_json()
    assessed = {"assessment": told(found.assessment)} if found.assessment else {}
    looks_at = {"looks_at": importance(found.model, found.asked.frame).to_json()}
    return {"title": period.title, **shortened(tested), **shortened(assessed), **shortened(looks_at)}


def told(assessment: Assessment) -> dict[str, Any]:
    """What the card keeps of an assessment: on snapshots ``late`` and the days from the question, lift in money."""
    found = assessment.to_json()
    snapshots = {
        state: {target: judged for target, judged in by.items() if target not in _AT_ISSUE_ONLY}
        for state, by in found["snapshots"].items()
    }
    said = {f"{state}.{target}" for state, by in (("at_issue", found["at_issue"]), *snapshots.items()) for target in by}
    reliability = {name: bins for name, bins in found["reliability"].items() if name in said}
    lift = {name: {"money": orders["money"]} for name, orders in found["lift"].items()}
    return {**found, "snapshots": snapshots, "reliability": reliability, "lift": lift}


def card(data: Path, place: Path, progress: Progress = silent) -> dict[str, Any]:
    """What the model card says: settings, figures of every held-out period, and of worlds of known truth.

    ``data``: the folder of shared files; ``place``: an empty folder for homes.
    """
    return {
        "model": model_facts(),
        "held_out": {name: held_out(name, data, place / name, progress) for name in HELD_PERIODS},
        "synthetic": {**WORLD, "scenarios": {name: against_truth(name, progress) for name in GRID}},
    }


def against_truth(scenario: str, progress: Progress = silent) -> dict[str, Any]:
    """The test against the true probabilities of a scenario's world."""
    world = synthesise(WORLD["customers"], WORLD["months"], WORLD["seed"], GRID[scenario])
    return shortened(truth_test(world, WORLD_CUTOFF, progress=progress).to_json())


def model_facts() -> dict[str, Any]:
    """How the model is grown by default."""
    settings = TrainSettings()
    hazard = settings.hazard
    return {
        "features": len(FEATURES),
        "families": sorted({feature.family for feature in FEATURES}),
        "interval_ends": list(settings.grid.ends),
        "landmark_days": list(LANDMARK_DAYS),
        "leaves": hazard.leaves,
        "min_rows_in_leaf": hazard.min_rows_in_leaf,
        "learning_rate": hazard.learning_rate,
        "lag_days": settings.lag_days,
        "grace_days": settings.features.grace_days,
    }


def shortened(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures with four digits: more of them only say on which machine they were made."""
    return {name: _short(value) for name, value in figures.items()}


def _short(value: object) -> object:
    if isinstance(value, Mapping):
        return shortened(value)
    if isinstance(value, list):
        return [_short(one) for one in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
