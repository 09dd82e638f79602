"""Due dates and settlements against the days on which banks of the company's country work."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import polars as pl

from riskpay.dates import days_to_nearest, holidays_between, is_business_day, next_business_day

BUSINESS_WEEKDAYS: Final = 5
"""Monday to Friday, weekdays 0 to 4."""
REACH: Final = 8
"""Days looked at on either side of a due date for a weekday; one further away counts as so far away."""

_MONTH: Final = 31
_HOLIDAYS: Final = timedelta(days=30)

SINCE: Final = (*(f"since_{day}" for day in range(BUSINESS_WEEKDAYS)), "since_month_end")
UNTIL: Final = (*(f"until_{day}" for day in range(BUSINESS_WEEKDAYS)), "until_month_end")
DUE_MARKS: Final = ("due_days_to_holiday", "due_roll", *SINCE, *UNTIL)


def due_marks(days: pl.DataFrame) -> pl.DataFrame:
    """``days`` (country, due_date; each pair once) with what bank days say of each due date, days, Int32.

    due_days_to_holiday: signed, to the nearest bank holiday, 31 = none near. due_roll: to the first business day on or
    after it. since_0 .. since_4: from the last business day of that weekday (0 = Monday) on or before it, at most
    ``REACH``; since_month_end: from the last business day of a month, at most 31. until_...: to the next after it.
    """
    rows = [_marks_of(day, country or "") for country, day in days.select("country", "due_date").iter_rows()]
    return days.hstack(pl.DataFrame(rows, schema=dict.fromkeys(DUE_MARKS, pl.Int32), orient="row"))


def with_month_end(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` (country, settled_on) with ``settled_month_end``: whether that was the last business day of a month."""
    days = frame.select("country", "settled_on").unique()
    found = [is_month_end(day, country or "") for country, day in days.iter_rows()]
    marks = days.with_columns(pl.Series("settled_month_end", found, dtype=pl.Boolean))
    return frame.join(marks, on=["country", "settled_on"], how="left", nulls_equal=True, maintain_order="left")


@cache
def is_month_end(day: date, country: str) -> bool:
    """Whether ``day`` is the last day of its month on which banks work."""
    following = next_business_day(day + timedelta(days=1), country)
    return is_business_day(day, country) and following.month != day.month


@cache
def _marks_of(due: date, country: str) -> tuple[int, ...]:
    near = holidays_between(due - _HOLIDAYS, due + _HOLIDAYS, country)
    roll = (next_business_day(due, country) - due).days
    kinds: list[tuple[int, Callable[[date], bool]]] = [
        *((REACH, _business(weekday, country)) for weekday in range(BUSINESS_WEEKDAYS)),
        (_MONTH, lambda day: is_month_end(day, country)),
    ]
    since = (_first(due, range(reach), -1, is_one, reach) for reach, is_one in kinds)
    until = (_first(due, range(1, reach), 1, is_one, reach) for reach, is_one in kinds)
    return days_to_nearest(due, near), roll, *since, *until


def _business(weekday: int, country: str) -> Callable[[date], bool]:
    return lambda day: day.weekday() == weekday and is_business_day(day, country)


def _first(due: date, distances: range, direction: int, is_one: Callable[[date], bool], otherwise: int) -> int:
    found: Iterator[Any] = (n for n in distances if is_one(due + direction * timedelta(days=n)))
    return next(found, otherwise)
