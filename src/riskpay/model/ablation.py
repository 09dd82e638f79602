"""What each group of features adds: models grown without it, beside the full one, on the same questions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.errors import TooFewLabelsError
from riskpay.features.labels import outcomes
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.by_customer import owners_of
from riskpay.model.columns import read_of
from riskpay.model.curve import late_probability
from riskpay.model.differences import Difference, differences, measures
from riskpay.model.late_model import LateModel
from riskpay.model.splits import later_periods
from riskpay.model.subset import Group
from riskpay.model.training import TARGETS, Asked, TrainSettings, fit_model

FloatArray = npt.NDArray[np.float64]
Told = Mapping[str, FloatArray]
"""Probabilities by target, of the window's questions that are decided for it."""


@dataclass(frozen=True)
class Window:
    """Questions at issue from ``cutoff`` to ``until`` (both included), judged by models frozen at ``cutoff``.

    ``frame``: the questions with their features. ``decided``: by target a row for each question with an outcome,
    its row in ``frame`` (question), what happened, and whose it is (company_id, customer_id).
    """

    cutoff: date
    until: date
    frame: pl.DataFrame
    decided: dict[str, pl.DataFrame]

    @classmethod
    def of(cls, asked: Asked, ledger: Ledger, cutoff: date, until: date, settings: TrainSettings) -> "Window":
        """The window of ``asked`` questions, with outcomes from all that ``ledger`` knows."""
        within = asked.frame["as_of"].is_between(cutoff, until)
        frame = asked.frame.filter(within & asked.frame["at_issue"]).with_row_index("question")
        items = latest(item_states(ledger, settings.features.tolerance))
        known = ledger.last_known_on() or cutoff
        decided = {
            target: outcomes(frame, items, settings.days_late(target), known, settings.lag_days).select(
                "question", "happened", "company_id", "customer_id"
            )
            for target in TARGETS
        }
        return cls(cutoff, until, frame.drop("question"), decided)

    def told(self, model: LateModel, settings: TrainSettings) -> Told:
        """What ``model`` says of the decided questions, by target."""
        at, hazards = model.hazards(self.frame)
        said = {t: late_probability(at, hazards, model.grid, settings.days_late(t)) for t in TARGETS}
        return {target: said[target][rows["question"].to_numpy()] for target, rows in self.decided.items()}


@dataclass(frozen=True)
class Trial:
    """A window and what the full model, frozen at its cutoff, says of its decided questions; the features it reads."""

    window: Window
    told: Told
    read: frozenset[str]

    @classmethod
    def of(cls, window: Window, model: LateModel, settings: TrainSettings) -> "Trial":
        """The trial of ``model`` on ``window``."""
        return cls(
            window,
            window.told(model, settings),
            frozenset(f.name for f in read_of(model.reads)).intersection(model.reads),
        )


@dataclass(frozen=True)
class Effect:
    """What leaving something out changes, by target and measure: without it less with it. ``n``: questions by target."""

    n: dict[str, int]
    changes: dict[str, dict[str, Difference]]

    def to_json(self) -> dict[str, object]:
        """By target: n, and by measure the change with its interval."""
        return {
            target: {"n": self.n[target], **{name: change.to_json() for name, change in found.items()}}
            for target, found in self.changes.items()
        }


def validation_trials(ledger: Ledger, asked: Asked, before: date, settings: TrainSettings) -> list[Trial]:
    """Full models frozen at the start of later periods before a day, each with its period as window.

    Nothing of ``before`` or later is used, as question, feature or outcome, so that features may be chosen here. A
    question counts in one window: models see the periods that come before theirs. A period with too little history
    before it is left out; raises TooFewLabelsError if none remains.
    """
    known = ledger.known(before, "start")
    starts = later_periods(asked.frame, settings.lag_days, before)
    found = []
    for start, end in zip(starts, [*starts[1:], before], strict=True):
        try:
            model = fit_model(known, asked, start, settings)
        except TooFewLabelsError:
            continue
        window = Window.of(asked, known, start, end - timedelta(days=1), settings)
        found.append(Trial.of(window, model, settings))
    if not found:
        raise TooFewLabelsError(
            f"there is too little settled history before {before} to judge features on periods of it",
            "give a later --cutoff, or load more history",
        )
    return found


def effect(ledger: Ledger, asked: Asked, trials: Sequence[Trial], settings: TrainSettings) -> Effect:
    """What models grown with other ``settings`` change against the full models, over all trials' windows together."""
    grown = (fit_model(ledger, asked, trial.window.cutoff, settings) for trial in trials)
    others = [trial.window.told(model, settings) for trial, model in zip(trials, grown, strict=True)]
    changes = {
        target: differences(
            rows["happened"].to_numpy(),
            np.concatenate([told[target] for told in others]),
            np.concatenate([trial.told[target] for trial in trials]),
            owners_of(rows),
        )
        for target, rows in _decided(trials)
    }
    return Effect({target: rows.height for target, rows in _decided(trials)}, changes)


def full_measures(trials: Sequence[Trial]) -> dict[str, dict[str, float | None]]:
    """How good the full models are over all windows together, by target and measure."""
    return {
        target: measures(rows["happened"].to_numpy(), np.concatenate([trial.told[target] for trial in trials]))
        for target, rows in _decided(trials)
    }


def blind_to(settings: TrainSettings, group: Group) -> TrainSettings:
    """``settings`` with the group's features left out too."""
    return replace(settings, without=settings.without | set(group.names))


def reseeded(settings: TrainSettings) -> TrainSettings:
    """``settings`` with another seed: what it changes is chance, and tells how much of an effect may be."""
    return replace(settings, hazard=replace(settings.hazard, seed=settings.hazard.seed + 1000))


def _decided(trials: Sequence[Trial]) -> Iterator[tuple[str, pl.DataFrame]]:
    for target in TARGETS:
        yield target, pl.concat([trial.window.decided[target] for trial in trials])
