"""The book of a day: everything that decisions need, joined from ledger, scores and store."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from riskpay.decisions.book import CASH_COLUMNS, RETURNED_COLUMNS, Book
from riskpay.decisions.cadence import rolls_of
from riskpay.decisions.policy import Policy
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.effective import with_effective_due_date
from riskpay.features.histories import QUESTION_KEY
from riskpay.features.records import customer_records
from riskpay.ledger.fx import with_minor_rate
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import customers_as_of, open_items, unapplied
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.ledger.tellings import own_reversal
from riskpay.model.late_model import LateModel
from riskpay.model.risk import BANDED, RiskTable
from riskpay.store.database import Store
from riskpay.workflows.kept_facts import Asked


@dataclass(frozen=True)
class Scored:
    """Open items of a day, the features they were asked with, and what the model said (None without one)."""

    items: pl.DataFrame
    frame: pl.DataFrame
    risks: RiskTable | None


def open_items_of(ledger: Ledger, as_of: date, tolerance: int) -> Scored:
    """Open items at the end of ``as_of`` that no model said anything of; ``ledger``: facts known by then."""
    items = open_items(ledger, as_of, "end", tolerance)
    return Scored(items, items.select(*ITEM_KEY, "due_date", "customer_id", as_of=pl.lit(as_of)), None)


def score_open_items(ledger: Ledger, facts: Asked, as_of: date, model: LateModel, version: str) -> Scored:
    """Open items at the end of ``as_of`` with their late risks, rows in one order.

    ``ledger``: facts known by the end of ``as_of``. ``facts``: those, or more of later days.
    """
    unscored = open_items_of(ledger, as_of, model.features.tolerance)
    found = facts.features(unscored.frame.select(QUESTION_KEY))
    frame = unscored.frame.hstack(found.select(model.features.names))
    return replace(unscored, frame=frame, risks=model.risks(frame, as_of, version))


def book_of(ledger: Ledger, scored: Scored, as_of: date, policy: Policy, store: Store, reporting: str) -> Book:
    """The book at the end of ``as_of``; ``ledger``: facts known by then, ``reporting``: currency of call values."""
    settings = FeatureSettings(grace_days=policy.grace_days, tolerance=policy.settlement_tolerance)
    countries = dict(ledger.companies.select("company_id", "country").iter_rows())
    rolls = rolls_of(policy, countries)
    records = customer_records(ledger, as_of, "end", settings, rolls)
    # Segments of the same day are left out: a run repeated must decide as it did the first time.
    before = store.segments.latest(as_of - timedelta(days=1)).select(*CUSTOMER_KEY, previous_segment="segment")
    attributes = customers_as_of(ledger, as_of, "end")
    # Customers without open items too: their next item is scored and stepped by the segment they are in.
    customers = (
        pl.concat([scored.items.select(CUSTOMER_KEY), attributes.select(CUSTOMER_KEY)])
        .unique()
        .join(attributes.drop("valid_from"), on=CUSTOMER_KEY, how="left")
        .join(records, on=CUSTOMER_KEY, how="left")
        .join(before, on=CUSTOMER_KEY, how="left")
    )
    unpaid = scored.risks.unpaid if scored.risks else np.empty((0, 181), dtype=np.float32)
    return Book(
        as_of=as_of,
        items=with_effective_due_date(_items(ledger, scored, as_of, policy.scores.max_band, reporting), rolls),
        unpaid=unpaid,
        customers=customers,
        cash_until=ledger.last_cash_on(),
        reporting_currency=reporting,
        disputes=ledger.disputes,
        promises=ledger.promises,
        blocks=ledger.blocks,
        contacts=ledger.contacts,
        sent=store.steps.sent(as_of),
        unapplied=unapplied(ledger, as_of, "end"),
        returned_debits=_returned(ledger),
        cash=_cash(ledger),
        countries=countries,
        went_live_on=store.steps.first_day(),
    )


def _items(ledger: Ledger, scored: Scored, as_of: date, max_band: float, reporting: str) -> pl.DataFrame:
    chances = ("p_late", "p_unpaid_7", "p_unpaid_30", "p_unpaid_90")
    blank = scored.items.with_columns(pl.lit(None, pl.Float64).alias(name) for name in chances)
    wide = pl.any_horizontal(pl.col(f"{name}_high") - pl.col(f"{name}_low") > max_band for name in BANDED)
    told = scored.risks.items.select(*chances, abstains=wide) if scored.risks else None
    said = blank.with_columns(abstains=False) if told is None else scored.items.hstack(told)
    joined = said.with_columns(today=pl.lit(as_of))
    return with_minor_rate(joined, ledger, "today", reporting).drop("today")


def without_rate(book: Book) -> int:
    """Number of items whose currency has no rate into the reporting currency."""
    return book.items["rate"].null_count()


def at_par(book: Book) -> Book:
    """``book`` with one for one where a rate is missing: a list with a rough order beats one that hides customers."""
    return replace(book, items=book.items.with_columns(pl.col("rate").fill_null(1.0)))


def _returned(ledger: Ledger) -> pl.DataFrame:
    """Payments that the bank took back; where a later load or export corrects one, no money came back."""
    owners = ledger.payments.select("company_id", "payment_id", "customer_id")
    returned = ledger.payment_reversals.filter(~own_reversal()).join(owners, on=["company_id", "payment_id"])
    used = ledger.allocations.filter(source_type="payment").select(*ITEM_KEY, payment_id="source_id")
    applied = returned.join(used, on=["company_id", "payment_id"], how="left")
    return applied.select(list(RETURNED_COLUMNS))


def _cash(ledger: Ledger) -> pl.DataFrame:
    stands = ledger.payments.join(ledger.payment_reversals, on=["company_id", "payment_id"], how="anti")
    newest = ledger.invoices.sort("known_on").group_by(ITEM_KEY, maintain_order=True).last()
    owners = newest.select(*ITEM_KEY, for_id="customer_id")
    parts = ledger.allocations.filter(source_type="payment").join(owners, on=ITEM_KEY, how="left")
    used = parts.rename({"source_id": "payment_id", "amount": "part", "allocation_id": "piece"})
    applied = stands.join(used, on=["company_id", "payment_id"]).with_columns(amount="part", received_on="allocated_on")
    came = applied.with_columns(_no_item(), received_on="value_date")
    sums = used.group_by("company_id", "payment_id").agg(pl.col("part").sum())
    rest = stands.join(sums, on=["company_id", "payment_id"], how="left").with_columns(
        _no_item(),
        amount=pl.col("amount") - pl.col("part").fill_null(0),
        received_on="value_date",
        for_id=pl.lit(None, pl.String),
        piece=pl.lit(None, pl.String),
    )
    free = rest.filter(pl.col("amount") > 0)
    return pl.concat([frame.select(list(CASH_COLUMNS)) for frame in (free, came, applied)])


def _no_item() -> list[pl.Expr]:
    return [pl.lit(None, pl.String).alias("invoice_id"), pl.lit(None, pl.Int32).alias("instalment")]
