"""Which questions a check for leakage asks: items at their issue and later, on days of the whole period."""

from collections.abc import Iterator
from datetime import date
from math import ceil
from typing import Final

import polars as pl

from riskpay.features.leakage_answers import QUESTION, key_of
from riskpay.features.leakage_ledgers import first_documents
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

_DAYS: Final = 20
_PAIRS_A_DAY: Final = 500
"""Distinct days in a sample, more for many pairs or where they hold too few items: each costs two computations."""


def sample_questions(
    ledger: Ledger, pairs: int, seed: int, days: int | None = None, rows: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Up to ``pairs`` questions (company_id, invoice_id, instalment, as_of), the same ones for the same ``seed``.

    The first ``days`` days (20, or one for 500 pairs) lie evenly among all issue days and the days after the last one on
    which a fact about an item became known. On each, up to half of the questions are of items issued
    then, one a customer and of at most half of the customers: the documents of the others are later facts. The
    rest are of items issued before, paid or not, half of them items of which something was yet to come if there are so many. ``rows``, a frame of a feature
    function with as_of, limits the questions to those that it answers.
    """
    items = _items(ledger).sample(fraction=1.0, shuffle=True, seed=seed)
    answered = None if rows is None else _answered(items, rows)
    on = _days(items) if answered is None else answered["as_of"].unique().sort()
    days = days or max(_DAYS, pairs // _PAIRS_A_DAY)
    quota = ceil(pairs / max(1, min(days, on.len())))
    parts, left = [items.select(*ITEM_KEY, as_of="issue_date").clear()], pairs
    for day in _spread(on, days, seed):
        if left <= 0:
            break
        there = items.filter(pl.col("issue_date") <= day) if answered is None else answered.filter(as_of=day)
        asked = _of_day(there, day, min(quota, left)).select(*ITEM_KEY, as_of=pl.lit(day))
        parts.append(asked)
        left -= asked.height
    return pl.concat(parts).sort(QUESTION[-1], *ITEM_KEY)


def _items(ledger: Ledger) -> pl.DataFrame:
    """The first document of each invoice's items, and the day ``news`` of the last fact about it."""
    facts = [getattr(ledger, name).select(*ITEM_KEY, "known_on") for name in ("invoices", "allocations", "write_offs")]
    news = pl.concat(facts).group_by(ITEM_KEY).agg(news=pl.col("known_on").max())
    first = first_documents(ledger.invoices.filter(document_type="invoice"))
    return first.join(news, on=list(ITEM_KEY), how="left", maintain_order="left")


def _days(items: pl.DataFrame) -> pl.Series:
    issued = items["issue_date"].unique()
    return pl.concat([issued, items.filter(pl.col("news") > issued.max())["news"].unique()]).sort()


def _answered(items: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Items and as_of that a frame has a row for; one item, issued by then, where a row is a customer's."""
    on = key_of(rows)
    found = items.join(rows.select(on).unique(), on=on[:-1], how="inner", maintain_order="left")
    if "invoice_id" in on:
        return found
    by_then = found.filter(pl.col("issue_date") < pl.col("as_of"))
    return by_then.unique([*CUSTOMER_KEY, "as_of"], keep="first", maintain_order=True)


def _spread(on: pl.Series, days: int, seed: int) -> Iterator[date]:
    """All of the days: first one out of each of ``days`` stretches of equal length, then the others as drawn."""
    stretch = pl.int_range(on.len(), eager=True) * days // max(1, on.len())
    drawn = pl.DataFrame({"day": on, "stretch": stretch}).sample(fraction=1.0, shuffle=True, seed=seed)
    ordered = drawn.with_columns(turn=pl.int_range(pl.len()).over("stretch").clip(upper_bound=1))
    yield from ordered.sort("turn", maintain_order=True)["day"]


def _of_day(there: pl.DataFrame, day: date, count: int) -> pl.DataFrame:
    new = there.filter(pl.col("issue_date") >= day).unique(CUSTOMER_KEY, keep="first", maintain_order=True)
    old = there.filter(pl.col("issue_date") < day)
    issued = new.head(min(ceil(new.height / 2), max(count // 2, count - old.height)))
    left = count - issued.height
    to_come = old.filter(pl.col("news") >= day).head(ceil(left / 2))
    others = old.join(to_come, on=list(ITEM_KEY), how="anti", maintain_order="left").head(left - to_come.height)
    return pl.concat([issued, to_come, others])
