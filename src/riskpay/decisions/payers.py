"""What each payer owes and what is known of it: one row a payer with something to collect, by columns.

Items of customers that share a payer are worked together. History and segment are those of the payer's
leading customer: the one with most to collect. Chances are means weighted by collectible amount.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.call_value import ContactResponse, call_terms
from riskpay.decisions.contacted import PAYER_KEY, contacted
from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import SegmentName
from riskpay.ledger.tables import CUSTOMER_KEY

TERMS: Final = ("extra_cash", "cash_days", "loss_avoided")


def valued_items(book: Book, items: pl.DataFrame, segments: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Items with something to collect, with segment, ``worth`` (reporting minor units), the three call terms
    (whole reporting minor units) and ``p_paid_soon``, P(paid within would_pay_anyway.within_days).
    """
    curves = _curves(book, items.height)
    soon = curves[:, policy.would_pay_anyway.within_days] if curves.shape[0] else np.full(items.height, np.nan)
    kept = items["collectible_amount"].to_numpy() > 0
    found = (
        items.with_columns(
            worth=pl.col("collectible_amount") * pl.col("rate").fill_null(0.0),
            p_paid_soon=pl.Series(1.0 - soon.astype(np.float64)).fill_nan(None),
        )
        .filter(pl.Series(kept))
        .join(segments.select(*CUSTOMER_KEY, "segment"), on=CUSTOMER_KEY, how="left", maintain_order="left")
    )
    if not curves.shape[0]:
        return found.with_columns(pl.lit(0, pl.Int64).alias(term) for term in TERMS)
    soon_due = pl.col("effective_due_date") <= book.as_of + timedelta(days=policy.call_value.due_within_days)
    amount = found.select(pl.when(soon_due).then("worth").otherwise(0.0)).to_series().to_numpy()
    terms = call_terms(amount, curves[kept], _responses(found["segment"], policy), policy.call_value)
    whole = np.rint(terms).astype(np.int64)
    return found.with_columns(pl.Series(term, whole[:, number]) for number, term in enumerate(TERMS))


def _curves(book: Book, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.floating]]:
    scored = book.unpaid.shape[0] == count and count > 0 and book.unpaid.ndim == 2
    return book.unpaid if scored else np.empty((0, 0))


def _responses(segments: pl.Series, policy: Policy) -> ContactResponse:
    names: list[SegmentName] = segments.unique(maintain_order=True).to_list()
    by_name = {name: policy.response.of(name).phone for name in names}

    def each(values: Mapping[SegmentName, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return segments.replace_strict(dict(values), return_dtype=pl.Float64).to_numpy() if values else np.empty(0)

    return ContactResponse(
        each({name: answer.kappa for name, answer in by_name.items()}),
        each({name: answer.alpha for name, answer in by_name.items()}),
        each({name: answer.half_life for name, answer in by_name.items()}),
    )


def payers(book: Book, held: pl.DataFrame, valued: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """One row a payer with something to collect, ordered by key.

    ``worth``, ``past_due_worth`` and the three terms are reporting minor units of what can be collected;
    collectible_amount, open_amount, past_due_amount (of all that is open) and past_due_to_collect are minor
    units of ``currency``. ``oldest_days_past_due`` is that of what can be collected, ``oldest_open_days`` of all.
    """
    money = _in_one_currency(book, held, valued)
    weighted = [_mean(name) for name in ("p_late", "p_unpaid_30", "p_paid_soon")]
    overdue = pl.col("effective_due_date") + timedelta(days=policy.posting_lag_days) <= book.as_of
    overdue |= pl.col("debit_returned")
    late = pl.col("days_past_due") > 0
    facts = valued.group_by(PAYER_KEY, maintain_order=True).agg(
        pl.col("worth").sum(),
        *(pl.col(term).sum() for term in TERMS),
        *weighted,
        past_due_worth=pl.col("worth").filter(late).sum(),
        past_due_share=pl.col("worth").filter(late).sum() / pl.col("worth").sum(),
        oldest_days_past_due=pl.col("days_past_due").max(),
        oldest_due=pl.col("effective_due_date").min(),
        overdue=(overdue & late).any(),
        abstains=pl.col("worth").filter("abstains").sum() >= pl.col("worth").sum() / 2,
        scored=pl.col("p_late").is_not_null().any(),
    )
    return (
        facts.join(money, on=PAYER_KEY, how="left", maintain_order="left")
        .join(_people(book, policy), on=PAYER_KEY, how="left", maintain_order="left")
        .join(_leading(book, valued), on=PAYER_KEY, how="left", maintain_order="left")
        .join(contacted(book, held, policy), on=PAYER_KEY, how="left", maintain_order="left")
        .with_columns(
            pl.col("broken_promises").fill_null(0), pl.col("owner").fill_null(policy.capacity.default_collector)
        )
        .sort(PAYER_KEY)
    )


def _mean(name: str) -> pl.Expr:
    known = pl.when(pl.col(name).is_not_null()).then("worth")
    return ((pl.col(name) * pl.col("worth")).sum() / known.sum()).fill_nan(None).round(6).alias(name)


def _in_one_currency(book: Book, held: pl.DataFrame, valued: pl.DataFrame) -> pl.DataFrame:
    """Amounts of each payer in minor units of one ``currency``: its own if its items share one, else reporting."""
    late = pl.col("days_past_due") > 0
    rows = held.join(valued.select(PAYER_KEY).unique(), on=PAYER_KEY, how="semi", maintain_order="left").with_columns(
        past_due_amount=pl.when(late).then("open_amount").otherwise(0),
        past_due_to_collect=pl.when(late).then("collectible_amount").otherwise(0),
    )
    single = pl.col("currency").n_unique() == 1
    names = ("collectible_amount", "open_amount", "past_due_amount", "past_due_to_collect")
    rate = pl.col("rate").fill_null(0.0)
    return rows.group_by(PAYER_KEY, maintain_order=True).agg(
        pl.when(single).then(pl.col("currency").first()).otherwise(pl.lit(book.reporting_currency)).alias("currency"),
        *(
            pl.when(single)
            .then(pl.col(name).sum())
            .otherwise((pl.col(name) * rate).sum().round().cast(pl.Int64))
            .alias(name)
            for name in names
        ),
        oldest_open_days=pl.col("days_past_due").max(),
        documents=pl.struct("invoice_id").n_unique().cast(pl.Int64),
    )


def _people(book: Book, policy: Policy) -> pl.DataFrame:
    """Name and collector of each payer: its own row's, else those of its first customer that has one."""
    own = pl.col("customer_id") == pl.col("payer_id")
    return (
        book.customers.with_columns(payer_id=pl.coalesce("payer_id", "customer_id"))
        .with_columns(owner=pl.when(pl.col("owner") != "").then("owner"))
        .sort(pl.col("company_id"), own, pl.col("customer_id"), descending=[False, True, False])
        .group_by(PAYER_KEY, maintain_order=True)
        .agg(
            pl.col("name").drop_nulls().first(),
            pl.col("owner").drop_nulls().first().fill_null(policy.capacity.default_collector),
        )
    )


def _leading(book: Book, valued: pl.DataFrame) -> pl.DataFrame:
    """The customer with most to collect of each payer, with its segment and history."""
    history = ["settled_count", "late_share", "last9_count", "last9_late", "last9_mean_days_late"]
    return (
        valued.group_by(*PAYER_KEY, "customer_id", "segment", maintain_order=True)
        .agg(_most=pl.col("worth").sum())
        .sort(*PAYER_KEY, "_most", "customer_id", descending=[False, False, True, False])
        .group_by(PAYER_KEY, maintain_order=True)
        .first()
        .join(book.customers.select(*CUSTOMER_KEY, *history), on=CUSTOMER_KEY, how="left", maintain_order="left")
        .rename({"customer_id": "lead_id"})
        .drop("_most")
    )
