"""A prior model's hazard: what is told of items where too few are settled for anything to be learnt.

A built-in payment curve, worth ``PRIOR_ITEMS`` items, pooled with the items that there are; whether an item is paid in
time moves with the customer's own shrunk late share, and with nothing else.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit, logit

from riskpay.features.catalogue import FEATURES, FIRST_SHARE, Feature
from riskpay.features.labels import Grid
from riskpay.model.habit import TRUST, fitted_level
from riskpay.model.interval_rows import INTERVAL_COLUMNS, IntervalRows
from riskpay.model.paid_shape import PaidShape, Spread

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PRIOR_ITEMS: Final = 50.0
"""Items' worth of the built-in curve: at 200 settled items, where learning begins, it is a fifth of the whole."""

NEVER: Final = 9999
PRIOR_DAYS_LATE: Final = (
    *(
        -26,
        -21,
        -19,
        -17,
        -16,
        -15,
        -14,
        -13,
        -13,
        -12,
        -12,
        -11,
        -11,
        -10,
        -10,
        -9,
        -9,
        -9,
        -8,
        -8,
        -8,
        -8,
        -7,
        -7,
        -7,
    ),
    *(-6, -6, -6, -6, -5, -5, -5, -5, -4, -4, -4, -3, -3, -3, -2, -2, -2, -2, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0),
    *(1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 9, 10, 11, 12, 12, 13, 14, 15, 15, 16),
    *(17, 18, 20, 21, 22, 25, 27, 31, 39, NEVER),
)
"""Days late of a hundred typical items, in order: the middles of the hundredths of all items of the synthetic base
scenario (1,000 customers, 18 months, seed 20241; docs/synthetic.md), ``NEVER``: not paid. Of the two real files
42 % (food supplier) and 36 % (IBM) are paid late, here 45 %: it is an assumption, and told as one."""

READS: Final = ("late_share", "settled_count", "terms_days")
"""Features that a prior model is asked with; ``settled_count`` is only shown."""

_EDGE = 0.01


@dataclass(frozen=True)
class PriorHazard:
    """Interval hazards without trees: ``levels`` are log-odds by interval of ``ends``.

    In the first interval ``TRUST`` x the log-odds of the customer's share paid in time is added, whose mean is ``centre``;
    an item asked after its issue has what ``shape`` leaves of that interval's payments.
    """

    ends: tuple[int, ...]
    levels: tuple[float, ...]
    centre: float
    shape: PaidShape

    @classmethod
    def fitted(cls, rows: pl.DataFrame, grid: Grid, shape: PaidShape) -> "PriorHazard":
        """Of person-period rows of items asked at their issue, perhaps none, pooled with the built-in curve."""
        interval, paid = rows["interval"].to_numpy(), rows["paid"].to_numpy().astype(np.float64)
        counts = [(float(np.sum(interval == n)), float(paid[interval == n].sum())) for n in range(len(grid.ends))]
        builtin = _builtin(grid)
        pooled = [
            (paid + more_paid) / max(n + more, 1.0)
            for (n, paid), (more, more_paid) in zip(counts, builtin, strict=True)
        ]
        levels = logit(np.clip(pooled, _EDGE, 1.0 - _EDGE))
        first = interval == 0
        parts = np.append(_part(rows)[first], TRUST * logit(1.0 - FIRST_SHARE))
        share = np.append(paid[first], builtin[0][1] / builtin[0][0])
        weight = np.append(np.ones(int(first.sum())), PRIOR_ITEMS)
        level = fitted_level(parts, share, weight, ridge=1.0)
        centre = float(np.average(parts, weights=weight))
        return cls(grid.ends, (level, *map(float, levels[1:])), centre, shape)

    @property
    def read(self) -> tuple[Feature, ...]:
        """The feature that drives it."""
        return tuple(feature for feature in FEATURES if feature.name == READS[0])

    @property
    def columns(self) -> tuple[str, ...]:
        """What it reads of an interval; the features it takes from the questions themselves."""
        return INTERVAL_COLUMNS

    def of_interval(self, rows: IntervalRows) -> FloatArray:
        """As ``predict``, of the rows of one interval."""
        return self.predict(rows.frame)

    def predict(self, rows: pl.DataFrame) -> FloatArray:
        """The hazard of each person-period row (``labels.intervals`` of questions with ``READS``), in (0, 1)."""
        interval = _interval(rows)
        whole = expit(np.asarray(self.levels)[interval] + np.where(interval == 0, _part(rows), 0.0))
        left = np.where(interval == 0, self._left_of_first(rows), self._left_of_later(rows, interval))
        # The same law in both: of what is unpaid when asked, the part paid by the interval's end.
        by_parts: FloatArray = whole * left / (1.0 - whole * (1.0 - left))
        return by_parts

    def log_odds(self, rows: pl.DataFrame) -> FloatArray:
        """As ``predict``, in log-odds."""
        found: FloatArray = logit(np.clip(self.predict(rows), _EDGE * _EDGE, 1.0 - _EDGE * _EDGE))
        return found

    def contributions(self, rows: pl.DataFrame) -> FloatArray:
        """What the late share adds to the log-odds of being paid in time, beside a mean row, shape (rows, 1)."""
        return np.where(_interval(rows) == 0, _part(rows) - self.centre, 0.0).reshape(-1, 1)

    def _left_of_first(self, rows: pl.DataFrame) -> FloatArray:
        """Of the first interval's payments after the issue day, the share that comes after the question."""
        last = self.ends[0] - 1  # on the interval's last day, what that day brings is still to come
        start = np.minimum(rows["interval_start"].to_numpy().astype(np.int64), last)
        issued = np.minimum(-rows["terms_days"].fill_null(0).to_numpy().astype(np.int64), start)
        return np.clip(1.0 - Spread(self.shape).paid_by(issued, start, self.ends[0]), _EDGE, 1.0)

    def _left_of_later(self, rows: pl.DataFrame, interval: IntArray) -> FloatArray:
        """The share of an interval's days that lies after the question."""
        lengths = np.diff(np.asarray((self.ends[0], *self.ends)), prepend=1)[1:]
        days = rows["interval_days"].to_numpy().astype(np.float64)
        return np.clip(days / np.maximum(lengths[interval], 1), 0.0, 1.0)


def prior_shape(days_late: pl.Series, grid: Grid) -> PaidShape:
    """How payments spread over the days up to the first interval's end: those there are and the built-in ones."""
    each = len(PRIOR_DAYS_LATE) / PRIOR_ITEMS
    both = [days_late.cast(pl.Int64)] * int(each) + [pl.Series(PRIOR_DAYS_LATE, dtype=pl.Int64)]
    return PaidShape.observed(pl.concat(both), grid.ends[0])


def _builtin(grid: Grid) -> list[tuple[float, float]]:
    """Items at risk and items paid in each interval, of ``PRIOR_ITEMS`` items of the built-in curve."""
    days = np.asarray(PRIOR_DAYS_LATE)
    each = PRIOR_ITEMS / len(days)
    starts = (-NEVER, *grid.ends[:-1])
    spans = zip(starts, grid.ends, strict=True)
    return [
        (each * float((days > start).sum()), each * float(((days > start) & (days <= end)).sum()))
        for start, end in spans
    ]


def _part(rows: pl.DataFrame) -> FloatArray:
    """What the customer's own share adds to the log-odds of being paid in time."""
    share = rows["late_share"].cast(pl.Float64).fill_null(FIRST_SHARE).to_numpy()
    found: FloatArray = TRUST * logit(np.clip(1.0 - share, _EDGE, 1.0 - _EDGE))
    return found


def _interval(rows: pl.DataFrame) -> IntArray:
    return rows["interval"].to_numpy().astype(np.int64)
