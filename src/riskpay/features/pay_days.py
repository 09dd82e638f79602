"""A customer's usual payment days around a due date: weekdays it pays on, on which banks work."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from riskpay.features.bank_days import BUSINESS_WEEKDAYS, SINCE, UNTIL

MONTH_END: Final = 2**BUSINESS_WEEKDAYS
"""Pattern of a customer whose payment day is the last business day of the month."""


def pay_days(asked: pl.DataFrame) -> pl.DataFrame:
    """``asked`` (pay_pattern and ``bank_days.DUE_MARKS``) with ``days_since_pay_day`` and ``days_to_pay_day``.

    ``pay_pattern``: sum of 2^weekday (0 = Monday) of the usual payment weekdays, or ``MONTH_END``; null or
    0: none known, and both are null.
    """
    return asked.with_columns(days_since_pay_day=_nearest(SINCE), days_to_pay_day=_nearest(UNTIL))


def _nearest(marks: Sequence[str]) -> pl.Expr:
    """The least of the marks whose bit is set in the pattern."""
    bits = ((pl.col("pay_pattern") & 2**bit) > 0 for bit in range(len(marks)))
    return pl.min_horizontal(pl.when(is_set).then(mark) for is_set, mark in zip(bits, marks, strict=True))
