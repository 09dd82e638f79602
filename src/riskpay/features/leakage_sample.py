"""Which questions a check for leakage asks: items at their issue and later, on days drawn at random."""

from math import ceil
from typing import Final

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

DAYS: Final = 40
"""Distinct days in a sample, more where they hold too few items: each costs two computations of all features."""


def sample_questions(ledger: Ledger, pairs: int, seed: int, days: int = DAYS) -> pl.DataFrame:
    """Up to ``pairs`` questions (company_id, invoice_id, instalment, as_of), the same ones for the same ``seed``.

    On each day, up to half are items issued then, one a customer; the others were issued before, paid or not.
    """
    first = ledger.invoices.filter(document_type="invoice").sort("known_on", *ITEM_KEY)
    items = first.group_by(ITEM_KEY, maintain_order=True).first().sample(fraction=1.0, shuffle=True, seed=seed)
    on = items["issue_date"].unique().sort().sample(fraction=1.0, shuffle=True, seed=seed)
    quota = ceil(pairs / max(1, min(days, on.len())))
    parts, left = [items.select(*ITEM_KEY, as_of="issue_date").clear()], pairs
    for day in on:
        if left <= 0:
            break
        issued = items.filter(issue_date=day).unique(CUSTOMER_KEY, keep="first", maintain_order=True).head(quota // 2)
        before = items.filter(pl.col("issue_date") < day)
        older = before.sample(min(before.height, quota), seed=day.toordinal())
        asked = pl.concat([issued, older]).head(min(quota, left)).select(*ITEM_KEY, as_of=pl.lit(day))
        parts.append(asked)
        left -= asked.height
    return pl.concat(parts).sort("as_of", *ITEM_KEY)
