"""Person-period rows of questions as a booster reads them, an interval at a time: ``labels.intervals`` without its table.

The rows of a question differ in the columns of the interval alone. So one matrix holds every question once, and for each
interval those columns are written anew: of n questions, f features and k intervals that writes n f + 5 n k numbers
instead of n f k.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.model.habit import habit_hazard

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

INTERVAL_COLUMNS = ("interval", "interval_start", "interval_end", "interval_days", "habit_hazard")
"""Columns of a booster's input in which the rows of a question differ."""


@dataclass(frozen=True)
class IntervalRows:
    """The rows that the first questions have in one interval; those after them have none.

    ``number``: the interval's index in the grid. ``frame``: the questions with what ``labels.intervals`` tells of the
    interval, and its habit_hazard. ``matrix``: what a booster reads of it, shape (rows, columns), null as NaN; it holds
    until the next interval is asked for.
    """

    number: int
    frame: pl.DataFrame
    matrix: FloatArray


def in_order(asked: pl.DataFrame, at: IntArray) -> IntArray:
    """The order of questions that ``by_interval`` asks for: by ``at``, so that those an interval is over for come last.

    Of one day, customers alike lie side by side: their rows go the same way through the trees, and processors
    foresee it (it saves a fifth of the time of predicting, or more).
    """
    return np.lexsort((asked["late_share"].to_numpy(), at))


def by_interval(
    asked: pl.DataFrame, at: IntArray, ends: Sequence[int], columns: Sequence[str]
) -> Iterator[IntervalRows]:
    """The rows of each interval that some question can still be paid in, in order of the intervals.

    ``asked``: questions, ``in_order``, with the features among ``columns``. ``at``: days from the due date to their as_of.
    ``ends``: ends of the intervals, those of a grid or the first of them. ``columns``: what the booster reads.
    """
    blank = asked.with_columns(pl.lit(None, pl.Float64).alias(name) for name in INTERVAL_COLUMNS)
    matrix = blank.select(pl.col(columns).cast(pl.Float64)).to_numpy(order="c", writable=True)
    for number in range(len(ends)):
        count = int(np.searchsorted(at, ends[number], side="right"))
        if count:
            frame = _told(asked.head(count), at[:count], number, ends)
            for name in INTERVAL_COLUMNS:
                matrix[:count, columns.index(name)] = frame[name].to_numpy()
            yield IntervalRows(number, frame, matrix[:count])


def _told(asked: pl.DataFrame, at: IntArray, number: int, ends: Sequence[int]) -> pl.DataFrame:
    begin = np.maximum(at, ends[number - 1]) if number else at
    rows = asked.with_columns(
        interval=pl.lit(number, pl.Int32),
        interval_start=pl.Series(begin, dtype=pl.Int32),
        interval_end=pl.lit(ends[number], pl.Int32),
        interval_days=pl.Series(ends[number] - begin, dtype=pl.Int32),
    )
    return rows.with_columns(habit_hazard=habit_hazard())
