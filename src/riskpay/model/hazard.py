"""The hazard model: LightGBM boosters on person-period rows, averaged. The only module that knows LightGBM."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

# Read by OpenMP when LightGBM is first imported. Threads that wait fall asleep almost at once: with other work
# on the machine spinning ones made training ten to forty times slower; asleep they cost a third where it is idle.
os.environ.setdefault("GOMP_SPINCOUNT", "300")

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.catalogue import FEATURES, LATE_DAYS

FloatArray = npt.NDArray[np.float64]
Booster = lgb.Booster

INTERVAL_COLUMNS = ("interval", "interval_start", "interval_end", "interval_days", "habit_hazard")
CLOCKS = frozenset(
    {"portfolio_late_share_30", "portfolio_late_share_90", "portfolio_mean_days_late_30", "portfolio_drift"}
)
"""Features that are alike for all items of a day: over a year of history trees read them as a clock, not as a level."""

READ = tuple(feature for feature in FEATURES if feature.name not in CLOCKS)
COLUMNS = (*(feature.name for feature in READ), *INTERVAL_COLUMNS)
"""What the booster reads, in this order."""


@dataclass(frozen=True)
class HazardSettings:
    """How the booster is grown; chosen on periods before any test window.

    ``other_weight``: weight of a row asked after the issue day against one asked on it. ``members``:
    boosters that are grown with seeds of their own and averaged in the kept model.
    """

    rounds: int = 500
    patience: int = 40
    learning_rate: float = 0.03
    leaves: int = 63
    min_rows_in_leaf: int = 30
    feature_fraction: float = 0.5
    row_fraction: float = 0.8
    ridge: float = 10.0
    other_weight: float = 0.5
    seed: int = 20190801
    members: int = 2
    threads: int = 2
    more: dict[str, float] = field(default_factory=dict)

    def parameters(self, rows: int) -> dict[str, object]:
        """LightGBM's parameters for a training set of ``rows``; small sets get small leaves."""
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": max(7, min(self.leaves, rows // 600)),
            "min_data_in_leaf": max(5, min(self.min_rows_in_leaf, rows // 50)),
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.row_fraction,
            "bagging_freq": 1,
            "lambda_l2": self.ridge,
            "seed": self.seed,
            "num_threads": self.threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
            **self.more,
        }


def matrix(rows: pl.DataFrame) -> FloatArray:
    """The booster's input of person-period rows, shape (rows, len(COLUMNS)); null becomes NaN."""
    return rows.with_columns(habit_hazard=_habit()).select(pl.col(COLUMNS).cast(pl.Float64)).to_numpy()


def _habit() -> pl.Expr:
    """The customer's own hazard of the interval: of its past items unpaid at its start, the share paid by its end.

    Read off the shrunk shares paid later than each end. Trees would need many splits to find these
    quotients; for payments a month late, which few customers make, they would not find them.
    """
    unpaid = {days: pl.col(f"late_{days}_share") for days in LATE_DAYS}
    first = pl.col("interval") == 0
    by_end = _share_at("interval_end", unpaid)
    at_start = _share_at("interval_start", unpaid)
    later = 1.0 - pl.when(at_start > 0).then(by_end / at_start).clip(0.0, 1.0)
    return pl.when(first).then(1.0 - pl.col("late_share")).otherwise(later)


def _share_at(day: str, unpaid: dict[int, pl.Expr]) -> pl.Expr:
    """The share unpaid after ``day`` days past due: that of the last edge not beyond it."""
    found = pl.col("late_share")
    for days, share in unpaid.items():
        found = pl.when(pl.col(day) >= days).then(share).otherwise(found)
    return found


def weights(rows: pl.DataFrame, settings: HazardSettings) -> FloatArray:
    """Weight of each row: 1 asked at issue, ``other_weight`` asked later."""
    return np.where(rows["at_issue"].to_numpy(), 1.0, settings.other_weight)


def fit_rounds(rows: pl.DataFrame, later: pl.DataFrame, settings: HazardSettings) -> lgb.Booster:
    """A booster grown on ``rows`` until the log loss on the ``later`` rows stops falling."""
    train, watch = _dataset(rows, settings), _dataset(later, settings)
    stop = lgb.early_stopping(settings.patience, verbose=False)
    return lgb.train(
        settings.parameters(rows.height),
        train,
        num_boost_round=settings.rounds,
        valid_sets=[watch],
        callbacks=[stop],
        keep_training_booster=False,
    )


def fit(rows: pl.DataFrame, rounds: int, settings: HazardSettings) -> lgb.Booster:
    """A booster of ``rounds`` trees on person-period rows with ``paid`` and ``at_issue``."""
    return lgb.train(settings.parameters(rows.height), _dataset(rows, settings), num_boost_round=max(1, rounds))


def fit_members(rows: pl.DataFrame, rounds: int, settings: HazardSettings) -> list[lgb.Booster]:
    """As ``fit``, one booster a member: averaged, what each learnt from chance cancels in part."""
    seeds = range(settings.seed, settings.seed + settings.members)
    return [fit(rows, rounds, replace(settings, seed=seed)) for seed in seeds]


def predict(boosters: Sequence[lgb.Booster], rows: pl.DataFrame) -> FloatArray:
    """The raw (uncalibrated) hazard of each person-period row, in (0, 1): the boosters' mean."""
    if rows.is_empty():
        return np.empty(0)
    asked = matrix(rows)
    found: FloatArray = np.mean([booster.predict(asked) for booster in boosters], axis=0)
    return found


def contributions(boosters: Sequence[lgb.Booster], rows: pl.DataFrame) -> FloatArray:
    """What each column adds to the log-odds of being paid in the interval, shape (rows, len(COLUMNS)).

    LightGBM's ``pred_contrib`` (TreeSHAP) without its last column, the expected value; the boosters' mean.
    """
    asked = matrix(rows)
    found: FloatArray = np.mean([booster.predict(asked, pred_contrib=True) for booster in boosters], axis=0)
    return found[:, :-1]


def _dataset(rows: pl.DataFrame, settings: HazardSettings) -> lgb.Dataset:
    return lgb.Dataset(
        matrix(rows),
        label=rows["paid"].to_numpy().astype(np.float64),
        weight=weights(rows, settings),
        feature_name=list(COLUMNS),
        free_raw_data=False,
    )
