"""Backtests: a model frozen on a day, asked about items issued later, beside the naive baselines."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.labels import outcomes
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.by_customer import owners_of
from riskpay.model.differences import Interval, intervals
from riskpay.model.evaluation import Scores, score
from riskpay.model.late_model import LateModel
from riskpay.model.training import TARGETS, Asked, TrainSettings

FloatArray = npt.NDArray[np.float64]

DRAWS: Final = 300


@dataclass(frozen=True)
class TargetTest:
    """One target: what happened, what each predictor said, and how good that was.

    ``intervals``: 95 % intervals by customer bootstrap of the model's measures, and of the model less
    the naive ratio (paired).
    """

    happened: npt.NDArray[np.bool_]
    predictions: dict[str, FloatArray]
    scores: dict[str, Scores]
    intervals: dict[str, Interval]

    def to_json(self) -> dict[str, object]:
        """Measures by predictor, and the intervals."""
        return {
            **{name: scores.to_json() for name, scores in self.scores.items()},
            "intervals": {k: None if v is None else [round(x, 6) for x in v] for k, v in self.intervals.items()},
        }


def issued_between(ledger: Ledger, first: date, last: date) -> pl.DataFrame:
    """Questions at the issue day of every item issued from ``first`` to ``last``, both included."""
    states = item_states(ledger).group_by(ITEM_KEY, maintain_order=True).first()
    asked = states.filter(pl.col("issue_date").is_between(first, last))
    return asked.select(*ITEM_KEY, "due_date", as_of="issue_date", at_issue=pl.lit(value=True)).select(
        *ITEM_KEY, "as_of", "due_date", "at_issue"
    )


def judge(ledger: Ledger, model: LateModel, asked: Asked, settings: TrainSettings) -> dict[str, TargetTest]:
    """Tests of ``model`` on asked questions, by target, with outcomes from all that ``ledger`` knows.

    Items not decided by its last known day, or ended by a credit note or write-off before that, are
    left out of the target.
    """
    items = latest(item_states(ledger, settings.features.tolerance))
    until = ledger.last_known_on()
    return {target: _test(model, asked, items, until, settings, target) for target in TARGETS} if until else {}


def _test(
    model: LateModel, asked: Asked, items: pl.DataFrame, until: date, settings: TrainSettings, target: str
) -> TargetTest:
    days = settings.days_late(target)
    decided = outcomes(asked.frame.with_row_index("question"), items, days, until, settings.lag_days)
    past = asked.past[decided["question"].to_list()]
    happened = decided["happened"].to_numpy()
    predictions = {"model": model.p_late(decided, days), **model.baselines[target].predict(past, target)}
    return TargetTest(
        happened=happened,
        predictions=predictions,
        scores={name: score(happened, p) for name, p in predictions.items()},
        intervals=_intervals(happened, predictions, owners_of(decided)),
    )


def _intervals(
    happened: npt.NDArray[np.bool_], predictions: dict[str, FloatArray], customers: npt.NDArray[np.int64]
) -> dict[str, Interval]:
    if not len(happened):
        return {}
    own, less = intervals(happened, predictions["model"], predictions["naive_ratio"], customers, DRAWS)
    told = ("roc_auc", "brier")
    return {m: own[m] for m in told} | {f"{m}_less_naive_ratio": less[m] for m in told}
