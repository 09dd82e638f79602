"""Person-period rows: what was asked of an item at a landmark, and in which interval it was then paid.

Time runs in days from the due date. An interval counts whole or not at all: a row exists only if the
interval's end plus the posting lag lies before the training day, whether the item was paid in it or
not. Keeping the rows of those already paid in an unfinished interval would favour fast payers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl

from riskpay.errors import UsageError
from riskpay.ledger.tables import ITEM_KEY

_KEY = list(ITEM_KEY)

LANDMARK_DAYS = (-7, 1, 4, 6, 8, 12, 16, 23, 31, 45, 61, 75, 91, 135)
"""Days from the due date on which an item still open is asked again, beside its issue day; those where no others are set."""

HORIZON_ENDS = (30, 60, 90)
"""Days after the due date that every grid has as ends: what is asked about them is read there."""


@dataclass(frozen=True)
class Grid:
    """Ends of the hazard intervals in days from the due date; the first is the last day that is not late.

    Raises UsageError for ends that do not ascend.
    """

    ends: tuple[int, ...] = (0, 3, 7, 15, 30, 60, 90, 180)

    def __post_init__(self) -> None:
        """Holds the ends to their order."""
        if not self.ends or any(end >= after for end, after in pairwise(self.ends)):
            raise UsageError(
                f"the interval ends are {', '.join(map(str, self.ends)) or 'none'}; each must lie after the one before",
                "give them in days after the due date, ascending",
            )

    @classmethod
    def with_grace(cls, grace_days: int, later_ends: Sequence[int] | None = None) -> "Grid":
        """The grid whose first interval ends with the grace days; of ``later_ends`` (default: the default grid's) those after.

        Raises UsageError if the ends do not ascend, if one of ``HORIZON_ENDS`` after the grace days is not among them, and
        if none lies after the grace days.
        """
        given = cls().ends[1:] if later_ends is None else tuple(later_ends)
        lacking = [end for end in HORIZON_ENDS if end > grace_days and end not in given]
        if lacking:
            raise UsageError(
                f"the interval ends {', '.join(map(str, given))} lack {' and '.join(map(str, lacking))}",
                f"{', '.join(map(str, HORIZON_ENDS))} days after the due date must be among them: late_30 and its kin are read there",
            )
        after = tuple(end for end in cls(given).ends if end > grace_days)
        if not after:
            raise UsageError(
                f"the interval ends {', '.join(map(str, given))} all lie within the {grace_days} grace days",
                "add an end after the grace days",
            )
        return cls((grace_days, *after))


def landmarks(states: pl.DataFrame, before: date, days: Sequence[int] = LANDMARK_DAYS) -> pl.DataFrame:
    """Questions about items, each asked before the day ``before`` while the item was known to be open.

    ``states`` as ``item_states``. Columns: the item's key, as_of, due_date (as known then) and
    ``at_issue``. An item is asked at its issue day, and so many ``days`` from its due date if it was known to be
    open at the end of the day before.
    """
    first = states.group_by(_KEY, maintain_order=True).first()
    at_issue = first.select(*_KEY, "due_date", as_of="issue_date", at_issue=pl.lit(value=True))
    spans = states.with_columns(end=pl.col("known_on").shift(-1).over(_KEY)).filter(~pl.col("settled"))
    later = (_asked_on(spans, day).join(at_issue, on=[*_KEY, "as_of"], how="anti") for day in days)
    asked = pl.concat([at_issue, *later])
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
    at = _days_from_due(pl.col("as_of")).cast(pl.Int32)
    return intervals_from(asked.with_columns(at=at), grid).drop("at")


def intervals_from(asked: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """As ``intervals``, of questions asked ``at`` so many days (Int32) from the due date."""
    shape = pl.DataFrame(
        {"interval": range(len(grid.ends)), "interval_end": grid.ends, "before": (None, *grid.ends[:-1])},
        schema={"interval": pl.Int32, "interval_end": pl.Int32, "before": pl.Int32},
    )
    rows = asked.join(shape, how="cross", maintain_order="left_right")
    return (
        rows.filter(pl.col("interval_end") >= pl.col("at"))
        .with_columns(
            interval_start=pl.max_horizontal("at", "before"),
            first=pl.col("before").is_null() | (pl.col("before") < pl.col("at")),
        )
        .with_columns(interval_days=pl.col("interval_end") - pl.col("interval_start"))
        .drop("before")
    )


def person_period(asked: pl.DataFrame, items: pl.DataFrame, grid: Grid, before: date, lag_days: int) -> pl.DataFrame:
    """``intervals`` of questions that were decided before the day ``before``, with ``paid``.

    ``items`` as ``open_items.latest`` of what is known: settled_on and settled_by per item. A credit
    note, write-off or mixed settlement ends the item's rows before its interval (competing event).
    ``lag_days``: posting lag within which a payment of the interval's last day has become known.
    """
    outcome = items.select(*_KEY, "settled_on", cash=pl.col("settled_by") == "cash")
    rows = intervals(asked.join(outcome, on=_KEY, how="left", maintain_order="left"), grid)
    told = rows.with_columns(
        days_late=_days_from_due(pl.col("settled_on")),
        known_days=_days_from_due(pl.lit(before)) - lag_days - 1,
    )
    return decided(told).drop("settled_on")


def decided(rows: pl.DataFrame) -> pl.DataFrame:
    """Those of the ``intervals`` of questions that count, with ``paid``; the columns of the outcome leave.

    These are, in days from the due date: days_late (of the settlement, null for an open item), cash (whether that was
    in cash; otherwise the rows end before its interval) and known_days (up to which the outcome is known).
    """
    gone = pl.col("days_late").is_not_null()
    by_end = gone & (pl.col("days_late") <= pl.col("interval_end"))
    reached = pl.col("first") | ~gone | (pl.col("days_late") > pl.col("interval_start"))
    competing = by_end & ~pl.col("cash")
    known = pl.col("interval_end") <= pl.col("known_days")
    return (
        rows.filter(known & reached & ~competing.fill_null(value=False))
        .with_columns(paid=(by_end & pl.col("cash")).fill_null(value=False))
        .drop("days_late", "cash", "known_days")
    )


def _days_from_due(day: pl.Expr) -> pl.Expr:
    return (day - pl.col("due_date")).dt.total_days()


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
