"""Exchange rates by day: the last one on or before a day, or its inverse; converted through no third currency."""

from collections.abc import Sequence

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.money import is_currency, minor_digits

_PAIR = ["currency", "quote_currency"]


def in_major(amount: pl.Expr) -> pl.Expr:
    """Minor units in major units of the company's currency, with the columns of ``with_rate_home``."""

    def divided(parts: Sequence[pl.Series]) -> pl.Series:
        amounts, rate, units = (part.cast(pl.Float64).to_numpy() for part in parts)
        return pl.Series(amounts * rate / units)

    # Polars divides a column of one row by multiplying it with the inverse: another last bit than among others.
    return pl.map_batches([amount, pl.col("rate"), pl.col("units")], divided, return_dtype=pl.Float64)


def with_rate_home(frame: pl.DataFrame, ledger: Ledger, day: str, *, later_rates: bool = False) -> pl.DataFrame:
    """``frame`` (company_id, currency, ``day``) with ``rate`` into the company's currency, one for one where the ledger
    has none, and ``units``, the minor units in one major unit of the row's currency.

    An amount in minor units times rate over units is its value in major units of the company's currency.
    """
    home = ledger.companies.select("company_id", quote_currency="currency")
    quoted = frame.join(home, on="company_id", how="left", maintain_order="left").with_columns(
        pl.col("quote_currency").fill_null(pl.col("currency")), units=_units(frame["currency"], "currency")
    )
    asked = [*_PAIR, day]
    foreign = quoted.filter(pl.col("currency") != pl.col("quote_currency")).select(asked).unique(maintain_order=True)
    if foreign.is_empty():
        return quoted.with_columns(rate=pl.lit(1.0)).drop("quote_currency")
    rates = with_rate(foreign, ledger, day, later_rates=later_rates)
    return (
        quoted.join(rates, on=asked, how="left", maintain_order="left")
        .with_columns(pl.col("rate").fill_null(1.0))
        .drop("quote_currency")
    )


def with_minor_rate(frame: pl.DataFrame, ledger: Ledger, day: str, into: str) -> pl.DataFrame:
    """``frame`` (currency, ``day``) with ``rate``: minor units of currency ``into`` for one minor unit.

    Null where the ledger has no rate between the two.
    """
    rated = with_rate(frame.with_columns(quote_currency=pl.lit(into)), ledger, day)
    scale = 10.0 ** minor_digits(into) / _units(frame["currency"], "currency")
    return rated.with_columns(rate=pl.col("rate") * scale).drop("quote_currency")


def with_rate(frame: pl.DataFrame, ledger: Ledger, day: str, *, later_rates: bool = True) -> pl.DataFrame:
    """``frame`` (currency, quote_currency, ``day``) with ``rate``: major units of the one for one of the other.

    The last rate on or before the day, else (with ``later_rates``) the first one after it; null where there is none.
    """
    rates = _both_ways(ledger.fx_rates).sort("rate_day")
    ordered = frame.with_row_index("row").sort(day)
    before = ordered.join_asof(rates, left_on=day, right_on="rate_day", by=_PAIR, check_sortedness=False)
    first = rates.group_by(_PAIR).agg(first_rate=pl.col("rate").first())
    found = pl.coalesce("rate", "first_rate") if later_rates else pl.col("rate")
    same = pl.col("currency") == pl.col("quote_currency")
    return (
        before.join(first, on=_PAIR, how="left")
        .with_columns(rate=pl.when(same).then(1.0).otherwise(found))
        .sort("row")
        .select(*frame.columns, "rate")
    )


def _both_ways(rates: pl.DataFrame) -> pl.DataFrame:
    """The rates, and their inverse for days on which the pair is not quoted the other way round too."""
    given = rates.rename({"rate_date": "rate_day"}).select(*_PAIR, "rate_day", "rate")
    turned = given.filter(pl.col("rate") > 0).select(
        currency="quote_currency", quote_currency="currency", rate_day="rate_day", rate=1.0 / pl.col("rate")
    )
    return pl.concat([given, turned.join(given, on=[*_PAIR, "rate_day"], how="anti")])


def _units(currencies: pl.Series, column: str) -> pl.Expr:
    """Minor units in one major unit of the row's currency; a hundred for a code that is not in ISO 4217."""
    units = {code: 10.0 ** minor_digits(code) for code in currencies.drop_nulls().unique() if is_currency(code)}
    return pl.col(column).replace_strict(units, default=100.0, return_dtype=pl.Float64)
