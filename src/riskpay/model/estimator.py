"""The hazard of payment as a scikit-learn classifier, on person-period rows."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from riskpay.model import hazard
from riskpay.model.groups import GROUPS
from riskpay.model.habit import HabitOffset
from riskpay.model.hazard import Growth, Plan, Rounds
from riskpay.model.plain_rows import booster_names, hazard_settings, plain_rows, whole

FloatArray = npt.NDArray[np.float64]

_INTERVAL = "interval"
_BOUNDS = ("interval_start", "interval_end")


class PaymentHazardClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """Whether an item that is open at an interval's start is paid by its end: riskpay's boosters on any numeric columns.

    A row is a question and an interval, as ``riskpay train --export-matrix`` writes them; ``y`` says whether it was
    paid in it. Where X is a frame with a column ``interval`` (0: up to the due date), the first interval and all later
    ones get boosters of their own, as in riskpay's models; without it all rows share theirs. Two members are averaged,
    the second with random split points (record 0002). NaN is allowed.

    ``rounds``: trees of the first member, one number or one for each group. ``habit``: whether the trees of later intervals
    start from the customer's own past (``model.habit``) where X has all its late shares, by the catalogue's names.
    ``None`` for a parameter takes what riskpay's own models are grown with; ``more`` are LightGBM's own parameters
    and win. Few rows get fewer leaves (``HazardSettings.parameters``). The same rows grow the same trees on any ``n_jobs``.

    After ``fit``: ``classes_``, ``n_features_in_``, ``feature_names_in_``, ``hazard_``, ``feature_importances_``.
    """

    def __init__(
        self,
        *,
        rounds: int | tuple[int, int] = 200,
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
        self.rounds = rounds
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

    def fit(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Grow the boosters on rows with two outcomes; those of weight 0 are left out.

        Raises ValueError where there is one outcome, more than two, or no row of one of the groups.
        """
        X, found = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        label = self._label(found)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        rows = (
            self._rows(X)
            .with_columns(paid=pl.Series(label == 1), weight=pl.Series(weight))
            .filter(pl.col("weight") > 0)
        )
        if rows["paid"].n_unique() < 2:
            raise ValueError(
                f"y holds one class only, {self.classes_[int(rows['paid'][0])]!r}, where weights are above 0"
            )
        (self.hazard_,) = hazard.grow([self._plan(rows)])
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Probabilities in the order of ``classes_``, shape (rows, 2)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        paid = self.hazard_.predict(self._rows(X))
        return np.column_stack([1.0 - paid, paid])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The likelier class of each row."""
        proba = self.predict_proba(X)
        likely: npt.NDArray[Any] = self.classes_[proba.argmax(axis=1)]
        return likely

    @property
    def feature_importances_(self) -> FloatArray:
        """What each column adds in all trees (LightGBM's gain), as shares of 1; 0 for all where no tree splits."""
        check_is_fitted(self)
        members = [member for group in self.hazard_.boosters for member in group]
        gain: FloatArray = np.sum([m.feature_importance("gain") for m in members], axis=0, dtype=np.float64)
        return gain / gain.sum() if gain.sum() else gain

    def _label(self, y: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        self.classes_, label = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class only, {self.classes_[0]!r}: there is nothing to tell apart")
        return label

    def _rows(self, X: FloatArray) -> pl.DataFrame:
        rows = plain_rows(X, self._booster_names())
        bounds = [name for name in _BOUNDS if name not in rows.columns]
        rows = rows.with_columns(pl.lit(None, pl.Float64).alias(name) for name in bounds)
        if _INTERVAL not in rows.columns:
            return rows.with_columns(interval=pl.lit(0, pl.Int32))
        return rows.with_columns(interval=pl.Series(whole(rows[_INTERVAL].to_numpy(), _INTERVAL)))

    def _booster_names(self) -> tuple[str, ...]:
        given = getattr(self, "feature_names_in_", None)
        names = None if given is None else list(given)
        return booster_names(names, self.n_features_in_, habit=self.habit, intervals=True)

    def _plan(self, rows: pl.DataFrame) -> Plan:
        names, settings, rounds = self._booster_names(), hazard_settings(self), self._rounds()
        if _INTERVAL not in names:
            one = Growth(rows, HabitOffset((0.0,), (0.0,)), settings, rounds[0], reads=names)
            return Plan(one.offset, ((one, hazard.beside(one)),))
        if lacking := hazard.lacking(rows):
            raise ValueError(f"no row is of the {lacking} group ({_INTERVAL} 0 is the first, all others are later)")
        return hazard.two_members(rows, rounds, settings, names)

    def _rounds(self) -> Rounds:
        rounds = (self.rounds,) * len(GROUPS) if isinstance(self.rounds, int | np.integer) else tuple(self.rounds)
        if len(rounds) != len(GROUPS) or min(rounds) < 1:
            raise ValueError(
                f"rounds={self.rounds!r}, expected a number of at least 1, or two ({' and '.join(GROUPS)})"
            )
        return rounds

    def __sklearn_tags__(self) -> Tags:
        """What scikit-learn asks of an estimator: two classes, NaN allowed."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags
