"""Due dates and settlements against the days on which banks of the company's country work."""

from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from riskpay.dates import is_business_day, next_business_day
from riskpay.ledger.ledger import Ledger


def with_bank_days(states: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """``states`` with ``due_roll`` (days from the due date to the first business day on or after it) and
    ``settled_month_end`` (whether it was settled on the last business day of a month; null while open).
    """
    countries = dict(ledger.companies.select("company_id", "country").iter_rows())
    rolls = _marks(states, countries, "due_date", "due_roll", pl.Int32, _roll)
    ends = _marks(states, countries, "settled_on", "settled_month_end", pl.Boolean, is_month_end)
    joined = states.join(rolls, on=["company_id", "due_date"], how="left", maintain_order="left")
    return joined.join(ends, on=["company_id", "settled_on"], how="left", maintain_order="left")


def is_month_end(day: date, country: str) -> bool:
    """Whether ``day`` is the last day of its month on which banks work."""
    following = next_business_day(day + timedelta(days=1), country)
    return is_business_day(day, country) and following.month != day.month


def _marks(
    states: pl.DataFrame,
    countries: dict[str, str],
    column: str,
    into: str,
    kind: type[pl.DataType],
    mark: Callable[[date, str], int | bool],
) -> pl.DataFrame:
    days = states.select("company_id", column).unique().drop_nulls()
    found = [mark(day, countries.get(company) or "") for company, day in days.iter_rows()]
    return days.with_columns(pl.Series(into, found, dtype=kind))


def _roll(day: date, country: str) -> int:
    return (next_business_day(day, country) - day).days
