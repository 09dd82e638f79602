"""What is known of customers and of everybody as timelines: made from dated rows, and from the rows that come later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, TypeVar

import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import LATE_DAYS, FeatureSettings
from riskpay.features.decay import Decayed
from riskpay.features.last_paid import LastPaid
from riskpay.features.open_book import book_changes, overdue_spells
from riskpay.features.settlements import CORE, SUMS, UPTO, overcounted
from riskpay.features.timeline import SUB_GROUPS, Reached, Timeline, exact

WINDOWS: Final = (30, 90, 180, 365)
"""Days of a customer's windows."""

_TERMS = pl.col("terms_days").clip(-(2**16), 2**16 - 1) + 2**16
WEEKDAY: Final = pl.col("due_weekday")
_KIND_TERMS = pl.col("due_kind") * 2**3 + pl.col("terms_class")
GROUPS: Final = {
    "tm_": _TERMS,
    "am_": pl.col("amount_class"),
    "rl_": pl.col("due_roll"),
    "wt_": WEEKDAY * 2**17 + _TERMS,
    "wa_": WEEKDAY * 2**6 + pl.col("amount_class"),
    "kd_": pl.col("due_kind"),
    "la_": pl.col("like_amount"),
    "kt_": _KIND_TERMS,
}
"""Like items of a customer: sub-groups whose record is taken apart, by prefix."""

CUSTOMER: Final = pl.col("customer").cast(pl.Int64)
KIND: Final = CUSTOMER * 2**6 + _KIND_TERMS
"""Items of a customer due on the same kind of day, with like terms."""

OF_PORTFOLIO: Final = (
    *CORE,
    *(f"late_{days}" for days in LATE_DAYS),
    *UPTO,
    "late_value",
    "value",
    "held",
    "held_sq",
    "late_effective",
)

Key = TypeVar("Key", int, str)

BY_DAY: Final = ("day", "since", "due_weekday", "due_kind")


def of_customer(sub: pl.Expr) -> pl.Expr:
    """Number of a customer's sub-group."""
    return CUSTOMER * SUB_GROUPS + sub


def by_day(settled: pl.DataFrame) -> pl.DataFrame:
    """``settlements`` of all customers added up by ``BY_DAY``: what the portfolio's sums come from."""
    return settled.select(*BY_DAY, *exact(settled, OF_PORTFOLIO)).group_by(BY_DAY).agg(pl.col(OF_PORTFOLIO).sum())


@dataclass(frozen=True)
class Windowed:
    """A timeline of settlements, with what windows of it count too much where something was changed later."""

    line: Timeline
    over: dict[int, Timeline]

    @classmethod
    def of(cls, settled: pl.DataFrame, group: pl.Expr | str, sums: Sequence[str], windows: Sequence[int]) -> "Windowed":
        """``settled`` as ``settlements``; ``windows`` in days."""
        changed = settled.filter(pl.col("day") != pl.col("since"))
        over = {days: Timeline.of(overcounted(changed, days), group, CORE) for days in windows if changed.height}
        return cls(Timeline.of(settled, group, sums), over)

    def plus(self, later: "Windowed") -> "Windowed":
        """With later settlements."""
        return Windowed(self.line.plus(later.line), _both(self.over, later.over))

    def at(self, moments: pl.Series) -> "WindowsReached":
        """The rows that the moments reach."""
        return WindowsReached(self, self.line.at(moments))


@dataclass(frozen=True)
class WindowsReached:
    """Moments asked of a timeline of settlements."""

    settled: Windowed
    reached: Reached

    def whole(self, names: Sequence[str], prefix: str) -> pl.DataFrame:
        """Sums of all days up to each moment."""
        return self.reached.whole(names, prefix)

    def window(self, days: int, prefix: str) -> pl.DataFrame:
        """``CORE`` sums of what became known to be settled in the last so many days."""
        within = self.reached.since(days, CORE, prefix)
        over = self.settled.over.get(days)
        if over is None:
            return within
        more = over.whole(self.reached.moments, CORE, prefix)
        return within.select(pl.col(name) + more[name] for name in within.columns)


@dataclass(frozen=True)
class Lines:
    """Timelines of customers' settlements, open books and documents by customer number, and of everybody's settlements."""

    settled: Windowed
    decayed: Decayed
    decayed_kind: Decayed
    same_amount: Timeline
    overdue_kind: Timeline
    last_paid: LastPaid
    groups: dict[str, Timeline]
    weekday: Windowed
    portfolio: Windowed
    portfolio_weekday: Windowed
    portfolio_kind: Windowed
    book: Timeline
    overdue: Timeline
    documents: Timeline

    @classmethod
    def of(
        cls,
        settled: pl.DataFrame,
        portfolio: pl.DataFrame,
        spells: pl.DataFrame,
        documents: pl.DataFrame,
        settings: FeatureSettings,
        cut: Cut,
    ) -> "Lines":
        """From ``settlements``, what all customers' ones are ``by_day``, ``open_spells``, and documents first issued.

        ``documents``: customer, known_on, and n, 1 for each. Rows to be taken out are negative ones.
        """
        # With cut "start" the last fact day lies a day before as_of, on which the item is already overdue.
        overdue = overdue_spells(spells, 0 if cut == "start" else 1)
        # What is paid in time may become known a few days later.
        posted = overdue_spells(spells, settings.posting_lag_days + (0 if cut == "start" else 1))
        return cls(
            settled=Windowed.of(settled, "customer", SUMS, WINDOWS),
            decayed=Decayed.of(settled, settings.half_life_days, CUSTOMER),
            decayed_kind=Decayed.of(settled, settings.half_life_days, KIND),
            same_amount=Timeline.of(settled, "same_amount", CORE),
            overdue_kind=Timeline.of(
                book_changes(posted, "overdue", "due_kind", "terms_class"), KIND, ("overdue_count",)
            ),
            last_paid=LastPaid.of(settled),
            groups={prefix: Timeline.of(settled, of_customer(group), CORE) for prefix, group in GROUPS.items()},
            weekday=Windowed.of(settled, of_customer(WEEKDAY), (*CORE, *UPTO), (90,)),
            portfolio=Windowed.of(portfolio, pl.lit(0), OF_PORTFOLIO, (30, 90, 365)),
            portfolio_weekday=Windowed.of(portfolio, "due_weekday", CORE, (365,)),
            portfolio_kind=Windowed.of(portfolio, "due_kind", CORE, (365,)),
            book=Timeline.of(book_changes(spells, "open"), "customer", ("open_count", "open_value")),
            overdue=Timeline.of(book_changes(overdue, "overdue"), "customer", ("overdue_count", "overdue_value")),
            documents=Timeline.of(documents, "customer", ("n",), "known_on"),
        )

    def plus(self, later: "Lines") -> "Lines":
        """With rows that came, or were taken back, later: sums are those of all rows together, to the last bit."""
        more = {f.name: getattr(self, f.name).plus(getattr(later, f.name)) for f in fields(self) if f.name != "groups"}
        return Lines(**more, groups=_both(self.groups, later.groups))


def _both(lines: Mapping[Key, Timeline], later: Mapping[Key, Timeline]) -> dict[Key, Timeline]:
    found = {key: line.plus(later[key]) if key in later else line for key, line in lines.items()}
    return {**found, **{key: line for key, line in later.items() if key not in lines}}
