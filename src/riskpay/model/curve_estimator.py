"""Late probability and payment curve as a scikit-learn estimator, on questions: the person-period rows are its own work."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from riskpay.features.labels import Grid, decided, intervals_from
from riskpay.model.answered import answered, late_share, later_parts
from riskpay.model.curve import curves, late_probability
from riskpay.model.grown import grown_with_trials
from riskpay.model.hazard import HazardSettings
from riskpay.model.interval_rows import INTERVAL_COLUMNS
from riskpay.model.paid_shape import TRUST, PaidShape
from riskpay.model.payment_outcomes import late_outcomes, outcomes_of
from riskpay.model.plain_rows import booster_names, hazard_settings, plain_rows, reads_habit, whole
from riskpay.model.risk import HORIZON_DAYS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CHUNK = 20_000


class PaymentCurveEstimator(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """When an open item is paid: riskpay's hazard model (record 0002) on any numeric features.

    A row of X is a question: an item on a day on which it is open, with its features as of that day and its days from the
    due date (negative before it). ``y`` is as ``payment_outcomes`` makes it. An interval counts whole or not at all, so
    that fast payers are not favoured. The hazard and all that is derived from it (P(late), the curve) cannot disagree.

    ``days_from_due``: the column of X (name or index) with the days from the due date to the day of the question; it is a
    feature as well. ``ends``: of the hazard's intervals, in days from the due date; the first is the last day that is not
    late, None: as riskpay's. ``rounds``: trees at most (None: riskpay's own); so many where nothing is held back.
    ``validation_fraction``: of the questions in each of ``periods`` last parts, on which rounds and calibration are found; the
    boosters that are kept learn from all. What is last is told by the outcomes' ``known_days``, and boosters that are judged on
    a part learn only from what was decided before it, ``lag_days`` (the posting lag) included. None, or outcomes without
    ``known_days``: no part is held back, and nothing is calibrated. The others are as in ``PaymentHazardClassifier``.

    After ``fit``: ``classes_`` (False on time, True late), ``rounds_``, ``late_share_``, ``hazard_``, ``calibration_``,
    ``shape_``, ``grid_``, ``n_features_in_``, ``feature_names_in_``.
    """

    def __init__(
        self,
        *,
        days_from_due: str | int = "days_from_due",
        ends: Sequence[int] | None = None,
        rounds: int | None = None,
        validation_fraction: float | None = 0.1,
        periods: int = 3,
        lag_days: int = 0,
        learning_rate: float | None = None,
        leaves: int | None = None,
        min_rows_in_leaf: int | None = None,
        feature_fraction: float | None = None,
        row_fraction: float | None = None,
        ridge: float | None = None,
        habit: bool = True,
        more: dict[str, Any] | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.days_from_due = days_from_due
        self.ends = ends
        self.rounds = rounds
        self.validation_fraction = validation_fraction
        self.periods = periods
        self.lag_days = lag_days
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.min_rows_in_leaf = min_rows_in_leaf
        self.feature_fraction = feature_fraction
        self.row_fraction = row_fraction
        self.ridge = ridge
        self.habit = habit
        self.more = more
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Learn from questions and what became of them; those of weight 0 are left out.

        Raises ValueError where too little was decided to tell anything apart.
        """
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        told = outcomes_of(y)
        check_consistent_length(X, told)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        self.classes_ = np.array([False, True])
        self.grid_ = Grid() if self.ends is None else Grid(tuple(self.ends))
        asked = answered(self._asked(X).with_columns(weight=pl.Series(weight)), told).filter(pl.col("weight") > 0)
        rows = decided(intervals_from(asked, self.grid_))
        self.late_share_ = late_share(rows)
        fraction = self.validation_fraction
        parts = later_parts(asked, self.grid_, fraction, self.periods, self.lag_days) if fraction else iter(())
        grown = grown_with_trials(rows, parts, self._settings(), reads=self._reads())
        self.hazard_, self.rounds_, self.calibration_ = grown.kept, grown.rounds, grown.calibration
        self.shape_ = PaidShape.observed(asked.filter("cash")["days_late"], self.grid_.ends[0], TRUST)
        return self

    def predict_proba(self, X: Any, days_late: int | None = None) -> FloatArray:
        """P(paid by ``days_late`` days after the due date) and P(not), shape (questions, 2).

        ``days_late``: one of the interval ends; None: the first, so that the second column is P(late).
        """
        at, hazards = self._hazards(self._questions(X))
        ends = self.grid_.ends
        if days_late is not None and days_late not in ends:
            raise ValueError(f"days_late={days_late}, expected one of the interval ends {', '.join(map(str, ends))}")
        late = late_probability(at, hazards, self.grid_, ends[0] if days_late is None else days_late)
        return np.column_stack([1.0 - late, late])

    def predict(self, X: Any) -> npt.NDArray[np.bool_]:
        """Whether each question is likelier late than not."""
        found: npt.NDArray[np.bool_] = self.predict_proba(X)[:, 1] > 0.5
        return found

    def predict_curve(self, X: Any, days: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """S(t) = P(still unpaid t days from the day of the question), shape (questions, days).

        ``days``: the t, whole numbers from 0; None: 0 to 180. Constant beyond 180 days, and beyond the last interval.
        """
        frame = self._questions(X)
        at, hazards = self._hazards(frame)
        wanted = np.arange(HORIZON_DAYS + 1) if days is None else np.atleast_1d(np.asarray(days, dtype=np.int64))
        if wanted.min(initial=0) < 0:
            raise ValueError(f"days holds {wanted.min()}, expected days from the question on, 0 or more")
        whole_curve = curves(at, hazards, self.grid_, self.shape_.of(frame))
        return whole_curve[:, np.minimum(wanted, HORIZON_DAYS)]

    def predict_pay_day(self, X: Any, share: float = 0.5) -> FloatArray:
        """Days from the question until it is paid with probability ``share``; infinite beyond the curve's 180 days."""
        reached = 1.0 - self.predict_curve(X) >= share
        return np.where(reached.any(axis=1), reached.argmax(axis=1), np.inf)

    def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Brier skill of P(late): 1 less its Brier score over that of the training share; above 0 is better than that share.

        Questions that were asked after the first interval's end (they are late), or not decided by then, are left out.
        Raises ValueError where none is left.
        """
        at, hazards = self._hazards(self._questions(X))
        late, decided_by_then = late_outcomes(outcomes_of(y), self.grid_.ends[0])
        counts = decided_by_then & (at <= self.grid_.ends[0])
        if not counts.any():
            raise ValueError("no question was asked and decided by the first interval's end: there is nothing to score")
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)[counts]
        told = late_probability(at, hazards, self.grid_, self.grid_.ends[0])
        ours, share = (np.average((p - late)[counts] ** 2, weights=weight) for p in (told, self.late_share_))
        return float(1.0 - ours / share)

    def _questions(self, X: Any) -> pl.DataFrame:
        check_is_fitted(self)
        return self._asked(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False))

    def _hazards(self, asked: pl.DataFrame) -> tuple[IntArray, FloatArray]:
        """Days from the due date, and calibrated hazards, shape (questions, intervals), NaN for past ones."""
        frame = asked.with_row_index("question")
        found = np.full((frame.height, len(self.grid_.ends)), np.nan)
        for part in frame.iter_slices(_CHUNK):
            rows = intervals_from(part, self.grid_)
            interval = rows["interval"].to_numpy().astype(np.int64)
            found[rows["question"].to_numpy(), interval] = self.calibration_.apply(self.hazard_.predict(rows), interval)
        return frame["at"].to_numpy().astype(np.int64), found

    def _asked(self, X: FloatArray) -> pl.DataFrame:
        """Questions as a frame: their features and ``at``, the days from the due date."""
        at = whole(X[:, self._day_column()], str(self.days_from_due))
        return plain_rows(X, self._booster_names()).with_columns(at=pl.Series(at))

    def _day_column(self) -> int:
        names = self._names()
        if isinstance(self.days_from_due, str) and names is not None and self.days_from_due in names:
            return names.index(self.days_from_due)
        if isinstance(self.days_from_due, int | np.integer) and 0 <= self.days_from_due < self.n_features_in_:
            return int(self.days_from_due)
        columns = ", ".join(names) if names else f"an array of {self.n_features_in_} columns without names"
        raise ValueError(
            f"days_from_due={self.days_from_due!r} is no column of X ({columns}): name the column (its index in an "
            "array) that holds the days from the due date to the day of the question"
        )

    def _names(self) -> list[str] | None:
        given = getattr(self, "feature_names_in_", None)
        return None if given is None else list(given)

    def _booster_names(self) -> tuple[str, ...]:
        return booster_names(self._names(), self.n_features_in_, habit=self.habit)

    def _reads(self) -> tuple[str, ...]:
        """What the trees may read: the columns of X, and the interval's."""
        own = INTERVAL_COLUMNS if self.habit and reads_habit(self._names()) else INTERVAL_COLUMNS[:-1]
        return (*self._booster_names(), *own)

    def _settings(self) -> HazardSettings:
        own = hazard_settings(self)
        return own if self.rounds is None else replace(own, rounds=self.rounds, unwatched_rounds=self.rounds)

    def __sklearn_tags__(self) -> Tags:
        """What scikit-learn asks of an estimator: it needs y, NaN is allowed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        return tags
