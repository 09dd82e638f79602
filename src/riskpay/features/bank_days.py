"""Due dates and settlements against the days on which banks of a country work."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from riskpay.dates import holidays_between

BUSINESS_WEEKDAYS: Final = 5
"""Monday to Friday, weekdays 0 to 4."""
REACH: Final = 8
"""Days looked at on either side of a due date for a weekday; one further away counts as so far away."""

CLOSED, LAST_CLOSED = 5, 6
"""Kinds of a day on which banks do not work: with another such day after it, and before a business day."""

_MONTH: Final = 31
_HOLIDAY: Final = 30
_MARGIN: Final = timedelta(days=40)

SINCE: Final = (*(f"since_{day}" for day in range(BUSINESS_WEEKDAYS)), "since_month_end")
UNTIL: Final = (*(f"until_{day}" for day in range(BUSINESS_WEEKDAYS)), "until_month_end")
DUE_MARKS: Final = ("due_days_to_holiday", "due_roll", "due_days_since_business_day", "due_kind", *SINCE, *UNTIL)


def due_marks(days: pl.DataFrame) -> pl.DataFrame:
    """``days`` (country, due_date; each pair once) with what bank days say of each due date, days, Int32.

    due_days_to_holiday: signed, to the nearest bank holiday (of two, the one after), 31 = none near. due_roll: to the
    first business day on or after it. due_days_since_business_day: from the last business day before it. due_kind: its
    weekday (0 = Monday) where banks work then, else 6 where they do the day after, else 5. since_0 .. since_4: from the
    last business day of that weekday (0 = Monday) on or before it, at most ``REACH``; since_month_end: from the last
    business day of a month, at most 31. until_...: to the next after it.
    """
    if days.is_empty():
        return days.with_columns(pl.lit(None, pl.Int32).alias(name) for name in DUE_MARKS)
    return pl.concat(part.hstack(_marks_of(country or "", part["due_date"])) for country, part in _by_country(days))


def business_days_between(frame: pl.DataFrame) -> pl.Series:
    """Of ``frame`` (country, issue_date, due_date): business days after the issue date, up to the due date."""
    rows = frame.select("country", "issue_date", "due_date").with_row_index("row")
    if rows.is_empty():
        return pl.Series(dtype=pl.Int64)
    parts = [part.select("row", days=_between(country or "", part)) for country, part in _by_country(rows)]
    return pl.concat(parts).sort("row")["days"]


def with_month_end(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` (country, settled_on) with ``settled_month_end``: whether that was the last business day of a month."""
    days = frame.select("country", "settled_on").unique()
    parts = [
        part.with_columns(settled_month_end=_Calendar.around(country or "", part["settled_on"]).at(part["settled_on"]))
        for country, part in _by_country(days)
    ]
    marks = pl.concat(parts) if parts else days.with_columns(settled_month_end=pl.lit(None, pl.Boolean))
    return frame.join(marks, on=["country", "settled_on"], how="left", nulls_equal=True, maintain_order="left")


def _by_country(days: pl.DataFrame) -> list[tuple[str | None, pl.DataFrame]]:
    parts = days.partition_by("country", as_dict=True, maintain_order=True)
    return [(country, part) for (country,), part in parts.items()]


@dataclass(frozen=True)
class _Calendar:
    """Days in a row from ``first`` on: which are holidays, business days, and last business days of a month."""

    first: date
    holiday: np.ndarray
    weekday: np.ndarray
    business: np.ndarray
    month_end: np.ndarray

    @classmethod
    def around(cls, country: str, days: pl.Series) -> "_Calendar":
        """The days from the first of ``days`` to the last, and more on either side."""
        low: date = days.min()  # type: ignore[assignment]  # a column of days, not of anything
        high: date = days.max()  # type: ignore[assignment]
        first, last = max(low, date.min + _MARGIN) - _MARGIN, min(high, date.max - _MARGIN) + _MARGIN
        number = np.arange((last - first).days + 1)
        holiday = np.zeros(number.size, dtype=bool)
        holiday[[(day - first).days for day in holidays_between(first, last, country)]] = True
        weekday = (number + first.weekday()) % 7
        business = (weekday < BUSINESS_WEEKDAYS) & ~holiday
        month = (np.datetime64(first) + number).astype("datetime64[M]")
        following = number + _until(business)
        inside = following < number.size
        ends = np.zeros(number.size, dtype=bool)
        ends[inside] = month[following[inside]] != month[inside]
        return cls(first, holiday, weekday, business, business & ends)

    def rows(self, days: pl.Series) -> np.ndarray:
        """The places of some days."""
        return (days.to_physical() - (self.first - date(1970, 1, 1)).days).to_numpy()

    def at(self, days: pl.Series) -> pl.Series:
        """Whether each day is the last business day of its month."""
        return pl.Series(self.month_end[self.rows(days)])


def _marks_of(country: str, days: pl.Series) -> pl.DataFrame:
    calendar = _Calendar.around(country, days)
    kinds = [(REACH, calendar.business & (calendar.weekday == day)) for day in range(BUSINESS_WEEKDAYS)]
    kinds.append((_MONTH, calendar.month_end))
    back, ahead = _since(calendar.holiday), np.where(calendar.holiday, 0, _until(calendar.holiday))
    roll = np.where(calendar.business, 0, _until(calendar.business))
    nearest = np.where(ahead <= back, ahead, -back)
    marks = {
        "due_days_to_holiday": np.where(np.minimum(ahead, back) > _HOLIDAY, _HOLIDAY + 1, nearest),
        "due_roll": roll,
        "due_days_since_business_day": np.append(1, 1 + _since(calendar.business)[:-1]),
        "due_kind": np.where(calendar.business, calendar.weekday, np.where(roll == 1, LAST_CLOSED, CLOSED)),
        **{name: np.minimum(_since(mask), reach) for name, (reach, mask) in zip(SINCE, kinds, strict=True)},
        **{name: np.minimum(_until(mask), reach) for name, (reach, mask) in zip(UNTIL, kinds, strict=True)},
    }
    rows = calendar.rows(days)
    return pl.DataFrame({name: values[rows].astype(np.int32) for name, values in marks.items()})


def _between(country: str, rows: pl.DataFrame) -> pl.Series:
    calendar = _Calendar.around(country, pl.concat([rows["issue_date"], rows["due_date"]]))
    done = np.cumsum(calendar.business)
    return pl.Series(done[calendar.rows(rows["due_date"])] - done[calendar.rows(rows["issue_date"])])


def _since(mask: np.ndarray) -> np.ndarray:
    """Days back to the last day of the mask, the day itself included; more than there are where there is none."""
    number = np.arange(mask.size)
    return number - np.maximum.accumulate(np.where(mask, number, -mask.size))


def _until(mask: np.ndarray) -> np.ndarray:
    """Days ahead to the next day of the mask, the day itself left out; more than there are where there is none."""
    ahead = _since(mask[::-1])[::-1]
    return np.append(ahead[1:], 2 * mask.size) + 1
