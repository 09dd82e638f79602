"""Questions with what became of them, as an estimator learns from them, and the later parts on which it is judged."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.labels import Grid, decided, intervals_from
from riskpay.model import hazard
from riskpay.model.payment_outcomes import Outcomes
from riskpay.model.splits import start_of_last

_FAR: Final = 1_000_000
"""Days: longer than anything is known."""


def answered(asked: pl.DataFrame, outcomes: Outcomes, as_of: npt.ArrayLike | None) -> pl.DataFrame:
    """``asked`` with days_late (null: not paid), cash and known_days as ``labels.decided`` reads them, and ``moment``.

    ``moment`` says what is later: the day ``as_of``, or the number of the row where there are no days. A question that was
    censored is an open one of which no more is known.
    """
    days = np.arange(len(outcomes)) if as_of is None else np.asarray(as_of, dtype="datetime64[D]")
    if len(days) != len(outcomes) or (as_of is not None and np.isnat(days).any()):
        raise ValueError(f"as_of has {len(days)} days for {len(outcomes)} questions, expected one for each, none missing")
    return asked.with_columns(
        cash=pl.Series(outcomes["paid"]),
        days_late=pl.Series(np.ceil(outcomes["days_late"])),
        known_days=pl.Series(np.clip(np.floor(outcomes["known_days"]), -_FAR, _FAR)).cast(pl.Int64),
        moment=pl.Series(days),
    ).with_columns(days_late=pl.when("cash").then("days_late").cast(pl.Int64))


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


def later_parts(
    asked: pl.DataFrame, grid: Grid, fraction: float, periods: int, lag_days: int
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows decided before a later part and the rows of that part, the last part first (``training.grown_and_calibrated``).

    Where the moments are days the early rows are those that were decided before the part began; where they are
    numbers nothing says when it was, and they are those of the questions before it.
    """
    moments = asked.filter(pl.col("known_days") >= grid.ends[0])["moment"]
    found = {start_of_last(moments, fraction * number) for number in range(1, periods + 1)} - {None}
    for start, end in reversed(list(pairwise([*sorted(found), None]))):
        before = asked.filter(pl.col("moment") < start)
        if asked.schema["moment"].is_temporal():
            due = pl.col("moment") - pl.duration(days=pl.col("at"))
            known = (pl.lit(start) - due).dt.total_days() - lag_days - 1
            before = before.with_columns(known_days=pl.min_horizontal("known_days", known))
        later = asked.filter(pl.col("moment") >= start)
        later = later if end is None else later.filter(pl.col("moment") < end)
        early, judged = (decided(intervals_from(part, grid)) for part in (before, later))
        if early["paid"].n_unique() == 2 and not judged.is_empty() and not hazard.lacking(early):
            yield early, judged
