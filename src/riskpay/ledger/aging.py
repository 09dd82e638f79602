"""Aging buckets: open amounts by how long they are past due."""

from dataclasses import dataclass
from typing import Final

import polars as pl


@dataclass(frozen=True)
class AgingBucket:
    """A half-open interval of days past due, [first, end); ``end`` None means without end."""

    label: str
    first: int
    end: int | None


AGING_BUCKETS: Final = (
    AgingBucket("not_due", 0, 1),
    AgingBucket("1-30", 1, 31),
    AgingBucket("31-60", 31, 61),
    AgingBucket("61-90", 61, 91),
    AgingBucket("90+", 91, None),
)


def bucket_of(days_past_due: pl.Expr) -> pl.Expr:
    """The label of the aging bucket of a days-past-due expression (days, 0 = not due)."""
    label = pl.lit(None, pl.String)
    for bucket in AGING_BUCKETS:
        label = pl.when(days_past_due >= bucket.first).then(pl.lit(bucket.label)).otherwise(label)
    return label


def aging(open_items: pl.DataFrame) -> pl.DataFrame:
    """Open amount and number of items by company, currency and bucket, buckets in order.

    ``open_items`` is a frame of ``riskpay.ledger.open_items.open_items``. Every bucket is there for
    each company and currency. Columns: company_id, currency, bucket, items, open_amount (minor units).
    """
    pairs = open_items.select("company_id", "currency").unique()
    grid = pairs.join(pl.DataFrame({"bucket": [b.label for b in AGING_BUCKETS]}), how="cross")
    order = {bucket.label: n for n, bucket in enumerate(AGING_BUCKETS)}
    sums = (
        open_items.with_columns(bucket=bucket_of(pl.col("days_past_due")))
        .group_by("company_id", "currency", "bucket")
        .agg(items=pl.len(), open_amount=pl.col("open_amount").sum())
    )
    return (
        grid.join(sums, on=["company_id", "currency", "bucket"], how="left")
        .with_columns(pl.col("items", "open_amount").fill_null(0))
        .sort("company_id", "currency", pl.col("bucket").replace_strict(order))
    )
