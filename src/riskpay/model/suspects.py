"""What makes a challenger suspect whatever its score: labels that were shuffled, features that know the outcome.

``check_labels``: a model knows the questions that it was trained on better than any rule does; one whose labels were
shuffled does not. ``leaking``: what the model was tested on is asked again of a ledger from which everything later is
gone, or changed (``features.leakage``). ``telling``: a feature that comes from elsewhere gives itself away by telling
the outcome alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import rankdata

from riskpay.dates import Cut
from riskpay.features.histories import QUESTION_KEY
from riskpay.features.leakage import check
from riskpay.ledger.ledger import Ledger
from riskpay.model.evaluation import roc_auc
from riskpay.model.gate import Finding, GateRules
from riskpay.model.training import Asked, TrainSettings, ask

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CHANCE: Final = 0.5
_JUMP: Final = 0.05
"""ROC-AUC by which a feature must also beat the naive ratio to be too good: where customers never vary, both may."""
_DAYS, _PAIRS = 5, 300
_SEED: Final = 7
_NAMED: Final = 3
"""How many features a message names."""


@dataclass(frozen=True)
class Learnt:
    """Questions that the challenger was trained on: what happened, and what it and the naive ratio say of them."""

    happened: BoolArray
    model: FloatArray
    naive: FloatArray


def check_labels(learnt: Learnt) -> Finding | None:
    """Whether the challenger knows its own training questions; None where all of them ended alike.

    It must come at least half as far from chance as the naive ratio does. A weak model passes: whether it is good
    enough is for the other rules. ROC-AUC, of outcomes as the ledger tells them.
    """
    own, naive = roc_auc(learnt.happened, learnt.model), roc_auc(learnt.happened, learnt.naive)
    if own is None or naive is None:
        return None
    figures = f"ROC-AUC {own:.3f} on the questions it was trained on, where the naive ratio has {naive:.3f}"
    if own - CHANCE >= (naive - CHANCE) / 2:
        return Finding("labels", passed=True, said=f"it knows its training questions: {figures}")
    said = f"shuffled labels: what it was trained on is not what happened: {figures}"
    return Finding("labels", passed=False, said=said)


def check_features(
    ledger: Ledger,
    held: Asked,
    happened: BoolArray,
    naive: FloatArray,
    reads: Sequence[str],
    settings: TrainSettings,
    rules: GateRules,
) -> Finding:
    """Whether a feature that the challenger reads knows what came later, or tells the outcome nearly alone.

    ``held``: decided questions at their issue, with the features as the challenger was asked; ``happened`` and ``naive``
    by their rows. ``ledger``: what training knew.
    """
    looked = leaking(ledger, held, reads, settings)
    if looked:
        said = f"leaked feature: {_names(looked)} said something else once later facts were gone or changed"
        return Finding("leak", passed=False, said=said)
    told = telling(held.frame, happened, naive, reads, rules.max_feature_auc)
    if told:
        said = f"leaked feature: {_names(told)} tells the outcome alone, beyond ROC-AUC {rules.max_feature_auc:.2f}"
        return Finding("leak", passed=False, said=said)
    said = f"none of {len(reads)} features knows what came later, and none tells the outcome alone"
    return Finding("leak", passed=True, said=said)


def leaking(ledger: Ledger, held: Asked, reads: Collection[str], settings: TrainSettings) -> list[str]:
    """Features among ``reads`` whose values in ``held`` are not what a ledger without, or with another, future gives.

    Asked of ``_PAIRS`` questions on ``_DAYS`` days spread over those held back: each day costs two computations.
    """
    names = [name for name in settings.features.names if name in reads]
    tested = held.frame.select(*QUESTION_KEY, *names)
    sample = _sample(held.frame)

    def as_tested(_: Ledger, questions: pl.DataFrame) -> pl.DataFrame:
        return questions.join(tested, on=list(QUESTION_KEY), how="left", maintain_order="left")

    def again(other: Ledger, questions: pl.DataFrame, cut: Cut) -> pl.DataFrame:  # noqa: ARG001 - ``ask`` has cut=start
        due = questions.join(
            held.frame.select(*QUESTION_KEY, "due_date", "at_issue"), on=list(QUESTION_KEY), how="left"
        )
        return ask(other, due, settings).frame.select(*QUESTION_KEY, *names)

    report = check(as_tested, ledger, sample, "start", _SEED, again)
    moved = (*report.violations, *report.unstable)
    return sorted({violation.feature for violation in moved})


def _sample(frame: pl.DataFrame) -> pl.DataFrame:
    """Some questions of some days, the days spread evenly."""
    days = frame["as_of"].unique().sort()
    on = days.gather(sorted({int(place) for place in np.linspace(0, len(days) - 1, _DAYS)})) if len(days) else days
    there = frame.filter(pl.col("as_of").is_in(on.implode())).select(QUESTION_KEY)
    drawn = there.sample(fraction=1.0, shuffle=True, seed=_SEED)
    return drawn.group_by("as_of", maintain_order=True).head(-(-_PAIRS // _DAYS)).select(QUESTION_KEY)


def telling(
    frame: pl.DataFrame, happened: BoolArray, naive: FloatArray, reads: Collection[str], bound: float
) -> list[str]:
    """Features that alone rank the outcomes better than ``bound`` (ROC-AUC, either way round) and than the naive ratio."""
    best = roc_auc(happened, naive)
    if best is None:
        return []
    least = max(bound, best + _JUMP)
    alone = {name: _auc(frame[name], happened) for name in frame.columns if name in reads}
    return sorted((name for name, auc in alone.items() if auc > least), key=lambda name: -alone[name])


def _auc(column: pl.Series, happened: BoolArray) -> float:
    """ROC-AUC of a column alone, turned so that it is greatest: upwards or downwards, what is not known at either end."""
    known = column.cast(pl.Float64).fill_nan(None)
    late, rest = int(happened.sum()), int((~happened).sum())
    if not late or not rest:
        return CHANCE
    ends = (-np.inf, np.inf) if known.null_count() else (0.0,)
    ranks = (rankdata(known.fill_null(end).to_numpy()) for end in ends)
    found = [(float(rank[happened].sum()) - late * (late + 1) / 2) / (late * rest) for rank in ranks]
    return max(*found, *(1.0 - auc for auc in found))


def _names(features: Sequence[str]) -> str:
    more = f" and {len(features) - _NAMED} more" if len(features) > _NAMED else ""
    return ", ".join(features[:_NAMED]) + more
