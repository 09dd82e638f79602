"""What the calendar says of a due date: weekday, month end, bank holidays of the company's country."""

from datetime import date, timedelta

import polars as pl

from riskpay.dates import days_to_nearest, holidays_between, next_business_day

_REACH = timedelta(days=30)


def due_calendar(asked: pl.DataFrame) -> pl.DataFrame:
    """``asked`` (country, issue_date, due_date) with the features of family ``calendar``."""
    pairs = asked.select("country", "due_date").unique().drop_nulls("due_date").sort("country", "due_date")
    rows = [_near(country, due) for country, due in pairs.iter_rows()]
    schema = {"due_days_to_holiday": pl.Int64, "due_days_to_business_day": pl.Int64}
    marks = pairs.hstack(pl.DataFrame(rows, schema=schema, orient="row"))
    due = pl.col("due_date")
    return asked.join(
        marks, on=["country", "due_date"], how="left", nulls_equal=True, maintain_order="left"
    ).with_columns(
        due_weekday=due.dt.weekday().cast(pl.Int32) - 1,
        due_day_of_month=due.dt.day(),
        due_days_to_month_end=(due.dt.month_end() - due).dt.total_days(),
        issue_weekday=pl.col("issue_date").dt.weekday().cast(pl.Int32) - 1,
    )


def _near(country: str | None, due: date) -> tuple[int, int]:
    place = country or ""
    marks = holidays_between(due - _REACH, due + _REACH, place)
    return days_to_nearest(due, marks), (next_business_day(due, place) - due).days
