"""The three naive predictors that stand beside every figure of the model."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.linear_model import LogisticRegression

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

NAIVE = ("naive_ratio", "naive_mean", "naive_constant")
RATIO_WEIGHT = 5.0


@dataclass(frozen=True)
class Baselines:
    """What a person could compute: the training share, the customer's own share, its mean days late."""

    constant: float
    intercept: float
    slope: float
    missing: float

    def predict(self, past: pl.DataFrame, count: str) -> dict[str, FloatArray]:
        """Probabilities of the event by baseline.

        ``past`` as ``records.past_records``; ``count`` names its column of past events (late, late_30).
        """
        n = past["n"].to_numpy()
        mean = past["mean_days_late"].fill_null(self.missing).to_numpy()
        return {
            "naive_ratio": (past[count].to_numpy() + RATIO_WEIGHT * self.constant) / (n + RATIO_WEIGHT),
            "naive_mean": 1.0 / (1.0 + np.exp(-(self.intercept + self.slope * mean))),
            "naive_constant": np.full(past.height, self.constant),
        }


def fit_baselines(past: pl.DataFrame, happened: BoolArray) -> Baselines:
    """Baselines learnt from training questions with their ``past_records`` and outcomes.

    ``naive_mean`` is a logistic regression on the customer's past mean days late, customers without
    history at the training mean.
    """
    constant = float(happened.mean()) if len(happened) else 0.5
    known = past["mean_days_late"].mean()
    missing = float(known) if isinstance(known, float) else 0.0
    if not 0 < int(happened.sum()) < len(happened):
        edge = min(max(constant, 1e-6), 1 - 1e-6)
        return Baselines(constant, float(np.log(edge / (1 - edge))), 0.0, missing)
    mean = past["mean_days_late"].fill_null(missing).to_numpy().reshape(-1, 1)
    line = LogisticRegression().fit(mean, happened)
    return Baselines(constant, float(line.intercept_[0]), float(line.coef_[0, 0]), missing)
