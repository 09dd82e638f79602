"""Figures of parts of a period: by slice, by week, and the payment curve of a group beside the one that came."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.answers import Answers, Questions
from riskpay.model.differences import Difference
from riskpay.model.evaluation import Scores, score
from riskpay.model.judged import mean_less, rounded

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

CURVE_DAYS: Final = 120
"""Days of an observed curve: beyond them few periods are known."""
SHOWN_DAYS: Final = (0, 3, 7, 11, 15, 20, 25, 30, 37, 45, 60, 75, 90, 120)


@dataclass(frozen=True)
class PartScores:
    """One part of the answers: the model's scores, its mean probability, and its Brier score beside the naive ratio's."""

    customers: int
    scores: Scores
    mean_p: float | None
    naive_ratio_brier: float | None
    less: Difference

    @classmethod
    def of(cls, answers: Answers) -> "PartScores":
        """The scores of all of ``answers``."""
        happened, p, ratio = answers.happened, answers.predictions["model"], answers.predictions["naive_ratio"]
        square, other = (p - happened) ** 2, (ratio - happened) ** 2
        there = len(happened) > 0
        return cls(
            customers=len(np.unique(answers.owners)),
            scores=score(happened, p),
            mean_p=float(p.mean()) if there else None,
            naive_ratio_brier=float(other.mean()) if there else None,
            less=mean_less(square, other, answers.owners),
        )

    def to_json(self) -> dict[str, object]:
        """Measures by name; ``brier_less_naive_ratio`` with its interval."""
        plain = rounded({"mean_p": self.mean_p, "naive_ratio_brier": self.naive_ratio_brier})
        less = {"brier_less_naive_ratio": self.less.to_json()}
        return {"customers": self.customers, **self.scores.to_json(), **plain, **less}


@dataclass(frozen=True)
class WeekScores:
    """One week's answers: what was predicted and what came. ``week``: its Monday."""

    week: date
    n: int
    mean_p: float
    base_rate: float
    brier: float
    naive_ratio_mean_p: float

    def to_json(self) -> dict[str, object]:
        """Measures by name."""
        measures = ("mean_p", "base_rate", "brier", "naive_ratio_mean_p")
        figures = {name: round(getattr(self, name), 6) for name in measures}
        return {"week": self.week.isoformat(), "n": self.n, **figures}


def by_week(answers: Answers, as_of: pl.Series) -> list[WeekScores]:
    """Answers by the week of their question, in order; ``as_of`` of all asked questions."""
    week = as_of.dt.truncate("1w").gather(answers.rows)
    found = []
    for monday in week.unique().sort():
        part = answers.where((week == monday).to_numpy())
        p, happened = part.predictions["model"], part.happened
        ratio = float(part.predictions["naive_ratio"].mean())
        brier = float(((p - happened) ** 2).mean())
        found.append(WeekScores(monday, len(p), float(p.mean()), float(happened.mean()), brier, ratio))
    return found


@dataclass(frozen=True)
class GroupCurve:
    """The mean payment curve of a group of questions, and the one that came: shares unpaid 0 .. CURVE_DAYS days from as_of."""

    n: int
    predicted: FloatArray
    observed: FloatArray

    def to_json(self) -> dict[str, object]:
        """``n``, and both shares at ``SHOWN_DAYS``."""
        shown = {
            name: {str(day): None if np.isnan(curve[day]) else round(float(curve[day]), 6) for day in SHOWN_DAYS}
            for name, curve in (("predicted", self.predicted), ("observed", self.observed))
        }
        return {"n": self.n, **shown}


def group_curve(questions: Questions, items: pl.DataFrame, until: date, lag_days: int) -> GroupCurve:
    """The predicted and the observed curve of questions.

    ``items`` as ``open_items.latest``, known until ``until``. The observed one is Kaplan and Meier's (1958): an item not
    paid counts as long as it was known to be unpaid, or until a credit note or write-off ended it.
    """
    frame = questions.asked.frame.select(*ITEM_KEY, "as_of")
    outcome = items.select(*ITEM_KEY, "settled_on", "settled_by")
    joined = frame.join(outcome, on=ITEM_KEY, how="left", maintain_order="left")
    known = pl.lit(until) - pl.duration(days=lag_days + 1)
    ended = pl.min_horizontal(pl.col("settled_on").fill_null(known), known)
    timed = joined.select(
        days=(ended - pl.col("as_of")).dt.total_days(),
        paid=((pl.col("settled_by") == "cash") & (pl.col("settled_on") <= known)).fill_null(value=False),
    )
    predicted = questions.risks.unpaid[:, : CURVE_DAYS + 1].mean(axis=0, dtype=np.float64)
    return GroupCurve(
        frame.height, predicted, kaplan_meier(timed["days"].to_numpy(), timed["paid"].to_numpy(), CURVE_DAYS)
    )


def kaplan_meier(days: IntArray, paid: BoolArray, last: int) -> FloatArray:
    """Share unpaid after each day from 0 to ``last``, of items paid (or last seen unpaid) so many days on.

    What was paid by the day of the question itself is known on the next. It ends (NaN) where nobody is seen any more.
    """
    paying = np.where(paid, np.maximum(days, 1), days)
    at_risk = len(days) - np.searchsorted(np.sort(paying), np.arange(1, last + 1), side="left")
    inside = paying[paid & (paying <= last)]
    fell = np.bincount(inside, minlength=last + 1)[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(at_risk > 0, 1.0 - fell / at_risk, np.nan)
    return np.concatenate([[1.0], np.cumprod(left)])
