"""Snapshots of the open book: every item open on a day, asked on that day."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from riskpay.ledger.tables import ITEM_KEY

_KEY = list(ITEM_KEY)


def mondays(first: date, last: date) -> list[date]:
    """Every Monday from ``first`` to ``last``, both included, in order."""
    start = first + timedelta(days=-first.weekday() % 7)
    return [start + timedelta(days=7 * week) for week in range(max(0, (last - start).days // 7 + 1))]


def open_on(states: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """Questions about every item known to be open at the start of each day (cut=start), in order of day and item.

    ``states`` as ``item_states``. Columns as ``labels.landmarks``: the item's key, as_of, due_date (as known then) and
    ``at_issue``, false. An item issued on the day itself is not known yet at its start.
    """
    ends = pl.col("known_on").shift(-1).over(_KEY)
    spans = states.with_columns(end=ends).filter(~pl.col("settled"))
    parts = [spans.filter(_holds(day)).with_columns(as_of=pl.lit(day)) for day in days]
    asked = pl.concat(parts) if parts else spans.clear().with_columns(as_of=pl.lit(None, pl.Date))
    return asked.select(*_KEY, "as_of", "due_date", at_issue=pl.lit(value=False)).sort("as_of", *_KEY)


def _holds(day: date) -> pl.Expr:
    return (pl.col("known_on") < day) & (pl.col("end").is_null() | (pl.col("end") >= day))


def open_worth(states: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """What was open of each asked item as it was known before its as_of; at its first state where nothing was.

    ``asked`` has the item's key and as_of. Columns, in its row order: issue_date, currency and ``open_amount`` (minor units).
    """
    wanted = ["issue_date", "currency", "open_amount"]
    rows = asked.select(*_KEY, "as_of").with_row_index("row").sort("as_of")
    before = rows.join_asof(
        states.select(*_KEY, "known_on", *wanted).sort("known_on"),
        left_on="as_of",
        right_on="known_on",
        by=_KEY,
        allow_exact_matches=False,
        check_sortedness=False,
    ).sort("row")
    first = states.group_by(_KEY, maintain_order=True).first().select(*_KEY, *wanted)
    made = asked.select(_KEY).join(first, on=_KEY, how="left", maintain_order="left")
    return before.select(pl.coalesce(name, made[name]).alias(name) for name in wanted)
