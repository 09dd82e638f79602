"""The hazard of payment: LightGBM boosters on person-period rows. What they are and how one is grown.

Only this module knows LightGBM, and ``workflows.spread`` its training over several machines.

The interval up to the due date has boosters of its own, all later intervals share theirs: whether a
customer pays in time and how late it is otherwise hang on different things. Two members are averaged
in each group, one of them grown with randomly drawn split points (extremely randomised trees,
Geurts, Ernst and Wehenkel 2006), so that what either learnt from chance cancels in part.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import chain, islice

# Read by OpenMP when LightGBM is first imported. Threads that wait fall asleep almost at once: with other work
# on the machine spinning ones made training ten to forty times slower; asleep they cost a third where it is idle.
os.environ.setdefault("GOMP_SPINCOUNT", "300")

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit

from riskpay.features.catalogue import Feature
from riskpay.model.columns import COLUMNS, SMALL_UNREAD, columns_of, matrix, read_of
from riskpay.model.groups import GROUPS, group_of
from riskpay.model.habit import SHARES, HabitOffset, share_read
from riskpay.model.interval_rows import IntervalRows
from riskpay.model.monotone import constraints

FloatArray = npt.NDArray[np.float64]
Booster = lgb.Booster
Rounds = tuple[int, ...]
"""Trees by group of intervals."""

_SHARE_COLUMNS = np.asarray([COLUMNS.index(name) for name in SHARES])


@dataclass(frozen=True)
class HazardSettings:
    """How the boosters are grown; chosen on periods before any test window.

    ``small_feature_fraction``: that of sets of fewer than ``small_rows``. ``other_weight``: weight of a row
    asked after the issue day against one asked on it. ``recency_half_life_days``: age in days at which a row counts half,
    0: all count alike. ``monotone``: whether trees up to the due date may not go against ``monotone.SIGNS``.
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
    recency_half_life_days: float = 0.0
    monotone: bool = False
    seed: int = 20190801
    threads: int = 2
    more: dict[str, float] = field(default_factory=dict)

    def unread(self, rows: int) -> frozenset[str]:
        """Features that boosters of ``rows`` person-period rows in all do not read."""
        return SMALL_UNREAD if rows < self.small_rows else frozenset()

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


def weights(rows: pl.DataFrame, settings: HazardSettings) -> FloatArray:
    """Weight of each row: 1 asked at issue, ``other_weight`` asked later, times its ``recency_weight`` where there is one.

    Rows that bring a ``weight`` of their own have that.
    """
    if "weight" in rows.columns:
        return rows["weight"].to_numpy()
    asked = np.where(rows["at_issue"].to_numpy(), 1.0, settings.other_weight)
    return asked * rows["recency_weight"].to_numpy() if "recency_weight" in rows.columns else asked


def recency_weighted(rows: pl.DataFrame, train_as_of: date, settings: HazardSettings) -> pl.DataFrame:
    """``rows`` with ``recency_weight`` = 2^-(age / half-life), age = days from the row's as_of to ``train_as_of``.

    Unchanged where no half-life is set. The weight is a column, so that rows handed to other machines keep it.
    """
    if not settings.recency_half_life_days:
        return rows
    age = (pl.lit(train_as_of) - pl.col("as_of")).dt.total_days()
    return rows.with_columns(recency_weight=(age * (-np.log(2.0) / settings.recency_half_life_days)).exp())


@dataclass(frozen=True)
class Hazard:
    """A grown hazard: ``boosters[group][member]``, and the log-odds from which the later group starts."""

    boosters: tuple[tuple[lgb.Booster, ...], ...]
    offset: HabitOffset

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """What the boosters were grown on."""
        return tuple(self.boosters[0][0].feature_name())

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """The boosters in LightGBM's own text format, by group and member."""
        return tuple(tuple(member.model_to_string() for member in group) for group in self.boosters)

    @property
    def read(self) -> tuple[Feature, ...]:
        """The features among them, in order."""
        return read_of(self.columns)

    def predict(self, rows: pl.DataFrame) -> FloatArray:
        """The raw (uncalibrated) hazard of each person-period row, in (0, 1): of the members' mean log-odds."""
        found: FloatArray = expit(self.log_odds(rows))
        return found

    def log_odds(self, rows: pl.DataFrame) -> FloatArray:
        """The raw log-odds of being paid in the interval: the members' mean, and where the later group starts from."""
        if rows.is_empty():
            return np.empty(0)
        group = _groups(rows)
        raw = self._mean(rows, group, 1, raw_score=True)[:, 0]
        found: FloatArray = raw + np.where(group > 0, self.offset.log_odds(rows), 0.0)
        return found

    def of_interval(self, rows: IntervalRows) -> FloatArray:
        """As ``predict``, of the rows of one interval: the same to the last bit."""
        (group,) = group_of(np.array([rows.number]))
        raw = _members_mean(self.boosters[group], rows.matrix, raw_score=True)
        found: FloatArray = expit(raw + self.offset.log_odds(rows.frame) if group else raw)
        return found

    def contributions(self, rows: pl.DataFrame) -> FloatArray:
        """What each feature adds to the log-odds of being paid in the interval, shape (rows, len(read)).

        LightGBM's ``pred_contrib`` (TreeSHAP), the members' mean. What the habit adds, by tree or as offset, is
        counted with the late share at the interval's end; what the interval itself adds is left out.
        """
        found = self._mean(rows, _groups(rows), len(self.columns) + 1, pred_contrib=True)
        shown = _SHARE_COLUMNS[rows.select(share=share_read())["share"].to_numpy()]
        found[np.arange(rows.height), shown] += found[:, self.columns.index("habit_hazard")] + self.offset.contribution(
            rows
        )
        return found[:, : len(self.read)]

    def _mean(self, rows: pl.DataFrame, group: npt.NDArray[np.int64], width: int, **what: bool) -> FloatArray:
        asked = matrix(rows, self.columns)
        found = np.zeros((rows.height, width))
        for number, members in enumerate(self.boosters):
            here = group == number
            if here.any():
                found[here] = _members_mean(members, asked[here], **what).reshape(-1, width)
        return found


def _members_mean(members: Sequence[lgb.Booster], asked: FloatArray, **what: bool) -> FloatArray:
    found: FloatArray = np.mean([member.predict(asked, **what) for member in members], axis=0)
    return found


@dataclass(frozen=True)
class Growth:
    """One booster to be grown on the rows of one group, which start at ``offset`` (later group only).

    ``watched``: later rows; the trees end where their log loss stops falling, at the latest after ``rounds``.
    ``reads``: the columns that the trees may read, None for those of the catalogue.
    Growths need nothing of one another, and one gives the same trees wherever it is grown and by how many threads.
    """

    rows: pl.DataFrame
    offset: HabitOffset
    settings: HazardSettings
    rounds: int
    watched: pl.DataFrame | None = None
    reads: tuple[str, ...] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """What the trees may read, in order."""
        return self.reads or columns_of(self.rows.columns)

    @property
    def is_later(self) -> bool:
        """Whether the rows are of the later group."""
        return _is_later(self.rows)

    @property
    def parameters(self) -> dict[str, object]:
        """LightGBM's parameters."""
        # A question has one row in the first group and several, much alike, in the later one.
        found = self.settings.parameters(self.rows.height if self.is_later else 2 * self.rows.height)
        if self.is_later or not self.settings.monotone:
            return found
        return {"monotone_constraints": constraints(self.columns)} | found

    def grown(self) -> str:
        """The booster in LightGBM's own text format, its trees ended where ``watched`` says."""
        known = self._dataset(self.rows)
        if self.watched is None:
            return str(lgb.train(self.parameters, known, num_boost_round=self.rounds).model_to_string())
        stop = lgb.early_stopping(self.settings.patience, verbose=False)
        later = [self._dataset(self.watched)]
        grown = lgb.train(self.parameters, known, num_boost_round=self.rounds, valid_sets=later, callbacks=[stop])
        return str(grown.model_to_string())

    def ended(self, text: str) -> str:
        """A booster grown for all ``rounds`` without watching, its trees ended where ``grown`` would have ended them."""
        if self.watched is None:
            return text
        booster, told = lgb.Booster(model_str=text), arrays(self.watched, self.offset, self.settings, self.columns)
        raw, losses = np.zeros(len(told.label)) if told.start is None else told.start.copy(), []
        for number in range(booster.num_trees()):
            raw += booster.predict(told.matrix, raw_score=True, start_iteration=number, num_iteration=1)
            losses.append(
                float(np.average(np.logaddexp(0.0, np.where(told.label > 0, -raw, raw)), weights=told.weight))
            )
        return str(booster.model_to_string(num_iteration=_least(losses, self.settings.patience)))

    def _dataset(self, part: pl.DataFrame) -> lgb.Dataset:
        read = arrays(part, self.offset, self.settings, self.columns)
        return lgb.Dataset(
            read.matrix,
            label=read.label,
            weight=read.weight,
            init_score=read.start,
            feature_name=list(self.columns),
            free_raw_data=False,
        )


@dataclass(frozen=True)
class Arrays:
    """What LightGBM reads of rows of one group; ``start``: the log-odds before any tree, None for 0."""

    matrix: FloatArray
    label: FloatArray
    weight: FloatArray
    start: FloatArray | None


def arrays(
    part: pl.DataFrame, offset: HabitOffset, settings: HazardSettings, columns: Sequence[str] | None = None
) -> Arrays:
    """Rows of one group as LightGBM reads them; ``columns`` as for ``matrix``."""
    start = offset.log_odds(part) if _is_later(part) else None
    return Arrays(matrix(part, columns), part["paid"].to_numpy().astype(np.float64), weights(part, settings), start)


Grower = Callable[[Iterable[Growth]], Sequence[str]]
"""Grows boosters somewhere: their texts, in order. It may ask for the next growth when it is done with one."""


def grown_here(growths: Iterable[Growth]) -> list[str]:
    """One after the other in this process."""
    return [growth.grown() for growth in growths]


@dataclass(frozen=True)
class Plan:
    """A hazard to be grown: ``growths[group][member]``."""

    offset: HabitOffset
    growths: tuple[tuple[Growth, ...], ...]


def one_member(
    rows: pl.DataFrame, rounds: Rounds, settings: HazardSettings, reads: tuple[str, ...] | None = None
) -> Plan:
    """So many rounds on person-period rows with ``paid`` and ``at_issue`` in both groups; ``reads`` as in ``Growth``."""
    offset = HabitOffset.fitted(rows, weights(rows, settings))
    parts = zip(_parts(rows), rounds, strict=True)
    growths = (Growth(part, offset, settings, max(1, number), reads=reads) for part, number in parts)
    return Plan(offset, tuple((growth,) for growth in growths))


def two_members(
    rows: pl.DataFrame, rounds: Rounds, settings: HazardSettings, reads: tuple[str, ...] | None = None
) -> Plan:
    """As ``one_member``, with the second member beside the first: the model that is kept."""
    plan = one_member(rows, rounds, settings, reads)
    return Plan(plan.offset, tuple((one, beside(one)) for (one,) in plan.growths))


def beside(one: Growth) -> Growth:
    """The member with random split points that goes with the first."""
    settings = one.settings
    random = replace(settings, seed=settings.seed + 1, more={**settings.more, "extra_trees": True})
    return replace(one, settings=random, rounds=max(1, int(settings.random_rounds * one.rounds)))


def watching(
    rows: pl.DataFrame, later: pl.DataFrame, settings: HazardSettings, reads: tuple[str, ...] | None = None
) -> Plan:
    """One member, grown on ``rows`` until the log loss on the ``later`` rows stops falling."""
    plan = one_member(rows, (settings.rounds,) * len(GROUPS), settings, reads)
    groups = zip(plan.growths, _parts(later), strict=True)
    return Plan(plan.offset, tuple((_watching(one, watched),) for (one,), watched in groups))


def grow(plans: Iterable[Plan], grower: Grower = grown_here) -> list[Hazard]:
    """The hazards that were planned, in order; a plan is asked for when the growths of the one before are taken."""
    shapes: list[tuple[HabitOffset, list[int]]] = []

    def growths() -> Iterator[Growth]:
        for plan in plans:
            shapes.append((plan.offset, [len(members) for members in plan.growths]))
            yield from chain.from_iterable(plan.growths)

    boosters = (Booster(model_str=text) for text in grower(growths()))
    return [Hazard(tuple(tuple(islice(boosters, size)) for size in sizes), offset) for offset, sizes in shapes]


def rounds_of(grown: Hazard) -> Rounds:
    """Trees of the first member by group."""
    return tuple(members[0].num_trees() for members in grown.boosters)


def lacking(rows: pl.DataFrame) -> str | None:
    """The group without rows to grow on, if there is one."""
    return next((name for name, part in zip(GROUPS, _parts(rows), strict=True) if part.is_empty()), None)


def _watching(one: Growth, watched: pl.DataFrame) -> Growth:
    if watched.is_empty():
        return replace(one, rounds=one.settings.unwatched_rounds)
    return replace(one, watched=watched)


def _least(losses: Sequence[float], patience: int) -> int:
    """Rounds up to the first least loss after which ``patience`` rounds brought none that is less."""
    best = 0
    for number, loss in enumerate(losses):
        if loss < losses[best]:
            best = number
        elif number - best >= patience:
            break
    return best + 1


def _parts(rows: pl.DataFrame) -> list[pl.DataFrame]:
    group = _groups(rows)
    return [rows.filter(group == number) for number in range(len(GROUPS))]


def _groups(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    return group_of(rows["interval"].to_numpy().astype(np.int64))


def _is_later(part: pl.DataFrame) -> bool:
    return bool(part["interval"][0])
