"""Answers whose truth has come out: which answer of an item counts, and what then happened.

An answer is a row of what a run said: item key, customer_id, as_of, due_date (as known then), p_late and p_unpaid_H.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import polars as pl

from riskpay.features.labels import outcomes
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

HORIZONS: Final = (7, 30, 60, 90)
"""Days from as_of on which the payment curve is held against what happened."""

COLUMNS: Final = ("as_of", *CUSTOMER_KEY, "p", "happened")
"""Of ripened answers: the day of the answer, the customer, the chance told, and whether it happened."""


def first_told(answers: pl.DataFrame, grace_days: int) -> pl.DataFrame:
    """The first answer of each item, if it was given while the item could still be paid in time.

    The answers of a daily run to an item repeat one another; counted each day, slow payers would count most.
    """
    first = answers.sort("as_of").group_by(ITEM_KEY, maintain_order=True).first()
    return first.filter(pl.col("as_of") <= pl.col("due_date") + pl.duration(days=grace_days)).select(answers.columns)


def apart(answers: pl.DataFrame, days: int) -> pl.DataFrame:
    """The answers of one day in each block of ``days`` days: no day of an item's future is counted twice.

    Blocks count from the epoch, so that they are the same whenever they are asked for; the first day of a block
    that has answers stands for it.
    """
    block = pl.col("as_of").dt.epoch("d") // days
    return answers.filter(pl.col("as_of") == pl.col("as_of").min().over(block))


def late_ripe(told: pl.DataFrame, items: pl.DataFrame, days_late: int, until: date, lag_days: int) -> pl.DataFrame:
    """Of answers' p_late, those decided by ``until``, the last day whose facts are known; columns ``COLUMNS``.

    ``items`` as ``open_items.latest`` of what is known. What a credit note or write-off ended before is left out.
    """
    return outcomes(told, items, days_late, until, lag_days).select(
        "as_of", *CUSTOMER_KEY, pl.col("p_late").cast(pl.Float64).alias("p"), "happened"
    )


def unpaid_ripe(told: pl.DataFrame, items: pl.DataFrame, horizon: int, until: date, lag_days: int) -> pl.DataFrame:
    """Of answers' p_unpaid_H, those decided: H days and the posting lag lie before ``until``; columns ``COLUMNS``."""
    # A payment within H days of the answer is one at most H days "late" for an item due on the day of the answer.
    asked = told.with_columns(due_date="as_of")
    return outcomes(asked, items, horizon, until, lag_days).select(
        "as_of", *CUSTOMER_KEY, pl.col(f"p_unpaid_{horizon}").cast(pl.Float64).alias("p"), "happened"
    )


def months(ripe: pl.DataFrame) -> Iterable[tuple[date, pl.DataFrame]]:
    """Ripened answers by month of the answer, each with its first day, in order."""
    parts = (
        ripe.with_columns(month=pl.col("as_of").dt.truncate("1mo")).sort("month").partition_by("month", as_dict=True)
    )
    return [(month, part) for (month,), part in parts.items()]


def weeks(ripe: pl.DataFrame) -> Iterable[tuple[date, pl.DataFrame]]:
    """Ripened answers by week of the answer, each with its Monday, in order."""
    parts = ripe.with_columns(week=pl.col("as_of").dt.truncate("1w")).sort("week").partition_by("week", as_dict=True)
    return [(week, part) for (week,), part in parts.items()]
