"""On which days before the due date the payments of the first interval are made: by all customers, and by each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EARLIEST: Final = -90
TRUST: Final = 0.95
"""Part of a customer's own habit that is taken over; the rest keeps days possible on which it never paid (record 0025)."""
OWN: Final = {"early_3_7_share": (-7, -3), "early_1_2_share": (-2, -1), "on_due_share": (0, 0)}
"""Features that say which share of a customer's past items was paid on the days from .. to, from the due date."""
_LATE: Final = "late_share"
_FLAT_SHARE: Final = 0.05


@dataclass(frozen=True)
class PaidShape:
    """How payments up to the first interval's end spread over the days before it.

    ``share[d - EARLIEST]`` is the observed share of them made d days from the due date, d from
    EARLIEST (all earlier ones too) to the end of the first interval. A small flat part keeps days without
    observations possible. ``trust``: how far the customer's own shares of ``OWN`` take the place of these; 0: not at all.
    """

    share: tuple[float, ...]
    trust: float = 0.0

    @classmethod
    def observed(cls, days_late: pl.Series, end: int, trust: float = 0.0) -> "PaidShape":
        """The shape of payments made ``days_late`` days from the due date, those after ``end`` left out."""
        days = days_late.filter(days_late <= end).clip(lower_bound=EARLIEST).to_numpy() - EARLIEST
        count = np.bincount(days.astype(np.int64), minlength=end - EARLIEST + 1).astype(np.float64)
        flat = np.full(len(count), 1.0 / len(count))
        seen = count / count.sum() if count.sum() else flat
        return cls(tuple((1.0 - _FLAT_SHARE) * seen + _FLAT_SHARE * flat), trust)

    def of(self, frame: pl.DataFrame) -> "Spread":
        """The shape for each row's customer.

        ``frame`` has the features of ``OWN`` and the late share, null or not there where the model is blind to them.
        """
        names = (*OWN, _LATE)
        if not self.trust or not set(names) <= set(frame.columns):
            return Spread(self)
        *spans, late = frame.select(pl.col(names).cast(pl.Float64)).to_numpy().T
        in_time = np.stack([*spans, 1.0 - late - np.sum(spans, axis=0)], axis=1).clip(0.0)
        whole = in_time.sum(axis=1, keepdims=True)
        # Nothing known, or never paid in time: that says nothing of the days on which it would.
        own = np.where(whole > 0, in_time / np.where(whole > 0, whole, 1.0), self._spans)
        return Spread(self, 1.0 - self.trust + self.trust * own / self._spans)

    @cached_property
    def up_to(self) -> FloatArray:
        """Shares up to the day before EARLIEST, up to EARLIEST, and so on, apart by span, shape (days + 1, spans)."""
        day = np.arange(len(self.share)) + EARLIEST
        named = np.stack([(day >= first) & (day <= last) for first, last in OWN.values()], axis=1)
        apart = np.asarray(self.share)[:, None] * np.column_stack([named, ~named.any(axis=1)])
        found: FloatArray = np.concatenate([np.zeros((1, apart.shape[1])), np.cumsum(apart, axis=0)])
        return found

    @property
    def _spans(self) -> FloatArray:
        found: FloatArray = np.maximum(self.up_to[-1], 1e-12)
        return found


@dataclass(frozen=True)
class Spread:
    """The shape for some questions, one a row.

    ``own``: by how much more than all customers the row's customer pays in each span of days, shape (rows, spans); the spans
    are those of ``OWN``, and all other days up to the interval's end. None: every customer pays as all do.
    """

    shape: PaidShape
    own: FloatArray | None = None

    def where(self, rows: npt.NDArray[Any]) -> "Spread":
        """That of some rows, by mask or index."""
        return self if self.own is None else Spread(self.shape, self.own[rows])

    def paid_by(self, at: IntArray, day: IntArray, end: int) -> FloatArray:
        """Share of the first interval's payments made by ``day``, for items asked at ``at`` (days from due).

        ``at`` and ``day`` have one value a row; or they are the same for every row, with shapes (1, 1) and (1, days).
        """
        before, done, whole = (self._up_to(moment, end) for moment in (at, day, np.full_like(at, end)))
        left = whole - before
        # Asked on the last day of the interval: what it still pays is known a day later.
        share: FloatArray = np.where(left > 0, (done - before) / np.where(left > 0, left, 1.0), day > at)
        return share

    def _up_to(self, moment: IntArray, end: int) -> FloatArray:
        apart = self.shape.up_to[np.clip(moment, EARLIEST - 1, end) - EARLIEST + 1]
        if self.own is None:
            found: FloatArray = apart.sum(axis=-1)
        else:
            found = (apart * self.own).sum(axis=-1) if moment.ndim == 1 else self.own @ apart[0].T
        return found
