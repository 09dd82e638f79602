"""The hazard of payment: LightGBM boosters on person-period rows. The only module that knows LightGBM.

The interval up to the due date has boosters of its own, all later intervals share theirs: whether a
customer pays in time and how late it is otherwise hang on different things. Two members are averaged
in each group, one of them grown with randomly drawn split points (extremely randomised trees,
Geurts, Ernst and Wehenkel 2006), so that what either learnt from chance cancels in part.
"""

import os
from dataclasses import dataclass, field, replace

# Read by OpenMP when LightGBM is first imported. Threads that wait fall asleep almost at once: with other work
# on the machine spinning ones made training ten to forty times slower; asleep they cost a third where it is idle.
os.environ.setdefault("GOMP_SPINCOUNT", "300")

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit

from riskpay.features.catalogue import FEATURES
from riskpay.model.groups import GROUPS, group_of
from riskpay.model.habit import SHARES, HabitOffset, habit_hazard, share_read

FloatArray = npt.NDArray[np.float64]
Booster = lgb.Booster
Rounds = tuple[int, ...]
"""Trees by group of intervals."""

INTERVAL_COLUMNS = ("interval", "interval_start", "interval_end", "interval_days", "habit_hazard")
CLOCKS = frozenset(
    {"portfolio_late_share_30", "portfolio_late_share_90", "portfolio_mean_days_late_30", "portfolio_drift"}
)
"""Features that are alike for all items of a day: over a year of history trees read them as a clock, not as a level."""

NOT_YET = frozenset(
    {
        *(feature.name for feature in FEATURES if feature.family == "alike"),
        "due_days_since_business_day",
        "bank_days_in_terms",
    }
)
"""Features that gain much on a ledger of some size and nothing on a small one, where they cost (record 0014): boosters
read them once it is settled how a small set is to take them."""

READ = tuple(feature for feature in FEATURES if feature.name not in CLOCKS | NOT_YET)
COLUMNS = ("interval", "interval_start", "interval_end", "interval_days", "habit_hazard")
CLOCKS = frozenset(
    {"portfolio_late_share_30", "portfolio_late_share_90", "portfolio_mean_days_late_30", "portfolio_drift"}
)
"""Features that are alike for all items of a day: over a year of history trees read them as a clock, not as a level."""

ADD_NOTHING = frozenset(
    {
        *(f"late_share_{days}" for days in (30, 90, 180, 365)),
        *(f"mean_days_late_{days}" for days in (30, 90, 365)),
        "late_trend",
        *(f"pay_share_{weekday}" for weekday in ("monday", "tuesday", "wednesday", "thursday", "friday")),
    }
)
"""Features that tell a booster nothing beside the recency-weighted ones and the pay-day figures (record 0014)."""

READ = tuple(feature for feature in FEATURES if feature.name not in CLOCKS | ADD_NOTHING)
COLUMNS = (*(feature.name for feature in READ), *INTERVAL_COLUMNS)
"""What a booster reads, in this order."""

_SHARE_COLUMNS = np.asarray([COLUMNS.index(name) for name in SHARES])
_HABIT_COLUMN = COLUMNS.index("habit_hazard")


@dataclass(frozen=True)
class HazardSettings:
    """How the boosters are grown; chosen on periods before any test window.

    ``small_feature_fraction``: that of sets of fewer than ``small_rows``. ``other_weight``: weight of a row
    asked after the issue day against one asked on it.
    ``unwatched_rounds``: rounds where no later period can say when to stop. ``random_rounds``: rounds of the
    member with random split points, whose trees learn less each, as a multiple of the other's.
    """

    rounds: int = 500
    patience: int = 40
    unwatched_rounds: int = 60
    random_rounds: float = 1.6
    learning_rate: float = 0.03
    leaves: int = 63
    min_rows_in_leaf: int = 30
    feature_fraction: float = 0.5
    small_feature_fraction: float = 0.3
    small_rows: int = 20_000
    row_fraction: float = 0.8
    ridge: float = 10.0
    other_weight: float = 0.5
    seed: int = 20190801
    threads: int = 2
    more: dict[str, float] = field(default_factory=dict)

    def parameters(self, rows: int) -> dict[str, object]:
        """LightGBM's parameters for a training set of ``rows``; in small sets a tree has few leaves, of few columns."""
        columns = self.small_feature_fraction if rows < self.small_rows else self.feature_fraction
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": max(7, min(self.leaves, rows // 600)),
            "min_data_in_leaf": max(5, min(self.min_rows_in_leaf, rows // 50)),
            "feature_fraction": columns,
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
    """A booster's input of person-period rows, shape (rows, len(COLUMNS)); null becomes NaN."""
    return rows.with_columns(habit_hazard=habit_hazard()).select(pl.col(COLUMNS).cast(pl.Float64)).to_numpy()


def weights(rows: pl.DataFrame, settings: HazardSettings) -> FloatArray:
    """Weight of each row: 1 asked at issue, ``other_weight`` asked later."""
    return np.where(rows["at_issue"].to_numpy(), 1.0, settings.other_weight)


@dataclass(frozen=True)
class Hazard:
    """A grown hazard: ``boosters[group][member]``, and the log-odds from which the later group starts."""

    boosters: tuple[tuple[lgb.Booster, ...], ...]
    offset: HabitOffset

    def predict(self, rows: pl.DataFrame) -> FloatArray:
        """The raw (uncalibrated) hazard of each person-period row, in (0, 1): of the members' mean log-odds."""
        if rows.is_empty():
            return np.empty(0)
        group = _groups(rows)
        raw = self._mean(rows, group, 1, raw_score=True)[:, 0]
        found: FloatArray = expit(raw + np.where(group > 0, self.offset.log_odds(rows), 0.0))
        return found

    def contributions(self, rows: pl.DataFrame) -> FloatArray:
        """What each feature adds to the log-odds of being paid in the interval, shape (rows, len(READ)).

        LightGBM's ``pred_contrib`` (TreeSHAP), the members' mean. What the habit adds, by tree or as offset, is
        counted with the late share at the interval's end; what the interval itself adds is left out.
        """
        found = self._mean(rows, _groups(rows), len(COLUMNS) + 1, pred_contrib=True)
        shown = _SHARE_COLUMNS[rows.select(share=share_read())["share"].to_numpy()]
        found[np.arange(rows.height), shown] += found[:, _HABIT_COLUMN] + self.offset.contribution(rows)
        return found[:, : len(READ)]

    def _mean(self, rows: pl.DataFrame, group: npt.NDArray[np.int64], width: int, **what: bool) -> FloatArray:
        asked = matrix(rows)
        found = np.zeros((rows.height, width))
        for number, members in enumerate(self.boosters):
            here = group == number
            if here.any():
                told = [np.asarray(member.predict(asked[here], **what)).reshape(-1, width) for member in members]
                found[here] = np.mean(told, axis=0)
        return found


def grow_until(rows: pl.DataFrame, later: pl.DataFrame, settings: HazardSettings) -> tuple[Hazard, Rounds]:
    """One member, grown on ``rows`` until the log loss on the ``later`` rows stops falling, and its rounds."""
    offset = HabitOffset.fitted(rows, weights(rows, settings))
    grown = [
        _grow_until(part, watched, offset, settings) for part, watched in zip(_parts(rows), _parts(later), strict=True)
    ]
    rounds = tuple(booster.best_iteration or booster.num_trees() for booster in grown)
    return Hazard(tuple((booster,) for booster in grown), offset), rounds


def grow(rows: pl.DataFrame, rounds: Rounds, settings: HazardSettings) -> Hazard:
    """One member of so many rounds, grown on person-period rows with ``paid`` and ``at_issue`` in both groups."""
    offset = HabitOffset.fitted(rows, weights(rows, settings))
    return Hazard(tuple((booster,) for booster in _grow(rows, rounds, offset, settings)), offset)


def grow_members(rows: pl.DataFrame, rounds: Rounds, settings: HazardSettings) -> Hazard:
    """As ``grow``, with the second member beside the first: the model that is kept."""
    offset = HabitOffset.fitted(rows, weights(rows, settings))
    random = replace(settings, seed=settings.seed + 1, more={**settings.more, "extra_trees": True})
    more = tuple(int(settings.random_rounds * number) for number in rounds)
    members = (_grow(rows, rounds, offset, settings), _grow(rows, more, offset, random))
    return Hazard(tuple(zip(*members, strict=True)), offset)


def lacking(rows: pl.DataFrame) -> str | None:
    """The group without rows to grow on, if there is one."""
    return next((name for name, part in zip(GROUPS, _parts(rows), strict=True) if part.is_empty()), None)


def _grow(rows: pl.DataFrame, rounds: Rounds, offset: HabitOffset, settings: HazardSettings) -> list[lgb.Booster]:
    return [
        lgb.train(_parameters(part, settings), _dataset(part, offset, settings), num_boost_round=max(1, number))
        for part, number in zip(_parts(rows), rounds, strict=True)
    ]


def _grow_until(
    rows: pl.DataFrame, watched: pl.DataFrame, offset: HabitOffset, settings: HazardSettings
) -> lgb.Booster:
    parameters, known = _parameters(rows, settings), _dataset(rows, offset, settings)
    if watched.is_empty():
        return lgb.train(parameters, known, num_boost_round=settings.unwatched_rounds)
    return lgb.train(
        parameters,
        known,
        num_boost_round=settings.rounds,
        valid_sets=[_dataset(watched, offset, settings)],
        callbacks=[lgb.early_stopping(settings.patience, verbose=False)],
        keep_training_booster=False,
    )


def _parts(rows: pl.DataFrame) -> list[pl.DataFrame]:
    group = _groups(rows)
    return [rows.filter(group == number) for number in range(len(GROUPS))]


def _groups(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    return group_of(rows["interval"].to_numpy().astype(np.int64))


def _parameters(part: pl.DataFrame, settings: HazardSettings) -> dict[str, object]:
    # A question has one row in the first group and several, much alike, in the later one.
    return settings.parameters(part.height if _is_later(part) else 2 * part.height)


def _is_later(part: pl.DataFrame) -> bool:
    return bool(part["interval"][0])


def _dataset(part: pl.DataFrame, offset: HabitOffset, settings: HazardSettings) -> lgb.Dataset:
    return lgb.Dataset(
        matrix(part),
        label=part["paid"].to_numpy().astype(np.float64),
        weight=weights(part, settings),
        init_score=offset.log_odds(part) if _is_later(part) else None,
        feature_name=list(COLUMNS),
        free_raw_data=False,
    )
