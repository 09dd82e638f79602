"""How good probabilities are: ranking, calibration, and intervals by customer bootstrap."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ECE_BINS = 10
FEWEST_CUSTOMERS = 5
"""Fewer than these cannot be drawn from: one drawn alone is always the same, and would make the narrowest interval."""


@dataclass(frozen=True)
class Scores:
    """Measures of predicted probabilities against what happened.

    ``roc_auc`` and ``pr_auc`` (average precision) are None where only one outcome occurs.
    ``brier`` = mean squared error, ``ece`` = expected calibration error over 10 bins of equal count.
    """

    n: int
    base_rate: float | None
    roc_auc: float | None
    pr_auc: float | None
    brier: float | None
    ece: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """The measures by name, rounded to 6 digits."""
        return {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(self).items()}


def score(happened: BoolArray, p: FloatArray) -> Scores:
    """Measures of probabilities ``p`` of an event; None for what cannot be measured."""
    n = len(happened)
    if n == 0:
        return Scores(0, None, None, None, None, None)
    both = 0 < int(happened.sum()) < n
    return Scores(
        n=n,
        base_rate=float(happened.mean()),
        roc_auc=float(roc_auc_score(happened, p)) if both else None,
        pr_auc=float(average_precision_score(happened, p)) if both else None,
        brier=float(brier_score_loss(happened, p, labels=[False, True])),
        ece=ece(happened, p),
    )


def ece(happened: BoolArray, p: FloatArray, bins: int = ECE_BINS) -> float:
    """Expected calibration error: mean |predicted - observed| over bins of equal count, weighted by count."""
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(float(p[part].mean()) - float(happened[part].mean())) for part in parts]
    return float(sum(gaps) / len(p))


Measure = Callable[[BoolArray, FloatArray], float | None]


def bootstrap(
    happened: BoolArray,
    p: FloatArray,
    customers: npt.NDArray[np.int64],
    measure: Measure,
    draws: int = 300,
    seed: int = 7,
) -> tuple[float, float] | None:
    """95 % interval of a measure, whole customers drawn with replacement; None if too few can be measured.

    Items of one customer are alike, so drawing items would make the interval too narrow.
    """
    found = [m for m in (measure(happened[r], p[r]) for r in _draws(customers, draws, seed)) if m is not None]
    return interval(found, draws)


def paired(
    happened: BoolArray,
    p: FloatArray,
    other: FloatArray,
    customers: npt.NDArray[np.int64],
    measure: Measure,
    draws: int = 300,
    seed: int = 7,
) -> tuple[float, float] | None:
    """95 % interval of measure(p) - measure(other) over the same draws of customers."""
    found = []
    for rows in _draws(customers, draws, seed):
        ours, theirs = measure(happened[rows], p[rows]), measure(happened[rows], other[rows])
        if ours is not None and theirs is not None:
            found.append(ours - theirs)
    return interval(found, draws)


def roc_auc(happened: BoolArray, p: FloatArray) -> float | None:
    """Area under the ROC curve; None where only one outcome occurs."""
    return float(roc_auc_score(happened, p)) if 0 < int(happened.sum()) < len(happened) else None


def brier(happened: BoolArray, p: FloatArray) -> float | None:
    """Mean squared error of probabilities; None without rows."""
    return float(np.mean((p - happened) ** 2)) if len(p) else None


def _draws(customers: npt.NDArray[np.int64], draws: int, seed: int) -> list[npt.NDArray[np.int64]]:
    order = np.argsort(customers, kind="stable")
    _, starts = np.unique(customers[order], return_index=True)
    groups = np.split(order, starts[1:])
    return [np.concatenate([groups[g] for g in pick]) for pick in draw_customers(len(groups), draws, seed)]


def draw_customers(number: int, draws: int, seed: int) -> npt.NDArray[np.int64]:
    """Customers drawn with replacement, by index, shape (draws, number); no draw of fewer than ``FEWEST_CUSTOMERS``."""
    if number < FEWEST_CUSTOMERS:
        return np.empty((0, number), dtype=np.int64)
    return np.random.default_rng(seed).integers(0, number, size=(draws, number))


def interval(found: list[float], draws: int) -> tuple[float, float] | None:
    """The middle 95 % of what draws gave; None if fewer than half of them could be measured, or there were none."""
    if not found or len(found) < draws / 2:
        return None
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
