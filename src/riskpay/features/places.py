"""Whose bank holidays count for an item: those of its customer's country, where a dated row tells it."""

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMER_KEY


def with_country(frame: pl.DataFrame, ledger: Ledger, day: str) -> pl.DataFrame:
    """``frame`` (company_id, customer_id, ``day``) in its order, with ``country``.

    That of the customer's last dated row that held before ``day``, else the company's. A row of that very day may not be
    known yet to who asks on it, and an undated one tells nobody since when it holds.
    """
    places = ledger.companies.select("company_id", "country")
    found = frame.join(places, on="company_id", how="left", maintain_order="left")
    dated = ledger.customers.filter(pl.col("valid_from").is_not_null())
    if dated["country"].null_count() == dated.height:
        return found
    customers = list(CUSTOMER_KEY)
    rows = found.select(*customers, day).with_row_index("place").sort(day)
    own = rows.join_asof(
        dated.select(*customers, "valid_from", own="country").sort("valid_from"),
        left_on=day,
        right_on="valid_from",
        by=customers,
        allow_exact_matches=False,
        check_sortedness=False,
    ).sort("place")
    return found.with_columns(country=pl.coalesce(own["own"], "country"))
