"""Days that part what a model learns from, what it is calibrated on, and what it is tested on."""

from datetime import date

import polars as pl

CALIBRATION_SHARE = 0.2
TEST_SHARE = 0.2
_FEWEST = 20


def later_period(asked: pl.DataFrame, lag_days: int, before: date, share: float) -> date | None:
    """First day of the last ``share`` of the questions asked at issue whose first interval was decided.

    ``asked`` as ``labels.landmarks``. None if either side would have fewer than a handful of them.
    Rows before that day are taken only if their interval, posting lag included, ended before it: the
    embargo that keeps one outcome from standing on both sides.
    """
    over = pl.col("due_date") + pl.duration(days=lag_days)
    days = asked.filter(pl.col("at_issue") & (over < before))["as_of"].sort()
    if len(days) * min(share, 1 - share) < _FEWEST:
        return None
    start = days[int(len(days) * (1.0 - share))]
    assert isinstance(start, date)  # noqa: S101 a narrowing: as_of holds dates
    before_it = int((days < start).sum())
    return start if before_it >= _FEWEST else None
