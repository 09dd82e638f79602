"""Days: bank holidays, business days, and how far apart things are. No clock is read here."""

from datetime import date, timedelta
from functools import cache
from typing import Literal

import holidays

Cut = Literal["start", "end"]
"""Which facts a day knows: ``start`` = known_on < as_of, ``end`` = known_on <= as_of."""

SATURDAY = 5
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@cache
def _calendar(country: str) -> holidays.HolidayBase | None:
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return None


def is_holiday(day: date, country: str) -> bool:
    """Whether ``day`` is a public holiday of an ISO 3166 country; an unknown country has none."""
    calendar = _calendar(country)
    return calendar is not None and day in calendar


def is_business_day(day: date, country: str) -> bool:
    """Whether banks work on ``day``: neither a Saturday, a Sunday nor a public holiday there."""
    return day.weekday() < SATURDAY and not is_holiday(day, country)


def next_business_day(day: date, country: str) -> date:
    """``day`` itself if it is a business day, else the first one after it."""
    while not is_business_day(day, country):
        day += timedelta(days=1)
    return day


def holidays_between(first: date, last: date, country: str) -> list[date]:
    """Public holidays of a country from ``first`` to ``last``, both included, in order."""
    calendar = _calendar(country)
    if calendar is None:
        return []
    for year in range(first.year, last.year + 1):
        _ = date(year, 1, 1) in calendar  # a calendar holds the years it was asked about
    return sorted(day for day in calendar if first <= day <= last)
