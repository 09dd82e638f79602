"""Person-period rows of any matrix: columns that the catalogue names keep their names, all others are numbered.

What riskpay knows of its own features (the habit that later intervals start from) works on them wherever they are;
what else a person brings is read as it comes. LightGBM takes no name with a quote or a bracket, so others get a number.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.utils import check_random_state

from riskpay.features.catalogue import FEATURE_NAMES, OPTIONAL
from riskpay.model.habit import SHARES
from riskpay.model.hazard import HazardSettings
from riskpay.model.interval_rows import INTERVAL_COLUMNS

FloatArray = npt.NDArray[np.float64]

_FEATURES: Final = frozenset((*FEATURE_NAMES, *(feature.name for feature in OPTIONAL)))
_HABIT: Final = "habit_hazard"
_FREE: Final = ("learning_rate", "leaves", "min_rows_in_leaf", "row_fraction", "ridge", "more")


def hazard_settings(estimator: Any) -> HazardSettings:  # noqa: ANN401 - either estimator, by its attributes
    """How an estimator's boosters are grown: what it was given, riskpay's own choice for what is None."""
    given = {name: getattr(estimator, name) for name in _FREE if getattr(estimator, name) is not None}
    if estimator.feature_fraction is not None:
        given |= dict.fromkeys(("feature_fraction", "small_feature_fraction"), estimator.feature_fraction)
    return replace(HazardSettings(), **given, seed=_seed(estimator.random_state), threads=_threads(estimator.n_jobs))


def booster_names(names: Sequence[str] | None, width: int, *, habit: bool, intervals: bool = False) -> tuple[str, ...]:
    """What a booster calls the columns of a matrix with ``names`` (None: none are known), ``width`` of them.

    ``habit``: whether columns that are named like a customer's late shares are those; ``intervals``: the same of an
    interval's.
    """
    kept = _FEATURES | set(INTERVAL_COLUMNS if intervals else ())
    if not (habit and reads_habit(names)):
        kept -= {*SHARES, _HABIT}
    called = names if names is not None else [""] * width
    return tuple(name if name in kept else f"x{number}" for number, name in enumerate(called))


def reads_habit(names: Sequence[str] | None) -> bool:
    """Whether all late shares that the habit is read off are among ``names``."""
    return names is not None and set(SHARES) <= set(names)


def plain_rows(values: FloatArray, names: Sequence[str]) -> pl.DataFrame:
    """A frame of ``values``, shape (rows, columns), with the late shares that a hazard looks at: null where they are not there."""
    frame = pl.DataFrame(values, schema=dict.fromkeys(names, pl.Float64), orient="row").fill_nan(None)
    lacking = [name for name in SHARES if name not in frame.columns]
    return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in lacking)


def whole(values: FloatArray, name: str) -> npt.NDArray[np.int32]:
    """A column of whole numbers; raises ValueError for any other."""
    if not np.array_equal(values, np.round(values)):  # NaN is not equal to itself
        odd = values[values != np.round(values)][0]
        raise ValueError(
            f"the column {name!r} holds {odd:g}, expected whole numbers; in a pipeline let it pass unscaled "
            "(ColumnTransformer with remainder='passthrough')"
        )
    return values.astype(np.int32)


def _seed(random_state: Any) -> int:  # noqa: ANN401 - None, a number or numpy's generator, as scikit-learn has it
    if random_state is None:
        return HazardSettings().seed
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _threads(jobs: int | None) -> int:
    """LightGBM's threads for scikit-learn's ``n_jobs``: None is 1, -1 is all (LightGBM's 0)."""
    return 1 if jobs is None else max(jobs, 0)
