"""Amounts claimed from items: by a dispute, a promise, or cash not yet applied. The oldest item pays first."""

from typing import Final

import polars as pl

from riskpay.ledger.tables import CUSTOMER_KEY

EVERYTHING: Final = 2**60
"""A claim without an amount takes all there is."""

OLDEST_FIRST: Final = ("effective_due_date", "company_id", "invoice_id", "instalment")


def take(items: pl.DataFrame, claims: pl.DataFrame, on: list[str], into: str) -> pl.DataFrame:
    """``items`` whose column ``rest`` is lowered by the claims of their group, the oldest item first.

    ``claims`` has the columns ``on``, ``amount`` (minor units of the item; null takes everything) and
    ``until`` (the last day of the hold, null without one). What is taken is added to the column ``into``;
    the latest day of claims that took something stands in ``{into}_until``.
    """
    everything = pl.col("amount").is_null().any()
    wanted = claims.group_by(on).agg(
        _claimed=pl.when(everything).then(EVERYTHING).otherwise(pl.col("amount").sum()), _until=pl.col("until").max()
    )
    before = pl.col("rest").cum_sum().over(on, order_by=OLDEST_FIRST) - pl.col("rest")
    taken = (pl.col("_claimed").fill_null(0) - before).clip(0, pl.col("rest"))
    until = pl.when(pl.col("_taken") > 0).then("_until")
    return (
        items.join(wanted, on=on, how="left", maintain_order="left")
        .with_columns(_taken=taken)
        .with_columns(
            (pl.col(into) + pl.col("_taken")).alias(into),
            pl.max_horizontal(f"{into}_until", until).alias(f"{into}_until"),
            rest=pl.col("rest") - pl.col("_taken"),
        )
        .drop("_claimed", "_until", "_taken")
    )


def take_by_scope(items: pl.DataFrame, claims: pl.DataFrame, into: str) -> pl.DataFrame:
    """``items`` after claims on one instalment, then on a whole document, then on a whole account.

    ``items`` with their payer_id. ``claims``: company_id, customer_id, invoice_id and instalment (null:
    wider), amount, until. An amount claimed from an account with several currencies counts in each item's own
    minor units.
    """
    started = items.with_columns(pl.lit(0, pl.Int64).alias(into), pl.lit(None, pl.Date).alias(f"{into}_until"))
    document = pl.col("invoice_id").is_not_null()
    part = pl.col("instalment").is_not_null()
    for scope, on in (
        (document & part, ["company_id", "invoice_id", "instalment"]),
        (document & ~part, ["company_id", "invoice_id"]),
    ):
        started = take(started, claims.filter(scope), on, into)
    return take_by_account(started, claims.filter(~document), into)


def take_by_account(
    items: pl.DataFrame, claims: pl.DataFrame, into: str, *, within: tuple[str, ...] = ()
) -> pl.DataFrame:
    """``items`` after claims on whole accounts: on a customer's own items, then on all items that a payer answers for.

    Lists name the payer, so what is said of it holds for every customer it pays for. ``within``: columns
    that a claim and its items have in common besides, such as the currency.
    """
    own_payer = items.filter(pl.col("customer_id") == pl.col("payer_id")).select(CUSTOMER_KEY).unique()
    of_others = claims.join(own_payer, on=CUSTOMER_KEY, how="anti")
    started = take(items, of_others, [*CUSTOMER_KEY, *within], into)
    by_payer = claims.drop("payer_id", strict=False).rename({"customer_id": "payer_id"})
    return take(started, by_payer, ["company_id", "payer_id", *within], into)
