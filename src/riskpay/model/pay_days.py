"""Intervals for the pay date that hold as often as they say: split conformal prediction on payment curves.

An interval runs from the first day by which a lower share of the curve's probability is paid to the first day by which
more than an upper share is. The shares are those at which the intervals of later periods, by models that saw nothing
of them, would have missed as many payments on either side as they may (distributional conformal prediction:
Chernozhukov, Wuthrich and Zhu 2021), found apart for each class of questions (Mondrian).
Payments that are not known yet are not left out, which would favour fast payers: known ones stand for them by the
inverse of the share of questions watched that long (Robins and Rotnitzky 1992; for conformal prediction Candes, Lei
and Ren 2023). Who is watched how long depends on the question's day alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.model.hindsight import NEVER, Hindsight
from riskpay.model.records import MOMENTS, RECORDS, moment, record
from riskpay.model.risk import first_days

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Curves = npt.NDArray[np.float32]

NOMINAL: Final = 0.8
"""Share of payments that fall into their interval."""
LEAST: Final = 50
"""Fewer questions than this (weighted) in a class say nothing of their own."""
_WATCHED = 0.1
"""Days beyond which fewer than this share of questions is watched are not told apart."""


@dataclass(frozen=True)
class PayDayLevels:
    """Shares of the curve's probability between which the pay date lies, by moment and record (``model.records``).

    Shape (len(MOMENTS), len(RECORDS)) each. The default takes the curve at its word.
    """

    low: tuple[tuple[float, ...], ...] = (((1.0 - NOMINAL) / 2,) * len(RECORDS),) * len(MOMENTS)
    high: tuple[tuple[float, ...], ...] = (((1.0 + NOMINAL) / 2,) * len(RECORDS),) * len(MOMENTS)

    def between(self, rows: pl.DataFrame, unpaid: Curves) -> tuple[pl.Series, pl.Series]:
        """First and last day of each interval, in days from as_of; the last is null beyond the curve's end.

        Where even the first lies beyond it, it is the curve's last day: before that the payment is not expected.
        ``rows``: at, settled_count, late_share. A first day of 0 says that the payment may be on its way: the item is
        past due, and what was paid yesterday is not posted yet.
        """
        low, high = self._of(rows)
        begins = np.minimum(first_days(unpaid, low), unpaid.shape[1] - 1)
        on_its_way = (rows["at"].to_numpy() > 0) & (begins == 1)
        ends = first_days(unpaid, high, strictly=True)
        last = pl.Series(ends, dtype=pl.Int32)
        return pl.Series(np.where(on_its_way, 0, begins), dtype=pl.Int32), last.replace(unpaid.shape[1], None)

    def covers(self, found: Hindsight) -> npt.NDArray[np.bool_]:
        """Whether the payment fell into the interval; weigh with ``known_weights``, for some payments are not known yet."""
        low, high = self._of(found.rows)
        by, before = _paid_shares(found)
        return (by >= low) & (before <= high)

    def _of(self, rows: pl.DataFrame) -> tuple[FloatArray, FloatArray]:
        places = rows.select(moment=moment(), record=record())
        at = (places["moment"].to_numpy(), places["record"].to_numpy())
        return np.asarray(self.low)[at], np.asarray(self.high)[at]


def fit_levels(found: Hindsight) -> PayDayLevels:
    """The levels at which intervals of ``found`` questions would have missed (1 - NOMINAL) / 2 on either side.

    A class with too few questions takes the levels of its moment; that, those of all.
    """
    if not found.rows.height:
        return PayDayLevels()
    weight = known_weights(found)
    by, before = _paid_shares(found)
    places = found.rows.select(moment=moment(), record=record())
    moments, records = places["moment"].to_numpy(), places["record"].to_numpy()
    miss = (1.0 - NOMINAL) / 2

    def levels(here: npt.NDArray[np.bool_], otherwise: tuple[float, float]) -> tuple[float, float]:
        if weight[here].sum() < LEAST:
            return otherwise
        return _lower(by[here], weight[here], miss), 1.0 - _lower(1.0 - before[here], weight[here], miss)

    everything = levels(np.ones(len(weight), dtype=bool), (miss, 1.0 - miss))

    def table() -> Iterator[list[tuple[float, float]]]:
        for m in range(len(MOMENTS)):
            of_moment = levels(moments == m, everything)
            yield [levels((moments == m) & (records == r), of_moment) for r in range(len(RECORDS))]

    found_levels = list(table())
    low, high = (tuple(tuple(pair[side] for pair in row) for row in found_levels) for side in (0, 1))
    return PayDayLevels(low, high)


def known_weights(found: Hindsight) -> FloatArray:
    """For how many questions each stands: 0 where its payment is not known yet, the mean is about 1."""
    watched, paid_in = found.rows["watched"].to_numpy(), found.rows["paid_in"].to_numpy()
    ordered = np.sort(watched)
    horizon = min(int(ordered[int((1.0 - _WATCHED) * (len(ordered) - 1))]), found.unpaid.shape[1] - 1)
    until = np.minimum(paid_in, horizon)
    share = 1.0 - np.searchsorted(ordered, until, side="left") / len(ordered)
    return np.where(watched >= until, 1.0 / np.maximum(share, _WATCHED), 0.0)


def _paid_shares(found: Hindsight) -> tuple[FloatArray, FloatArray]:
    """Probability paid by the end of the day of payment, and by the end of the day before it.

    An item that is still unpaid has not missed an interval that goes on: the day after it was last watched stands.
    """
    last = found.unpaid.shape[1] - 1
    paid_in, watched = found.rows["paid_in"].to_numpy(), found.rows["watched"].to_numpy()
    rows, day_before = np.arange(len(paid_in)), np.where(paid_in < NEVER, paid_in - 1, np.maximum(watched, 0))
    paid = 1.0 - found.unpaid.astype(np.float64)
    by = np.where(paid_in > last, 1.0, paid[rows, np.minimum(paid_in, last)])
    return by, paid[rows, np.minimum(day_before, last)]


def _lower(shares: FloatArray, weight: FloatArray, miss: float) -> float:
    """The largest share below which no more than ``miss`` of the weight lies, one question to come counted as missed."""
    order = np.argsort(shares, kind="stable")
    reached = np.cumsum(weight[order])
    place = int(np.searchsorted(reached, miss * (reached[-1] + 1.0), side="left"))
    return float(shares[order[min(place, len(order) - 1)]])
