"""What a customer has open and overdue, as dated rows that add up, and its oldest open due date on any day."""

from dataclasses import dataclass, replace

import polars as pl

from riskpay.features.item_history import ItemHistory
from riskpay.features.open_dates import NEVER, OpenDates
from riskpay.features.timeline import changes, group_of, moment


def open_spells(history: ItemHistory, sign: int = 1) -> pl.DataFrame:
    """Spans of days in which an item was known to be open with one amount and due date.

    Columns: item, customer (their numbers), due_date, due_kind, terms_class, open_value, first (day it became so known),
    end (day that changed it, null: still so) and ``sign``, -1 for spans that are to be taken out of others. A span
    holds from ``first`` up to but not including ``end``. Items of no customer that has a number here are left out.
    """
    end = pl.when(pl.col("item") == pl.col("item").shift(-1)).then(pl.col("known_on").shift(-1))
    spans = history.states.select("item", "version", "open_amount", "settled", first="known_on", end=end)
    still = spans.filter(~pl.col("settled"))
    document = history.versions.select("customer", "due_date", "due_kind", "terms_class")[still["version"]]
    return document.with_columns(
        still["item"],
        still["first"],
        still["end"],
        open_value=history.open_values(still),
        sign=pl.lit(sign, pl.Int32),
    ).filter(pl.col("customer") >= 0)


def overdue_spells(spells: pl.DataFrame, first_overdue_day: int) -> pl.DataFrame:
    """The part of each open span that lies past the due date, empty ones left out.

    ``first_overdue_day``: days from the due date to the first day, counted as ``first`` is, that
    finds the item overdue (1 where facts of as_of itself count, 0 where they do not).
    """
    turned = pl.col("due_date") + pl.duration(days=first_overdue_day)
    late = spells.with_columns(first=pl.max_horizontal("first", turned))
    return late.filter(pl.col("end").is_null() | (pl.col("first") < pl.col("end")))


def book_changes(spells: pl.DataFrame, prefix: str, *more: str) -> pl.DataFrame:
    """Rows that add up to the number and value of spans that hold on a day.

    Columns: customer, ``more``, day, ``<prefix>_count`` and ``<prefix>_value``.
    """
    names = {f"{prefix}_count": pl.col("sign"), f"{prefix}_value": pl.col("open_value") * pl.col("sign")}
    return changes(spells.select("customer", *more, "first", "end", **names), tuple(names))


@dataclass(frozen=True)
class OldestDue:
    """The earliest due date of a customer's open items, as of any day.

    Of items known by their due date: in order of due date, an item whose span ends no later than that of one before
    it is never the oldest while open. The others, by the latest end so far, are in order of due date and of end at
    once, so the oldest one on a day is the first that ends after it. Items known only after their due date, such as
    re-opened ones, are few and are followed day by day.

    Records do not add up: those of ``customers`` (numbers) with later facts are made anew, in ``anew``.
    """

    records: pl.Series
    due: pl.Series
    late_known: OpenDates
    customers: pl.Series | None = None
    anew: "OldestDue | None" = None

    @classmethod
    def of(cls, spells: pl.DataFrame) -> "OldestDue":
        """From ``open_spells``, none of them negative, an item's own side by side and in order."""
        spells = _lasting(spells)
        late_known = pl.col("first") > pl.col("due_date")
        ordered = spells.filter(~late_known).select(
            "due_date",
            at=moment("customer", "due_date"),
            until=moment("customer", pl.col("end").fill_null(NEVER)),
        )
        # Ends grow with the customer's number, so the latest end so far is the customer's own from its first row on.
        ordered = ordered.sort("at").with_columns(reached=pl.col("until").cum_max())
        records = ordered.filter((pl.col("reached") > pl.col("reached").shift(1)).fill_null(value=True))
        late = OpenDates.of(spells.filter(late_known), "customer", "due_date", "earliest")
        return cls(records["reached"], records["due_date"], late)

    def with_anew(self, customers: pl.Series, spells: pl.DataFrame) -> "OldestDue":
        """With the records of some customers made anew from all their ``spells``."""
        return replace(self, customers=customers, anew=OldestDue.of(spells))

    def at(self, moments: pl.Series) -> pl.Series:
        """The oldest due date among items open at the end of each moment's day, null where none is.

        Where it lies on or after as_of nothing is past due; an item not yet known then may be counted.
        """
        row = self.records.search_sorted(moments, side="right")
        plain = _gather(self.due, row, _same_group(self.records, row, moments))
        other = self.late_known.at(moments)
        if self.anew is None or self.customers is None:
            return pl.select(pl.min_horizontal(plain, other)).to_series()
        theirs = group_of(moments).is_in(self.customers.implode())
        return pl.select(
            pl.when(theirs).then(self.anew.at(moments)).otherwise(pl.min_horizontal(plain, other))
        ).to_series()


def _lasting(spells: pl.DataFrame) -> pl.DataFrame:
    """Spans in which an item was open with one due date, whatever of its amount was open."""
    alike = (pl.col(name) == pl.col(name).shift(1) for name in ("item", "customer", "due_date"))
    goes_on = pl.all_horizontal(*alike, pl.col("first") == pl.col("end").shift(1)).fill_null(value=False)
    begins = spells.select(~goes_on).to_series()
    ends = begins.shift(-1, fill_value=True)
    return spells.filter(begins).with_columns(spells.filter(ends)["end"])


def _same_group(records: pl.Series, rows: pl.Series, moments: pl.Series) -> pl.Series:
    there = rows < records.len()
    found = _gather(records, rows.clip(upper_bound=max(0, records.len() - 1)), there)
    return (group_of(found) == group_of(moments)).fill_null(value=False)


def _gather(values: pl.Series, rows: pl.Series, where: pl.Series) -> pl.Series:
    """``values`` at the rows where that is true, null elsewhere."""
    if values.is_empty():
        return pl.Series([None], dtype=values.dtype).new_from_index(0, rows.len())
    safe = rows.clip(upper_bound=values.len() - 1)
    return pl.select(pl.when(where).then(values.gather(safe))).to_series()
