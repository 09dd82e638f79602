"""Questions with what became of them, as an estimator learns from them, and the later parts on which it is judged."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from riskpay.features.labels import Grid, decided, intervals_from
from riskpay.model import hazard
from riskpay.model.grown import Period
from riskpay.model.payment_outcomes import Outcomes, decided_days
from riskpay.model.splits import start_of_last

_FAR: Final = 1_000_000
"""Days: longer than anything is known."""


def answered(asked: pl.DataFrame, outcomes: Outcomes) -> pl.DataFrame:
    """``asked`` with days_late (null: not paid), cash and known_days as ``labels.decided`` reads them, and ``moment``.

    A question that was censored is an open one of which no more is known. ``moment`` is the day of the question in days from the
    last one of which anything is known, null where outcomes do not say how far knowledge reaches.
    """
    known = outcomes["known_days"]
    return asked.with_columns(
        cash=pl.Series(outcomes["paid"]),
        days_late=pl.Series(np.ceil(outcomes["days_late"])),
        known_days=pl.Series(np.clip(np.floor(decided_days(outcomes)), -_FAR, _FAR)).cast(pl.Int64),
        moment=pl.Series(asked["at"].to_numpy() - np.where(np.isfinite(known), np.floor(known), np.nan)).fill_nan(None),
    ).with_columns(days_late=pl.when("cash").then("days_late").cast(pl.Int64), moment=pl.col("moment").cast(pl.Int64))


def late_share(rows: pl.DataFrame) -> float:
    """Share of the decided questions that were not paid in the first interval, by weight.

    Raises ValueError where that is none or all of them, or a group of intervals has no row: nothing can be learnt.
    """
    first = rows.filter(pl.col("interval") == 0)
    if first["paid"].n_unique() < 2 or hazard.lacking(rows):
        what = "none" if first.is_empty() else f"{first['paid'].sum()}"
        raise ValueError(
            f"of {first.height} questions decided by the first interval's end {what} were paid by then: both kinds are needed, "
            "and what became of the late ones afterwards; give more questions, or outcomes that are known for longer"
        )
    return float(np.average(~first["paid"].to_numpy(), weights=first["weight"].to_numpy()))


def later_parts(asked: pl.DataFrame, grid: Grid, fraction: float, periods: int, lag_days: int) -> Iterator[Period]:
    """Later parts of the questions as periods, the last one first.

    ``fraction``: of the questions in each of ``periods`` parts. None where nothing tells when the questions were asked.
    """
    moments = asked.filter(pl.col("known_days") >= grid.ends[0])["moment"].drop_nulls()
    starts = (start_of_last(moments, fraction * number) for number in range(1, periods + 1))
    found = sorted({int(start) for start in starts if start is not None})
    for start, end in reversed(list(pairwise([*found, 1]))):
        # Seen from the last known day the due date lies at moment - at, and a day before the part at start - 1.
        until = pl.lit(start) - 1 - lag_days - (pl.col("moment") - pl.col("at"))
        before = asked.filter(pl.col("moment") < start).with_columns(known_days=pl.min_horizontal("known_days", until))
        later = asked.filter(pl.col("moment").is_between(start, end, closed="left"))
        early, judged = (decided(intervals_from(part, grid)) for part in (before, later))
        if early["paid"].n_unique() == 2 and not judged.is_empty() and not hazard.lacking(early):
            yield Period(early, judged)
