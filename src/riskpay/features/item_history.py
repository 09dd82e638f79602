"""Every item of a ledger by number: the versions of its document with their value, and its states as they became known."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from riskpay.features.bank_days import business_days_between, due_marks
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.places import with_country
from riskpay.ledger.fx import in_major, with_rate_home
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import begins_item, document_versions, states_of
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

AMOUNT_BREAKS: Final = tuple(2.0**power for power in range(41))
"""Edges of the classes of like amounts, in major units of the company's currency."""


LIKE_BREAKS: Final = tuple(2.0 ** (third / 3) for third in range(121))
"""Edges of narrower classes, three to a doubling."""

TERMS_EDGES: Final = (1, 8, 13, 18, 25, 36, 51)
"""Terms (days) at which classes of like terms begin."""


@dataclass(frozen=True)
class ItemHistory:
    """``customers``: customer key and number. ``amounts``: customer, value and the number of that pair (same_amount).
    ``items``: item key and number, a row an item in the order of numbers.

    ``versions``: a row a document version, ordered by item and known_on: item, customer (its number), known_on, made
    (day the item's first version became known), issue_date, due_date, currency's ``rate`` and ``units``, amount (minor
    units), value (major units of the company's currency), value_log (its log10), terms_days, due_weekday (0 = Monday),
    bank_days_in_terms, due_roll, due_kind, classes of like items (amount_class, like_amount, same_amount, terms_class),
    country (whose bank holidays count: ``places``), ``mark``, the row of ``marks`` that tells of its due date, and
    ``content``, which changes
    with anything that a settlement is measured by. ``marks``: as ``bank_days.due_marks``.
    ``states``: a row an item and day, in that order: item, version (row of ``versions``), known_on, open_amount,
    settled, settled_on, settled_by, reopened, as ``settlement.states_of``.
    """

    customers: pl.DataFrame
    amounts: pl.DataFrame
    items: pl.DataFrame
    versions: pl.DataFrame
    marks: pl.DataFrame
    states: pl.DataFrame

    def open_values(self, states: pl.DataFrame) -> pl.Series:
        """Open amounts of some states in major units of the company's currency."""
        rate = self.versions.select("rate", "units")[states["version"]]
        return rate.with_columns(states["open_amount"]).select(in_major(pl.col("open_amount"))).to_series()


def item_history(
    ledger: Ledger,
    settings: FeatureSettings,
    customers: pl.DataFrame | None = None,
    other: int | None = None,
    amounts: pl.DataFrame | None = None,
) -> ItemHistory:
    """All items of a ledger, all days of it.

    ``customers``: company_id, customer_id and number, where they have numbers already; the rest then get the number
    ``other``, by default the one after the last. ``amounts``: numbers of same amounts, where they have them; -1 then
    for the rest.
    """
    documents = document_versions(ledger)
    numbers = customers if customers is not None else _numbers(documents)
    valued = _valued(documents, ledger, numbers, numbers.height if other is None else other)
    same = ["customer", "value"]
    if amounts is None:
        own = amounts = valued.select(same).unique(maintain_order=True).with_row_index("same_amount")
    else:
        own = amounts.filter(pl.col("customer").is_in(valued["customer"].unique().implode()))
    valued = valued.join(own, on=same, how="left", maintain_order="left").with_columns(
        pl.col("same_amount").cast(pl.Int64).fill_null(-1)
    )
    marks = due_marks(valued.select("country", "due_date").unique(maintain_order=True))
    return ItemHistory(
        customers=numbers,
        amounts=amounts,
        items=documents.filter(begins_item()).select(*ITEM_KEY, "item"),
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
    made = pl.when(begins_item()).then("known_on").forward_fill()
    dated = documents.with_columns(made=made).with_columns(rate_day=pl.min_horizontal("issue_date", "made"))
    rated = with_rate_home(dated, ledger, "rate_day").join(
        numbers.with_columns(pl.col("customer").cast(pl.Int64)), on=CUSTOMER_KEY, how="left", maintain_order="left"
    )
    valued = with_country(rated, ledger, "rate_day").with_columns(
        pl.col("customer").fill_null(other),
        value=in_major(pl.col("amount")),
        terms_days=(pl.col("due_date") - pl.col("issue_date")).dt.total_days(),
        due_weekday=pl.col("due_date").dt.weekday().cast(pl.Int32) - 1,
    )
    valued = valued.with_columns(bank_days_in_terms=business_days_between(valued))
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
        "bank_days_in_terms",
        _class(pl.col("value"), AMOUNT_BREAKS).alias("amount_class"),
        _class(pl.col("value"), LIKE_BREAKS).alias("like_amount"),
        pl.sum_horizontal((pl.col("terms_days") >= edge).cast(pl.Int32) for edge in TERMS_EDGES).alias("terms_class"),
        log_money(pl.col("value")).alias("value_log"),
        "country",
        content=changed.cum_sum(),
    )


def _marked(valued: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    numbered = marks.select("country", "due_date", "due_roll", "due_kind").with_row_index("mark")
    return valued.join(numbered, on=["country", "due_date"], how="left", nulls_equal=True, maintain_order="left")


def log_money(value: pl.Expr) -> pl.Expr:
    """log10 of money, of a hundredth at least."""
    return value.clip(lower_bound=0.01).log(10)


def _class(value: pl.Expr, breaks: tuple[float, ...]) -> pl.Expr:
    """How many of the breaks a value has reached."""
    edges = pl.Series(breaks)
    return value.map_batches(lambda s: edges.search_sorted(s, side="right").cast(pl.Int32), return_dtype=pl.Int32)
