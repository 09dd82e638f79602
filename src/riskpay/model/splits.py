"""Days that part what a model learns from, what it is calibrated on, and what it is tested on."""

from datetime import date
from typing import Any

import polars as pl

PERIODS = 3
PERIOD_SHARE = 0.1
TEST_SHARE = 0.2
_FEWEST = 20


def later_periods(asked: pl.DataFrame, lag_days: int, before: date) -> list[date]:
    """First days of the last ``PERIODS`` periods, each a ``PERIOD_SHARE`` of the decided questions, in order.

    Rows of a period are judged by a booster that saw only intervals which ended, posting lag
    included, before the period: the embargo that keeps one outcome from standing on both sides.
    """
    shares = [PERIOD_SHARE * number for number in range(PERIODS, 0, -1)]
    found = [later_period(asked, lag_days, before, share) for share in shares]
    return sorted({day for day in found if day is not None})


def later_period(asked: pl.DataFrame, lag_days: int, before: date, share: float) -> date | None:
    """First day of the last ``share`` of the questions asked at issue whose first interval was decided.

    ``asked`` as ``labels.landmarks``. None if either side would have fewer than a handful of them.
    """
    over = pl.col("due_date") + pl.duration(days=lag_days)
    start = start_of_last(asked.filter(pl.col("at_issue") & (over < before))["as_of"], share)
    assert start is None or isinstance(start, date)  # noqa: S101 a narrowing: as_of holds dates
    return start


def start_of_last(moments: pl.Series, share: float) -> Any | None:  # noqa: ANN401 - what the moments are
    """The moment from which on lie the last ``share`` of all; None if either side would have fewer than a handful."""
    ordered = moments.sort()
    if len(ordered) * min(share, 1 - share) < _FEWEST:
        return None
    start = ordered[int(len(ordered) * (1.0 - share))]
    return start if int((ordered < start).sum()) >= _FEWEST else None
