"""Allocations against what they apply: not in another currency than the item, not more than the payment has."""

from collections.abc import Mapping as Pairs
from dataclasses import dataclass

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import INVOICES, ITEM_KEY, PAYMENTS
from riskpay.ledger.tellings import base_id, telling
from riskpay.sources.checks import Fault

_SOURCE = ["company_id", "source_type", "source_id"]
_PART = ["company_id", "allocation_id"]
_OTHER_CURRENCY = "_other_currency"


@dataclass(frozen=True)
class Sources:
    """What allocations of a load may draw on: by number of the source, as the load or the ledger so far tells it.

    ``amounts``: company_id, source_type, source_id, currency, ``has`` (minor units); ``items``: key and currency of
    items; ``standing``: allocations of earlier loads that stand.
    """

    amounts: pl.DataFrame
    items: pl.DataFrame
    standing: pl.DataFrame
    paid: pl.DataFrame


def sources(frames: Pairs[str, pl.DataFrame], known: Ledger | None) -> Sources:
    """The sources in the tables of a load, and in the ledger so far where the load does not tell them."""
    before = known or Ledger.of({})
    payments = frames.get("payments", PAYMENTS.empty()).with_columns(_telling=pl.lit(2**31, pl.Int64))
    told = before.payments.with_columns(payment_id=base_id("payment_id"), _telling=telling("payment_id"))
    paid = pl.concat([told, payments]).sort("_telling").group_by("company_id", "payment_id", maintain_order=True).last()
    cash = paid.select("company_id", "currency", source_type=pl.lit("payment"), source_id="payment_id", has="amount")
    now = frames.get("invoices", INVOICES.empty()).with_columns(_told=pl.lit(value=True))
    documents = pl.concat([before.invoices.with_columns(_told=pl.lit(value=False)), now]).sort("_told", "known_on")
    last = documents.group_by(ITEM_KEY, maintain_order=True).last()
    notes = last.filter(document_type="credit_note").group_by(
        "company_id", "currency", source_type=pl.lit("credit_note"), source_id="invoice_id"
    )
    credit = notes.agg(has=pl.col("amount").sum()).select(cash.columns)
    returned = before.payment_reversals.select("company_id", source_type=pl.lit("payment"), source_id="payment_id")
    standing = before.allocations.join(returned, on=_SOURCE, how="anti")
    return Sources(
        amounts=pl.concat([cash, credit]).unique(_SOURCE, keep="first", maintain_order=True),
        items=last.select(*ITEM_KEY, "currency"),
        standing=standing.with_columns(source_id=base_id("source_id"), allocation_id=base_id("allocation_id")),
        paid=payments.select("company_id", source_type=pl.lit("payment"), source_id="payment_id"),
    )


def in_other_currency(rows: pl.DataFrame, there: Sources) -> tuple[pl.DataFrame, list[Fault]]:
    """Allocations with a mark where their source is in another currency than the item, and the fault."""
    of_source = there.amounts.select(*_SOURCE, _paid_in="currency")
    of_item = there.items.rename({"currency": "_owed_in"})
    joined = rows.join(of_source, on=_SOURCE, how="left", maintain_order="left")
    marked = joined.join(of_item, on=ITEM_KEY, how="left", maintain_order="left")
    other = (pl.col("_paid_in") != pl.col("_owed_in")).fill_null(value=False)
    reason = "its payment or credit note is in another currency than the item; enter it in the item's currency"
    named = marked.with_columns(other.alias(_OTHER_CURRENCY)).drop("_paid_in", "_owed_in")
    return named, [Fault("source_id", reason, pl.col(_OTHER_CURRENCY))]


def beyond(rows: pl.DataFrame, there: Sources, named: pl.DataFrame | None = None) -> pl.DataFrame:
    """Good allocations of a load whose source has less than is applied of it, with ``_reason``.

    Counted are those of the load and those that stand from earlier loads and are not told anew. All of the load
    that draw on such a source are given: nobody can say which of them is meant. ``named`` are all rows of a full
    export, faulty ones too: an allocation that it names no more does not count where it tells the payment.
    """
    standing = there.standing.join(rows, on=_PART, how="anti")
    if named is not None:
        gone = standing.join(named, on=_PART, how="anti").join(there.paid, on=_SOURCE, how="semi")
        standing = standing.join(gone, on=_PART, how="anti")
    earlier = standing.select(*_SOURCE, "amount")
    applied = (
        pl.concat([earlier, rows.select(*_SOURCE, "amount")]).group_by(_SOURCE).agg(_applied=pl.col("amount").sum())
    )
    over = applied.join(there.amounts, on=_SOURCE).filter(pl.col("_applied") > pl.col("has"))
    said = pl.format(
        "{} {} has {} minor units, and its allocations come to {}; correct the one or the others",
        pl.col("source_type").str.replace("_", " "),
        "source_id",
        "has",
        "_applied",
    )
    reasons = over.select(*_SOURCE, _reason=said)
    return rows.join(reasons, on=_SOURCE, maintain_order="left")
