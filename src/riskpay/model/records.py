"""Classes of questions that models are judged and corrected in: how much is known of the customer, and when it is asked."""

from typing import Final

import polars as pl

RECORDS: Final = ("new", "reliable", "occasional", "habitual")
"""By the customer's settled items and shrunk late share as known at as_of, at the usual limits of segments."""
MOMENTS: Final = ("early", "near", "overdue")
"""By the days to the due date at as_of: more than a week, up to a week, past it."""

NEW_BELOW: Final = 3
_OCCASIONAL, _HABITUAL = 0.2, 0.5
_NEAR_DAYS = 7


def record() -> pl.Expr:
    """Index into RECORDS, of columns settled_count and late_share."""
    share = pl.col("late_share").fill_null(0.0)
    by_share = pl.when(share < _OCCASIONAL).then(1).when(share < _HABITUAL).then(2).otherwise(3)
    return pl.when(pl.col("settled_count").fill_null(0) < NEW_BELOW).then(0).otherwise(by_share)


def moment() -> pl.Expr:
    """Index into MOMENTS, of column at (days from the due date to as_of)."""
    return pl.when(pl.col("at") < -_NEAR_DAYS).then(0).when(pl.col("at") <= 0).then(1).otherwise(2)
