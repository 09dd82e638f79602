"""Numbers of payments and allocations that were told more than once: ``P``, then ``P~v2``, then ``P~v3``."""

import polars as pl

from riskpay.ledger.tables import OWN_REVERSALS

_AGAIN = r"~v\d+$"


def base_id(column: str) -> pl.Expr:
    """The number that the source gave, without that of a later telling."""
    return pl.col(column).str.replace(_AGAIN, "")


def again_id(column: str, number: pl.Expr) -> pl.Expr:
    """The number of the telling ``number`` (2 or more) of what the source calls as ``column`` says; null: the first."""
    return pl.when(number.is_null()).then(column).otherwise(pl.concat_str(pl.col(column), pl.lit("~v"), number))


def telling(column: str) -> pl.Expr:
    """Which telling a number names: 1 for the source's own."""
    return pl.col(column).str.extract(r"~v(\d+)$", 1).cast(pl.Int64).fill_null(1)


def own_reversal() -> pl.Expr:
    """Whether a payment reversal is one that riskpay added itself: a correction, no money came back."""
    return pl.col("reason").is_in(OWN_REVERSALS).fill_null(value=False)
