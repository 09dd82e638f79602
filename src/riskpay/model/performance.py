"""How good answers were once their truth is known, with errors that take whole customers as one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit

from riskpay.model.by_customer import Estimate, mean_of, owners_of
from riskpay.model.evaluation import bootstrap, ece, roc_auc

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DRAWS: Final = 200
_EDGE: Final = 1e-4
_STEPS: Final = 25
_SINGULAR: Final = 1e12


@dataclass(frozen=True)
class Performance:
    """Measures of ripened answers.

    ``gap`` = observed share less mean predicted. ``ratio`` = observed over expected. ``brier`` = mean squared error;
    ``excess`` = Brier score less the one that calibrated answers would have on average, mean p (1 - p): 0 for calibrated
    answers of any population (Spiegelhalter 1986). ``slope`` = of the outcome on log-odds of p: 1 if calibrated, below 1
    where answers are too bold. ``roc_auc`` and its 95 % interval are None where only one outcome occurs.
    """

    n: int
    customers: int
    predicted: float
    observed: float
    gap: Estimate
    ratio: Estimate
    brier: Estimate
    excess: Estimate
    ece: float
    slope: Estimate | None
    roc_auc: float | None
    roc_auc_interval: tuple[float, float] | None

    def to_json(self) -> dict[str, Any]:
        """The measures by name, rounded to 6 digits."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def performance(ripe: pl.DataFrame, *, ranked: bool = True) -> Performance | None:
    """Measures of answers as ``ripened.COLUMNS``; None without rows. ``ranked``: with the interval of the ROC-AUC."""
    if ripe.is_empty():
        return None
    p, happened = ripe["p"].to_numpy().astype(np.float64), ripe["happened"].to_numpy()
    owners = owners_of(ripe)
    y = happened.astype(np.float64)
    predicted, observed = float(p.mean()), float(y.mean())
    ratio = observed / max(predicted, _EDGE)
    return Performance(
        n=len(p),
        customers=int(owners.max()) + 1,
        predicted=predicted,
        observed=observed,
        gap=mean_of(y - p, owners),
        ratio=Estimate(ratio, _over(mean_of(y - ratio * p, owners).error, max(predicted, _EDGE))),
        brier=mean_of((p - y) ** 2, owners),
        excess=mean_of((p - y) ** 2 - p * (1 - p), owners),
        ece=ece(happened, p),
        slope=calibration_slope(p, y, owners),
        roc_auc=roc_auc(happened, p),
        roc_auc_interval=bootstrap(happened, p, owners, roc_auc, DRAWS) if ranked else None,
    )


def calibration_slope(p: FloatArray, y: FloatArray, owners: IntArray) -> Estimate | None:
    """Slope of the logistic regression of outcomes on the log-odds of answers (Cox 1958), by Newton's steps.

    None where only one outcome occurs, all answers are the same, or the outcomes are told apart without fail.
    """
    held = np.clip(p, _EDGE, 1 - _EDGE)
    x = np.column_stack([np.ones(len(p)), np.log(held / (1 - held))])
    if not 0 < y.sum() < len(y) or x[:, 1].std() < _EDGE or owners.max() < 1:
        return None
    beta = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        mean = expit(x @ beta)
        information = (x * (mean * (1 - mean))[:, None]).T @ x
        if np.linalg.cond(information) > _SINGULAR:
            return None
        step = np.linalg.solve(information, x.T @ (y - mean))
        beta += step
        if np.abs(step).max() < 1e-9:
            return Estimate(float(beta[1]), _slope_error(x, y - mean, information, owners))
    return None


def _slope_error(x: FloatArray, residual: FloatArray, information: FloatArray, owners: IntArray) -> float:
    """The sandwich: what customers' own scores add up to, between two inverses of the information."""
    scores = np.column_stack([np.bincount(owners, weights=x[:, k] * residual) for k in range(2)])
    bread = np.linalg.inv(information)
    meat = scores.T @ scores * len(scores) / (len(scores) - 1)
    return float(np.sqrt((bread @ meat @ bread)[1, 1]))


def trend(gaps: Sequence[Estimate]) -> Estimate | None:
    """Change of a figure a step (a month), by least squares weighted by the errors; None for fewer than three."""
    known = [(step, gap.value, gap.error) for step, gap in enumerate(gaps) if gap.error]
    if len(known) < 3:
        return None
    step, value, error = (np.array(column) for column in zip(*known, strict=True))
    weight = 1 / error**2
    centred = step - np.average(step, weights=weight)
    spread = float(weight @ centred**2)
    return Estimate(float((weight * centred) @ value) / spread, float(1 / np.sqrt(spread)))


def _over(error: float | None, by: float) -> float | None:
    return None if error is None else error / by


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_rounded(part) for part in value]
    return round(value, 6) if isinstance(value, float) else value
