"""The same features from a part of the customers at a time: what each part needs, and what it gives to the others.

A feature looks at one customer's facts, and at the portfolio: settlements of all customers added up by day. So there are
two rounds over the parts. The first gathers each part's items and gives its settlements by day; added together they are
the portfolio, small enough to hand to every part. The second answers the part's questions. Nothing here reads or writes.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.disputes import DisputeFacts
from riskpay.features.histories import QUESTION_KEY, Facts, answered, assemble
from riskpay.features.item_history import ItemHistory, item_history
from riskpay.features.lines import BY_DAY, OF_PORTFOLIO, by_day
from riskpay.features.settlements import settlements
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import begins_item

OTHERS: Final = -1
"""The number of customers of other parts."""

When = Literal["issue"] | date
"""Which questions: every item at its issue date, or every item open on a day."""


def history_of(ledger: Ledger, own: pl.DataFrame, settings: FeatureSettings) -> ItemHistory:
    """The items of a part; ``own`` has the customers (company_id, customer_id) that are its own."""
    return item_history(ledger, settings, own.with_row_index("customer"), OTHERS)


def portfolio_of(history: ItemHistory, settings: FeatureSettings) -> pl.DataFrame:
    """What the part adds to the portfolio (``lines.by_day``)."""
    return by_day(_settled(history, settings))


def added(portfolios: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The portfolio of all parts."""
    return pl.concat(portfolios).group_by(BY_DAY).agg(pl.col(OF_PORTFOLIO).sum()).sort(BY_DAY)


def questions_of(history: ItemHistory, when: When) -> pl.DataFrame:
    """Questions (item, as_of): every item at its issue date, or every item known and not settled by the end of a day."""
    if when == "issue":
        return history.versions.filter(begins_item()).select("item", as_of="issue_date")
    by_then = history.states.filter(pl.col("known_on") <= when)
    last = (pl.col("item") != pl.col("item").shift(-1)).fill_null(value=True)
    return by_then.filter(last & ~pl.col("settled")).select("item", as_of=pl.lit(when, pl.Date))


def part_features(
    history: ItemHistory,
    portfolio: pl.DataFrame,
    asked: pl.DataFrame,
    settings: FeatureSettings,
    cut: Cut,
    disputes: DisputeFacts | None = None,
) -> pl.DataFrame:
    """The question's key and features, for questions (item, as_of) of which the item is the part's own by then."""
    known = assemble(history, _settled(history, settings), portfolio, settings, cut, disputes)
    return answered_by_key(known, asked)


def answered_by_key(known: Facts, asked: pl.DataFrame) -> pl.DataFrame:
    """As ``histories.answered``, with the question's key in place of its row."""
    found = answered(known, asked)
    key = known.items.items.drop("item")[asked["item"][found["row"]]]
    as_of = asked["as_of"][found["row"]]
    return pl.concat([key.with_columns(as_of=as_of).select(QUESTION_KEY), found.drop("row")], how="horizontal")


def _settled(history: ItemHistory, settings: FeatureSettings) -> pl.DataFrame:
    return settlements(history, settings.grace_days).filter(pl.col("customer") != OTHERS)
