"""How well the day of payment is told: its median in days, and its quantiles by pinball loss.

Only items paid in cash have a day of payment. Those still open or ended otherwise are counted and left out, so figures are
of those that paid; a period whose outcomes are known long after its end leaves few out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.answers import Questions
from riskpay.model.differences import Difference
from riskpay.model.judged import mean_less, rounded
from riskpay.model.open_rules import OpenPast
from riskpay.model.risk import HORIZON_DAYS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SHARES: Final = (0.1, 0.5, 0.9)
FEWEST: Final = 5
"""Settled items below which a customer's own quantiles are not used."""
MEDIAN: Final = SHARES.index(0.5)


@dataclass(frozen=True)
class DayScores:
    """How far predicted days lie from the days of payment.

    ``mae``: mean absolute error of the median, in days. ``pinball``: loss of each of ``SHARES``, in days. ``within``: share
    of items paid from the first to the last quantile, both included (nominal .8). A rule that tells one day has ``mae`` only.
    """

    mae: float
    pinball: tuple[float, ...] = ()
    within: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """The measures by name."""
        if not self.pinball:
            return rounded({"mae": self.mae})
        by_share = {f"pinball_{round(100 * s)}": loss for s, loss in zip(SHARES, self.pinball, strict=True)}
        return rounded({"mae": self.mae, **by_share, "within_p10_p90": self.within})


@dataclass(frozen=True)
class DaysLate:
    """Scores by predictor of the items that paid; ``less``: absolute error of the model less that of each naive rule.

    ``unpaid``: items still open on the last known day, ``otherwise``: ended by credit, write-off or mixed means; both left
    out. ``beyond``: items among ``n`` one of whose quantiles lies beyond the curve's horizon, counted as its last day.
    """

    n: int
    unpaid: int
    otherwise: int
    beyond: int
    scores: dict[str, DayScores]
    less: dict[str, Difference]

    def to_json(self) -> dict[str, object]:
        """Counts, measures by predictor, and pairs."""
        return {
            **{name: getattr(self, name) for name in ("n", "unpaid", "otherwise", "beyond")},
            **{name: scores.to_json() for name, scores in self.scores.items()},
            "less": {name: {"mae": found.to_json()} for name, found in self.less.items()},
        }


def pinball(happened: FloatArray, told: FloatArray, share: float) -> float:
    """Mean pinball loss of a quantile: (share - [happened < told]) x (happened - told); 0.5 x the error for the median.

    Koenker and Bassett 1978.
    """
    off = happened - told
    return float(np.maximum(share * off, (share - 1.0) * off).mean())


def days_late(questions: Questions, past: OpenPast, items: pl.DataFrame) -> DaysLate:
    """Predicted days late against those that happened.

    ``items`` as ``open_items.latest``. Naive rules: the customer's mean days late (``naive_mean``), the quantiles of its own past
    (``naive_quantiles``, everyone's where it has few), and everyone's (``naive_constant``); none lies before the question.
    """
    outcome = questions.asked.frame.select(*ITEM_KEY, "due_date").join(
        items.select(*ITEM_KEY, "settled_on", "settled_by"), on=ITEM_KEY, how="left", maintain_order="left"
    )
    paid = (outcome["settled_by"] == "cash").fill_null(value=False).to_numpy()
    unpaid = int(outcome["settled_by"].null_count())
    happened = (outcome["settled_on"] - outcome["due_date"]).dt.total_days().cast(pl.Float64).to_numpy()[paid]
    told = {name: days[paid] for name, days in _told(questions, past).items()}
    owners = questions.owners[paid]
    error = {name: np.abs(happened - _median(days)) for name, days in told.items()}
    scored = {name: _scores(happened, days) for name, days in told.items()} if len(happened) else {}
    return DaysLate(
        n=len(happened),
        unpaid=unpaid,
        otherwise=outcome.height - unpaid - len(happened),
        beyond=int(_beyond(questions)[paid].sum()),
        scores=scored,
        less={name: mean_less(error["model"], error[name], owners) for name in told if name != "model"},
    )


def _told(questions: Questions, past: OpenPast) -> dict[str, FloatArray]:
    """Days late by predictor, shape (questions, SHARES), or (questions, 1) of a rule that tells one day."""
    at = questions.at.astype(np.float64)[:, None]
    own, _ = past.days.quantiles(past.asked, SHARES, FEWEST)
    everyone, _ = past.days.quantiles(past.asked, SHARES, np.iinfo(np.int64).max)
    mean = past.mean_days_late.cast(pl.Float64).to_numpy()
    means = np.where(np.isnan(mean), everyone[:, MEDIAN], mean)[:, None]
    ahead = _columns(questions).fill_null(HORIZON_DAYS).to_numpy().astype(np.float64)
    naive = {"naive_mean": means, "naive_quantiles": own, "naive_constant": everyone}
    return {"model": at + ahead, **{name: np.maximum(at, np.nan_to_num(days)) for name, days in naive.items()}}


def _columns(questions: Questions) -> pl.DataFrame:
    return questions.risks.items.select(f"pay_in_p{round(100 * share)}" for share in SHARES)


def _beyond(questions: Questions) -> npt.NDArray[np.bool_]:
    """Whether one of the quantiles lies beyond the horizon."""
    return _columns(questions).select(pl.any_horizontal(pl.all().is_null())).to_series().to_numpy()


def _scores(happened: FloatArray, told: FloatArray) -> DayScores:
    mae = float(np.abs(happened - _median(told)).mean())
    if told.shape[1] == 1:
        return DayScores(mae)
    losses = tuple(pinball(happened, told[:, number], share) for number, share in enumerate(SHARES))
    within = (happened >= told[:, 0]) & (happened <= told[:, -1])
    return DayScores(mae, losses, float(within.mean()))


def _median(told: FloatArray) -> FloatArray:
    """The one day that is told, or the middle quantile."""
    return told[:, 0] if told.shape[1] == 1 else told[:, MEDIAN]
