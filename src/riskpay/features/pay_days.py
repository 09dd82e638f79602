"""A customer's usual payment days around a due date: weekdays it pays on, on which banks work."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from riskpay.dates import is_business_day
from riskpay.features.bank_days import is_month_end

REACH: Final = 8
"""Days looked at on either side of the due date; a payment day further away counts as so far away."""

MONTH_END: Final = 32
"""Pattern of a customer whose payment day is the last business day of the month."""

_MONTH: Final = 31


def pay_days(asked: pl.DataFrame) -> pl.DataFrame:
    """``asked`` (country, due_date, pay_pattern) with ``days_since_pay_day`` and ``days_to_pay_day``.

    ``pay_pattern``: sum of 2^weekday (0 = Monday) of the usual payment weekdays, or ``MONTH_END``; null or
    0: none known, and both are null.
    """
    keys = ["country", "due_date", "pay_pattern"]
    kinds = (
        asked.select(keys).unique().filter(pl.col("due_date").is_not_null() & (pl.col("pay_pattern") > 0)).sort(keys)
    )
    rows = [_around(country or "", due, pattern) for country, due, pattern in kinds.iter_rows()]
    schema = {"days_since_pay_day": pl.Int32, "days_to_pay_day": pl.Int32}
    found = kinds.hstack(pl.DataFrame(rows, schema=schema, orient="row"))
    return asked.join(found, on=keys, how="left", nulls_equal=True, maintain_order="left")


def _around(country: str, due: date, pattern: int) -> tuple[int, int]:
    reach = _MONTH if pattern == MONTH_END else REACH
    back = (days for days in range(reach) if _pays(due - timedelta(days=days), country, pattern))
    ahead = (days for days in range(1, reach) if _pays(due + timedelta(days=days), country, pattern))
    return next(back, reach), next(ahead, reach)


def _pays(day: date, country: str, pattern: int) -> bool:
    if pattern == MONTH_END:
        return is_month_end(day, country)
    return bool(pattern >> day.weekday() & 1) and is_business_day(day, country)
