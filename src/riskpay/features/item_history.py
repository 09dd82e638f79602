"""Every item of a ledger by number: the versions of its document with their value, and its states as they became known."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from riskpay.features.bank_days import due_marks
from riskpay.features.catalogue import FeatureSettings
from riskpay.ledger.fx import with_rate_home
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import document_versions, states_of
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

AMOUNT_BREAKS: Final = tuple(2.0**power for power in range(41))
"""Edges of the classes of like amounts, in major units of the company's currency."""


@dataclass(frozen=True)
class ItemHistory:
    """``customers``: customer key and number. ``items``: item key and number, a row an item in the order of numbers.

    ``versions``: a row a document version, ordered by item and known_on: item, customer (its number), known_on, made
    (day the item's first version became known), issue_date, due_date, currency's ``rate`` and ``units``, amount (minor
    units), value (major units of the company's currency), terms_days, due_weekday (0 = Monday), amount_class, due_roll,
    country (of the company), ``mark``, the row of ``marks`` that tells of its due date, and ``content``, which changes
    with anything that a settlement is measured by. ``marks``: as ``bank_days.due_marks``.
    ``states``: a row an item and day, in that order: item, version (row of ``versions``), known_on, open_amount,
    settled, settled_on, settled_by, reopened, as ``settlement.states_of``.
    """

    customers: pl.DataFrame
    items: pl.DataFrame
    versions: pl.DataFrame
    marks: pl.DataFrame
    states: pl.DataFrame

    def open_values(self, states: pl.DataFrame) -> pl.Series:
        """Open amounts of some states in major units of the company's currency."""
        rate = self.versions.select("rate", "units")[states["version"]]
        return states["open_amount"] * rate["rate"] / rate["units"]


def item_history(
    ledger: Ledger, settings: FeatureSettings, customers: pl.DataFrame | None = None, other: int | None = None
) -> ItemHistory:
    """All items of a ledger, all days of it.

    ``customers``: company_id, customer_id and number, where they have numbers already; the rest then get the number
    ``other``, by default the one after the last.
    """
    documents = document_versions(ledger)
    first = (documents["item"] != documents["item"].shift(1)).fill_null(value=True)
    numbers = customers if customers is not None else _numbers(documents)
    valued = _valued(documents, ledger, numbers, numbers.height if other is None else other)
    marks = due_marks(valued.select("country", "due_date").unique(maintain_order=True))
    return ItemHistory(
        customers=numbers,
        items=documents.filter(first).select(*ITEM_KEY, "item"),
        versions=_marked(valued, marks),
        marks=marks,
        states=states_of(documents, ledger, settings.tolerance),
    )


def _numbers(documents: pl.DataFrame) -> pl.DataFrame:
    return documents.select(CUSTOMER_KEY).unique().sort(CUSTOMER_KEY).with_row_index("customer")


def _valued(documents: pl.DataFrame, ledger: Ledger, numbers: pl.DataFrame, other: int) -> pl.DataFrame:
    """The rate is the last one on or before the issue day, or before the day the document became known if that was
    earlier; without one, one for one.
    """
    begins = (pl.col("item") != pl.col("item").shift(1)).fill_null(value=True)
    made = pl.when(begins).then("known_on").forward_fill()
    dated = documents.with_columns(made=made).with_columns(rate_day=pl.min_horizontal("issue_date", "made"))
    rated = with_rate_home(dated, ledger, "rate_day").join(
        numbers.with_columns(pl.col("customer").cast(pl.Int64)), on=CUSTOMER_KEY, how="left", maintain_order="left"
    )
    places = ledger.companies.select("company_id", "country")
    valued = rated.join(places, on="company_id", how="left", maintain_order="left").with_columns(
        pl.col("customer").fill_null(other),
        value=pl.col("amount") * pl.col("rate") / pl.col("units"),
        terms_days=(pl.col("due_date") - pl.col("issue_date")).dt.total_days(),
        due_weekday=pl.col("due_date").dt.weekday().cast(pl.Int32) - 1,
    )
    measured = ("item", "customer", "issue_date", "due_date", "value")
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in measured)
    return valued.select(
        "item",
        "customer",
        "known_on",
        "made",
        "issue_date",
        "due_date",
        "rate",
        "units",
        "amount",
        "value",
        "terms_days",
        "due_weekday",
        amount_class(pl.col("value")).alias("amount_class"),
        "country",
        content=changed.cum_sum(),
    )


def _marked(valued: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    numbered = marks.select("country", "due_date", "due_roll").with_row_index("mark")
    return valued.join(numbered, on=["country", "due_date"], how="left", nulls_equal=True, maintain_order="left")


def amount_class(value: pl.Expr) -> pl.Expr:
    """Index of the class of like amounts that a value falls into; each class spans a doubling."""
    breaks = pl.Series(AMOUNT_BREAKS)
    return value.map_batches(lambda s: breaks.search_sorted(s, side="right").cast(pl.Int32), return_dtype=pl.Int32)
