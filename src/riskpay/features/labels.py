"""Person-period rows: what was asked of an item at a landmark, and in which interval it was then paid.

Time runs in days from the due date. An interval counts whole or not at all: a row exists only if the
interval's end plus the posting lag lies before the training day, whether the item was paid in it or
not. Keeping the rows of those already paid in an unfinished interval would favour fast payers.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from riskpay.ledger.tables import ITEM_KEY

_KEY = list(ITEM_KEY)

LANDMARK_DAYS = (-7, 1, 4, 8, 16, 31, 61)
"""Days from the due date on which an item still open is asked again, beside its issue day."""


@dataclass(frozen=True)
class Grid:
    """Ends of the hazard intervals in days from the due date; the first is the last day that is not late."""

    ends: tuple[int, ...] = (0, 3, 7, 15, 30, 60, 90, 180)

    @classmethod
    def with_grace(cls, grace_days: int) -> "Grid":
        """The default grid, its first interval ending with the grace days."""
        later = tuple(end for end in cls().ends[1:] if end > grace_days)
        return cls((grace_days, *later))


def landmarks(states: pl.DataFrame, before: date) -> pl.DataFrame:
    """Questions about items, each asked before the day ``before`` while the item was known to be open.

    ``states`` as ``item_states``. Columns: the item's key, as_of, due_date (as known then) and
    ``at_issue``. An item is asked at its issue day, and on ``LANDMARK_DAYS`` if it was known to be
    open at the end of the day before.
    """
    first = states.group_by(_KEY, maintain_order=True).first()
    at_issue = first.select(*_KEY, "due_date", as_of="issue_date", at_issue=pl.lit(value=True))
    spans = states.with_columns(end=pl.col("known_on").shift(-1).over(_KEY)).filter(~pl.col("settled"))
    later = pl.concat([_asked_on(spans, days) for days in LANDMARK_DAYS])
    asked = pl.concat([at_issue, later.join(at_issue, on=[*_KEY, "as_of"], how="anti")])
    return asked.filter(pl.col("as_of") < before).select(*_KEY, "as_of", "due_date", "at_issue").sort(*_KEY, "as_of")


def _asked_on(spans: pl.DataFrame, days: int) -> pl.DataFrame:
    moved = spans.with_columns(as_of=pl.col("due_date") + pl.duration(days=days))
    known_open = (pl.col("known_on") < pl.col("as_of")) & (pl.col("end").is_null() | (pl.col("end") >= pl.col("as_of")))
    return moved.filter(known_open & (pl.col("as_of") > pl.col("issue_date"))).select(
        *_KEY, "due_date", "as_of", at_issue=pl.lit(value=False)
    )


def intervals(asked: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """A row per question and interval that it can still be paid in, in order.

    ``asked`` has as_of and due_date (the due date as known at as_of) beside anything else. Adds
    interval (index in the grid), interval_start and interval_end (days from the due date; the
    first interval starts at as_of), interval_days (its length) and ``first`` (whether it is the first).
    """
    shape = pl.DataFrame(
        {"interval": range(len(grid.ends)), "interval_end": grid.ends, "before": (None, *grid.ends[:-1])},
        schema={"interval": pl.Int32, "interval_end": pl.Int32, "before": pl.Int32},
    )
    at = (pl.col("as_of") - pl.col("due_date")).dt.total_days().cast(pl.Int32)
    rows = asked.with_columns(at=at).join(shape, how="cross", maintain_order="left_right")
    return (
        rows.filter(pl.col("interval_end") >= pl.col("at"))
        .with_columns(
            interval_start=pl.max_horizontal("at", "before"),
            first=pl.col("before").is_null() | (pl.col("before") < pl.col("at")),
        )
        .with_columns(interval_days=pl.col("interval_end") - pl.col("interval_start"))
        .drop("at", "before")
    )


def person_period(asked: pl.DataFrame, items: pl.DataFrame, grid: Grid, before: date, lag_days: int) -> pl.DataFrame:
    """``intervals`` of questions that were decided before the day ``before``, with ``paid``.

    ``items`` as ``open_items.latest`` of what is known: settled_on and settled_by per item. A credit
    note, write-off or mixed settlement ends the item's rows before its interval (competing event).
    ``lag_days``: posting lag within which a payment of the interval's last day has become known.
    """
    settled_late = (pl.col("settled_on") - pl.col("due_date")).dt.total_days()
    cash = pl.col("settled_by") == "cash"
    outcome = items.select(*_KEY, "settled_on", "settled_by")
    rows = intervals(asked.join(outcome, on=_KEY, how="left", maintain_order="left"), grid)
    over = pl.col("due_date") + pl.duration(days=pl.col("interval_end") + lag_days)
    gone = settled_late.is_not_null()
    reached = pl.col("first") | ~gone | (settled_late > pl.col("interval_start"))
    competing = gone & ~cash & (settled_late <= pl.col("interval_end"))
    return (
        rows.filter((over < before) & reached & ~competing.fill_null(value=False))
        .with_columns(paid=(gone & cash & (settled_late <= pl.col("interval_end"))).fill_null(value=False))
        .drop("settled_on", "settled_by")
    )


def outcomes(
    asked: pl.DataFrame, items: pl.DataFrame, days_late: int | pl.Expr, known_until: date, lag_days: int
) -> pl.DataFrame:
    """Whether each asked item was paid more than ``days_late`` days (one number, or one a question) after its due date.

    Columns as ``asked`` plus ``happened`` (Boolean). Questions not decided by ``known_until`` (the
    last day whose facts are known), or ended by a competing event before that, are left out.
    ``lag_days``: posting lag; without it, what was paid in time and is not yet posted would count as late.
    """
    settled_late = (pl.col("settled_on") - pl.col("due_date")).dt.total_days()
    by_then = settled_late <= days_late
    decided = pl.col("due_date") + pl.duration(days=days_late + lag_days) < known_until
    joined = asked.join(items.select(*_KEY, "settled_on", "settled_by"), on=_KEY, how="left", maintain_order="left")
    competing = by_then & (pl.col("settled_by") != "cash")
    return (
        joined.filter(decided & ~competing.fill_null(value=False))
        .with_columns(happened=~by_then.fill_null(value=False))
        .drop("settled_on", "settled_by")
    )
