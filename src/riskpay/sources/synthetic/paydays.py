"""Pay-run days by country and pay-run code, as look-up tables over day numbers (days since 1970-01-01)."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from riskpay.dates import is_business_day
from riskpay.sources.synthetic.hazards import Bools, Ints
from riskpay.sources.synthetic.scenario import ANY_DAY, MONTH_END, PAY_RUNS

_EPOCH = date(1970, 1, 1)
_CODES = len(PAY_RUNS)


def number(day: date) -> int:
    """Days from 1970-01-01 to ``day``."""
    return (day - _EPOCH).days


@dataclass(frozen=True)
class PayDays:
    """For each calendar (country index x 7 + pay-run code) and day: the next pay-run day from it, the last up to it."""

    countries: tuple[str, ...]
    first: int
    following: Ints
    preceding: Ints

    @classmethod
    def between(cls, first: date, last: date, countries: tuple[str, ...]) -> "PayDays":
        """Tables that answer for all days from ``first`` to ``last``, both included."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        marks = np.vstack([_marks(days, country) for country in countries])
        numbers = np.arange(number(first), number(last) + 1)
        after = np.where(marks, numbers, number(last) + 1)[:, ::-1]
        before = np.where(marks, numbers, number(first) - 1)
        return cls(
            countries,
            number(first),
            np.minimum.accumulate(after, axis=1)[:, ::-1].copy(),
            np.maximum.accumulate(before, axis=1),
        )

    def calendar(self, country: Ints | int, code: Ints | int) -> Ints:
        """Calendar numbers of country indices and pay-run codes."""
        calendar: Ints = np.asarray(country) * _CODES + np.asarray(code)
        return calendar

    def next_from(self, calendar: Ints, day: Ints) -> Ints:
        """The first pay-run day on or after each day (day numbers)."""
        return self.following[calendar, np.clip(day - self.first, 0, self.following.shape[1] - 1)]

    def last_to(self, calendar: Ints, day: Ints) -> Ints:
        """The last pay-run day on or before each day (day numbers)."""
        return self.preceding[calendar, np.clip(day - self.first, 0, self.preceding.shape[1] - 1)]


def _marks(days: list[date], country: str) -> Bools:
    """Whether each day is a pay-run day, a row per code; a run on a holiday is left out, not moved."""
    business = np.array([is_business_day(day, country) for day in days])
    weekday = np.array([day.weekday() for day in days])
    marks = np.zeros((_CODES, len(days)), dtype=bool)
    for code in range(ANY_DAY):
        marks[code] = business & (weekday == code)
    marks[ANY_DAY] = business
    months = np.array([day.year * 12 + day.month for day in days])
    for month in np.unique(months):
        inside = np.flatnonzero((months == month) & business)
        if inside.size and (months == month + 1).any():
            marks[MONTH_END, inside[-1]] = True
    return marks
