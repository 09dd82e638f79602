"""The gate of a home: what was held back is asked of challenger, champion and naive ratio, and every rule is heard."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.histories import QUESTION_KEY
from riskpay.features.labels import outcomes
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.by_customer import owners_of
from riskpay.model.champions import Version
from riskpay.model.freshness import check_freshness
from riskpay.model.gate import (
    Finding,
    GateRules,
    Held,
    Relation,
    Verdict,
    against_champion,
    against_naive,
    any_held,
    by_segment,
)
from riskpay.model.gate_calibration import calibration_error, level
from riskpay.model.late_model import LateModel
from riskpay.model.suspects import Learnt, check_features, check_labels
from riskpay.model.training import Asked, TrainSettings, ask
from riskpay.workflows.home import Home
from riskpay.workflows.rivals import Rival
from riskpay.workflows.slices import segments

TARGET = "late"
PAST_EFFORT = "no contact holdout is known: outcomes include past effort, so that these are figures under usual effort"
_LEARNT = 5000
"""Training questions, the newest ones, on which a challenger's labels are looked at."""


@dataclass(frozen=True)
class Decided:
    """Decided questions of one period with their features and what happened, in one row order."""

    asked: Asked
    happened: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, ledger: Ledger, asked: Asked, until: date, settings: TrainSettings) -> "Decided":
        """Those of ``asked`` that were decided by ``until``, by the target of the gate."""
        items = latest(item_states(ledger, settings.features.tolerance))
        numbered = asked.frame.with_row_index("question")
        found = outcomes(numbered, items, settings.days_late(TARGET), until, settings.lag_days)
        rows = Asked(found.drop("question", "happened"), asked.past[found["question"].to_list()])
        return cls(rows, found["happened"].to_numpy())

    def naive(self, model: LateModel) -> npt.NDArray[np.float64]:
        """The naive ratio as it was fitted beside ``model``."""
        return model.baselines[TARGET].predict(self.asked.past, TARGET)["naive_ratio"]


def judge_challenger(
    opened: Home, ledger: Ledger, asked: Asked, trial: LateModel, rival: Rival, relation: Relation, as_of: date
) -> Verdict:
    """The verdict on a trial model, by the home's policy.

    ``ledger`` and ``asked``: facts and landmark questions before ``as_of``. Asked are those issued from the trial's day on.
    """
    settings, rules = opened.train_settings, gate_rules(opened)
    since = asked.frame["as_of"] >= trial.train_as_of
    until = ledger.last_known_on() or as_of
    later = Decided.of(ledger, asked.where(since & asked.frame["at_issue"]), until, settings)
    fresh = check_freshness(ledger, as_of, rules)
    held = _held(ledger, later, trial, rival, opened)
    if not len(held):
        return Verdict((any_held(held), fresh), rival.said)
    early = asked.where(~since & asked.frame["at_issue"])
    labels = check_labels(_learnt(ledger, early, trial, settings))
    features = check_features(ledger, later.asked, later.happened, held.naive, trial.reads, settings, rules)
    findings = (labels, features, fresh, *_measured(held, relation, rules))
    return Verdict((any_held(held), *(f for f in findings if f is not None)), (*rival.said, PAST_EFFORT))


def _measured(held: Held, relation: Relation, rules: GateRules) -> Iterator[Finding | None]:
    yield against_naive(held, rules)
    yield against_champion(held, relation, rules)
    yield by_segment(held, rules)
    yield level(held, rules)
    yield calibration_error(held, rules)


def gate_rules(opened: Home) -> GateRules:
    """The bounds of the home's policy."""
    given = opened.policy.train
    return GateRules(**{field.name: getattr(given, field.name) for field in fields(GateRules)})


def relation_to(champion: Version | None, recipe: str, as_of: date, max_age: timedelta) -> Relation:
    """How a model of ``recipe``, trained as of ``as_of``, stands to the champion."""
    if champion is None:
        return "other"
    if champion.kind == "prior":
        return "prior"
    if as_of - champion.train_as_of > max_age:
        return "aged"
    return "refresh" if champion.recipe == recipe else "other"


def _held(ledger: Ledger, later: Decided, trial: LateModel, rival: Rival, opened: Home) -> Held:
    frame = later.asked.frame
    days = opened.train_settings.days_late(TARGET)
    champion = rival.model if len(later.happened) else None
    # As the period begins: what came in it must not say who belongs together.
    members = segments(ledger, frame, opened.policy, trial.train_as_of, opened.reporting_currency())
    return Held(
        happened=later.happened,
        customers=owners_of(frame),
        segments=members.to_numpy().astype(np.str_),
        model=trial.p_late(frame, days),
        naive=later.naive(trial),
        champion=None
        if champion is None
        else champion.p_late(_as_read(ledger, frame, champion, opened.train_settings), days),
    )


def _learnt(ledger: Ledger, early: Asked, trial: LateModel, settings: TrainSettings) -> Learnt:
    decided = Decided.of(ledger, early, trial.train_as_of, settings)
    newest = decided.asked.frame["as_of"].arg_sort().tail(_LEARNT).to_numpy()
    part = Decided(
        Asked(decided.asked.frame[newest], decided.asked.past[newest]),
        decided.happened[newest],
    )
    p = trial.p_late(part.asked.frame, settings.days_late(TARGET))
    return Learnt(part.happened, p, part.naive(trial))


def _as_read(ledger: Ledger, frame: pl.DataFrame, model: LateModel, settings: TrainSettings) -> pl.DataFrame:
    """The questions with what an older model reads: one trained with features now turned off is asked with them."""
    if set(model.reads) <= set(frame.columns):
        return frame
    with_them = replace(settings, features=replace(settings.features, disputes=model.features.disputes))
    return ask(ledger, frame.select(*QUESTION_KEY, "due_date", "at_issue"), with_them).frame
