"""What one predictor gains on another: differences of measures, with intervals over the same draws of customers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from riskpay.model.evaluation import draw_customers, interval
from riskpay.model.ranking import Ranking

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Interval = tuple[float, float] | None

DRAWS: Final = 1000
MEASURES: Final = ("brier", "log_loss", "roc_auc")
_EDGE = 1e-9
"""Least probability of what happened that the log loss counts: certainty that fails costs much, not everything."""


@dataclass(frozen=True)
class Difference:
    """A measure of one predictor less that of another, and its 95 % interval; None for what cannot be measured."""

    change: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        """Change, low and high, rounded to 6 digits."""
        given = {"change": self.change, "low": self.low, "high": self.high}
        return {name: None if value is None else round(value, 6) for name, value in given.items()}

    def shows_below(self, bound: float) -> bool:
        """Whether the change is at most ``bound`` (0 or less), and below 0 beyond the luck of the customers."""
        return self.change is not None and self.high is not None and self.change <= bound and self.high < 0

    def shows_above(self, bound: float) -> bool:
        """Whether the change is beyond ``bound`` (0 or more), and above 0 beyond the luck of the customers."""
        return self.change is not None and self.low is not None and self.change > bound and self.low > 0

    def rules_out(self, bound: float) -> bool:
        """Whether a change beyond ``bound`` is ruled out: the whole interval lies up to it."""
        return self.high is not None and self.high <= bound

    @property
    def said(self) -> str:
        """The change and its interval in words."""
        if self.change is None:
            return "a difference that cannot be measured"
        if self.low is None or self.high is None:
            return f"{self.change:+.4f}, of too few customers to tell it from luck"
        return f"{self.change:+.4f}, 95 % by customers {self.low:+.4f} to {self.high:+.4f}"


def differences(
    happened: BoolArray, p: FloatArray, other: FloatArray, customers: IntArray, draws: int = DRAWS, seed: int = 7
) -> dict[str, Difference]:
    """Measures of ``p`` less those of ``other``, by measure; all arrays of shape (questions,).

    Whole customers are drawn with replacement, the same for both predictors and all measures, as
    ``evaluation.paired`` draws them; a draw here is a weight of each row, so that nothing is sorted anew.
    """
    if not len(happened):
        return dict.fromkeys(MEASURES, Difference(None, None, None))
    ours, theirs = _Told(happened, p), _Told(happened, other)
    whole = _less(ours.measures(np.ones(len(happened))), theirs.measures(np.ones(len(happened))))
    drawn = [_less(ours.measures(w), theirs.measures(w)) for w in _row_weights(customers, draws, seed)]
    return {name: Difference(whole[name], *(_interval(drawn, name) or (None, None))) for name in MEASURES}


def intervals(
    happened: BoolArray, p: FloatArray, other: FloatArray, customers: IntArray, draws: int, seed: int = 7
) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """95 % intervals by measure: of those of ``p``, and of those less the ones of ``other``; draws as in ``differences``.

    The same as ``evaluation.bootstrap`` and ``paired`` give, which measure every draw anew.
    """
    if not len(happened):
        return dict.fromkeys(MEASURES), dict.fromkeys(MEASURES)
    ours, theirs = _Told(happened, p), _Told(happened, other)
    drawn = [(ours.measures(w), theirs.measures(w)) for w in _row_weights(customers, draws, seed)]
    own, less = [mine for mine, _ in drawn], [_less(*both) for both in drawn]
    return {name: _interval(own, name) for name in MEASURES}, {name: _interval(less, name) for name in MEASURES}


def brier_difference(
    happened: BoolArray, p: FloatArray, other: FloatArray, customers: IntArray, draws: int = DRAWS, seed: int = 7
) -> Difference:
    """Brier score of ``p`` less that of ``other``; draws as in ``differences``, which gives the same figures slower."""
    if not len(happened):
        return Difference(None, None, None)
    change = (p - happened) ** 2 - (other - happened) ** 2
    _, owner = np.unique(customers, return_inverse=True)
    total, count = np.bincount(owner, weights=change), np.bincount(owner).astype(np.float64)
    drawn = [float(total[picks].sum() / count[picks].sum()) for picks in draw_customers(len(total), draws, seed)]
    return Difference(float(change.mean()), *(interval(drawn, draws) or (None, None)))


def measures(happened: BoolArray, p: FloatArray) -> dict[str, float | None]:
    """Brier score, log loss and area under the ROC curve of probabilities; None for what cannot be measured."""
    if not len(happened):
        return dict.fromkeys(MEASURES)
    return _Told(happened, p).measures(np.ones(len(happened)))


class _Told:
    """What a predictor said of questions, made ready to be measured under many weights."""

    def __init__(self, happened: BoolArray, p: FloatArray) -> None:
        self._square = (p - happened) ** 2
        self._log = -np.log(np.maximum(np.where(happened, p, 1.0 - p), _EDGE))
        self._ranking = Ranking(happened, p)

    def measures(self, weight: FloatArray) -> dict[str, float | None]:
        """The measures of rows weighted so, in the order of MEASURES."""
        total = float(weight.sum())
        return {
            "brier": float(weight @ self._square) / total,
            "log_loss": float(weight @ self._log) / total,
            "roc_auc": self._ranking.roc_auc(weight),
        }


def _row_weights(customers: IntArray, draws: int, seed: int) -> Iterator[FloatArray]:
    """How often each row's customer is drawn, draw by draw."""
    _, owner = np.unique(customers, return_inverse=True)
    number = int(owner.max()) + 1
    for picks in draw_customers(number, draws, seed):
        yield np.bincount(picks, minlength=number)[owner].astype(np.float64)


def _interval(drawn: Sequence[Mapping[str, float | None]], name: str) -> Interval:
    return interval([found for one in drawn if (found := one[name]) is not None], len(drawn))


def _less(ours: dict[str, float | None], theirs: dict[str, float | None]) -> dict[str, float | None]:
    pairs = ((name, ours[name], theirs[name]) for name in MEASURES)
    return {name: None if a is None or b is None else a - b for name, a, b in pairs}
