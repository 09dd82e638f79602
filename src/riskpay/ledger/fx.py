"""Exchange rates by day: the last one on or before a day, converted through no third currency."""

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.money import is_currency, minor_digits


def with_value(frame: pl.DataFrame, ledger: Ledger, amount: str, day: str, into: str = "value") -> pl.DataFrame:
    """``frame`` with ``into``: the money column ``amount`` in major units of its company's currency.

    ``frame`` has company_id, currency, ``amount`` (minor units) and ``day`` (date whose rate counts).
    The last rate on or before the day is used, else the first one after it; where the ledger has
    none at all, ``rate_missing`` is true and one for one is used, so that a missing rate stops nothing.
    """
    quoted = _in_company_currency(frame, ledger)
    rates = ledger.fx_rates.rename({"rate_date": "rate_day"}).sort("rate_day")
    keys = ["currency", "quote_currency"]
    ordered = quoted.with_row_index("row").sort(day)
    before = ordered.join_asof(rates, left_on=day, right_on="rate_day", by=keys, check_sortedness=False)
    first = rates.group_by(keys).agg(first_rate=pl.col("rate").first())
    digits = {code: minor_digits(code) for code in frame["currency"].drop_nulls().unique() if is_currency(code)}
    scale = pl.col("currency").replace_strict(digits, default=2, return_dtype=pl.Int32)
    same = pl.col("currency") == pl.col("quote_currency")
    found = pl.when(same).then(1.0).otherwise(pl.coalesce("rate", "first_rate"))
    return (
        before.join(first, on=keys, how="left")
        .with_columns(rate_missing=found.is_null(), rate=found.fill_null(1.0))
        .with_columns((pl.col(amount) * pl.col("rate") / pl.lit(10.0).pow(scale)).alias(into))
        .sort("row")
        .select(*frame.columns, into, "rate_missing")
    )


def _in_company_currency(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    home = ledger.companies.select("company_id", quote_currency="currency")
    joined = frame.join(home, on="company_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("quote_currency").fill_null(pl.col("currency")))
