"""Effective due dates: due dates that roll off weekends and bank holidays of the legal entity that is owed."""

from collections.abc import Mapping

import polars as pl

from riskpay.ledger.open_items import Roll

Rolls = Mapping[str, Roll]
"""What moves a due date to the effective one, by company_id: each has the holidays of its own country."""


def with_effective_due_date(items: pl.DataFrame, rolls: Rolls) -> pl.DataFrame:
    """``items`` (company_id, due_date) in their order with ``effective_due_date``; of a company not in ``rolls``
    it is the due date itself.
    """
    days = items.select("company_id", "due_date").unique()
    moved = [rolls[company](day) if company in rolls else day for company, day in days.iter_rows()]
    effective = days.with_columns(effective_due_date=pl.Series(moved, dtype=pl.Date))
    return items.drop("effective_due_date", strict=False).join(
        effective, on=["company_id", "due_date"], how="left", maintain_order="left"
    )
