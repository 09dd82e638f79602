"""The ledger's tables that the rows of a wide file give."""

import polars as pl

from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY, TABLES
from riskpay.sources.mapping import Mapping


def item_id(kind: str) -> pl.Expr:
    """Id of the payment or allocation that a wide row implies: the same for the same item in every load."""
    return pl.concat_str(pl.lit(f"{kind}:"), "invoice_id", pl.lit(":"), pl.col("instalment").cast(pl.String))


def tables(accepted: pl.DataFrame, named: pl.DataFrame, mapping: Mapping) -> dict[str, pl.DataFrame]:
    """The ledger's tables, conformed: documents and cash of accepted rows, companies and customers of named ones.

    A settled invoice gives a payment in full and its allocation, known ``posting_lag_days`` after its day; a
    settled credit note is used from then on, since the file does not say which item it reduced.
    """
    rows = accepted.with_columns(pl.col("amount").abs(), status=pl.lit("active")).sort(*ITEM_KEY, "known_on")
    last = rows.group_by(ITEM_KEY, maintain_order=True).last()
    paid_known = pl.col("settled_on") + pl.duration(days=mapping.posting_lag_days)
    settled = last.filter(pl.col("settled_on").is_not_null()).with_columns(paid_known=paid_known)
    paid = settled.filter(document_type="invoice").with_columns(known_on="paid_known")
    used = settled.filter(document_type="credit_note").with_columns(
        known_on=pl.max_horizontal("paid_known", pl.col("known_on") + pl.duration(days=1)),
        status=pl.lit("used"),
    )
    frames = {
        "companies": _companies(named, mapping),
        "customers": _customers(named, mapping),
        "invoices": pl.concat([rows, used.drop("paid_known").select(rows.columns)]),
        "payments": paid.with_columns(payment_id=item_id("payment"), value_date="settled_on"),
        "allocations": paid.with_columns(
            allocation_id=item_id("allocation"),
            source_type=pl.lit("payment"),
            source_id=item_id("payment"),
            allocated_on="settled_on",
        ),
        "disputes": last.filter(pl.col("disputed_on").is_not_null()).with_columns(
            dispute_id=item_id("dispute"),
            opened_on="disputed_on",
            status=pl.lit("open"),
            amount=pl.lit(None, pl.Int64),
            known_on="disputed_on",
        ),
    }
    return {n: TABLES[n].conform(f.select(c for c in TABLES[n].names if c in f.columns)) for n, f in frames.items()}


def shown_open(accepted: pl.DataFrame) -> pl.DataFrame:
    """Keys of the invoices that the file shows as not paid."""
    last = accepted.sort("known_on").group_by(ITEM_KEY, maintain_order=True).last()
    unpaid = pl.col("settled_on").is_null() & (pl.col("document_type") == "invoice")
    return last.filter(unpaid).select(ITEM_KEY).sort(ITEM_KEY)


def _companies(named: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    there = set(named["company_id"].unique())
    own = [{"company_id": n, **c.model_dump()} for n, c in sorted(mapping.companies.items()) if n in there]
    return pl.DataFrame(own, schema=TABLES["companies"].dtypes)


def _customers(named: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    countries = {company: c.country for company, c in mapping.companies.items()}
    return (
        _most_frequent(named, "name")
        .join(_most_frequent(named, "email"), on=CUSTOMER_KEY)
        .with_columns(
            valid_from=pl.lit(None, pl.Date),
            debtor_type=pl.lit(mapping.customers.debtor_type),
            country=pl.col("company_id").replace_strict(countries, return_dtype=pl.String),
            language=pl.lit(mapping.customers.language, pl.String),
            payment_method=pl.lit(mapping.customers.payment_method),
            account_status=pl.lit("active"),
            strategic=pl.lit(False),
            opening_dunning_level=pl.lit(0, pl.Int32),
        )
        .sort(CUSTOMER_KEY)
    )


def _most_frequent(named: pl.DataFrame, name: str) -> pl.DataFrame:
    """The most frequent value of each customer; of two equally frequent ones the first in the alphabet."""
    counted = named.group_by(*CUSTOMER_KEY, name).agg(n=pl.len())
    ranked = counted.with_columns(n=pl.when(pl.col(name).is_null()).then(0).otherwise("n"))
    best = ranked.sort("n", name, descending=[True, False]).group_by(CUSTOMER_KEY, maintain_order=True).first()
    return best.drop("n")
