"""From the columns of one payer to its entry on a list, and to its line of advice."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from riskpay.decisions.entries import USUAL_EFFORT, Advice, EntryItem, EntryStep, WorklistEntry
from riskpay.decisions.payers import TERMS
from riskpay.decisions.policy import Policy
from riskpay.decisions.reasons import ReasonFacts, reasons

Row = Mapping[str, Any]


def entry_of(row: Row, items: pl.DataFrame, steps: pl.DataFrame, reporting: str) -> WorklistEntry:
    """The entry of a ranked payer with its collectible items and the next steps of all its items.

    Rank and call hours are the list's to give.
    """
    return WorklistEntry(
        rank=0,
        company_id=row["company_id"],
        customer_id=row["payer_id"],
        name=row["name"],
        collectible_amount=row["collectible_amount"],
        currency=row["currency"],
        open_amount=row["open_amount"],
        call_value=row["call_value"],
        **{term: row[term] for term in TERMS},
        reporting_currency=reporting,
        priority=row["priority"],
        strategy="call_value" if row["by_model"] else "points",
        minutes=row["minutes"],
        p_late=row["p_late"],
        p_unpaid_30=row["p_unpaid_30"],
        abstains=row["abstains"],
        segment=row["segment"],
        oldest_days_past_due=row["oldest_days_past_due"],
        next_step=_next_step(steps),
        must_contact=row["must_contact"],
        reasons=reasons(reason_facts(row)),
        items=tuple(_items(items)),
        call_hours=None,
    )


def _items(items: pl.DataFrame) -> Iterator[EntryItem]:
    columns = EntryItem.__slots__
    oldest_first = items.sort("due_date", "invoice_id", "instalment")
    return (EntryItem(*values) for values in oldest_first.select(columns).iter_rows())


def _next_step(steps: pl.DataFrame) -> EntryStep | None:
    """The earliest step that is not suppressed, the higher level first on one day; else the earliest suppressed."""
    if steps.is_empty():
        return None
    first = steps.sort(
        pl.col("state") == "suppressed",
        "due_on",
        -pl.col("dunning_level"),
        "customer_id",
        "invoice_id",
        "instalment",
    ).select(EntryStep.__slots__)
    return EntryStep(*first.row(0))


def reason_facts(row: Row) -> ReasonFacts:
    """The facts of a ranked payer that its sentences may say."""
    return ReasonFacts(
        currency=row["currency"],
        past_due=row["past_due_amount"],
        past_due_to_collect=row["past_due_to_collect"],
        to_collect=row["collectible_amount"],
        oldest_days=row["oldest_days_past_due"],
        oldest_open_days=row["oldest_open_days"],
        settled=row["settled_count"] or 0,
        open_documents=row["documents"],
        last_count=row["last9_count"] or 0,
        last_late=row["last9_late"] or 0,
        last_mean_days_late=row["last9_mean_days_late"],
        p_unpaid_30=row["p_unpaid_30"],
        abstains=row["abstains"],
        must_contact=row["must_contact"],
        broken_on=row["broken_on"],
        debit_returned_on=row["debit_returned_on"],
        about="" if row["lead_id"] == row["payer_id"] else f"customer {row['lead_id']}: ",
    )


def advice_of(ranked: pl.DataFrame, policy: Policy) -> tuple[Advice, ...]:
    """Candidates who are likely to pay soon under usual effort, the surest first; never those that must be called."""
    rules = policy.would_pay_anyway
    sure = ranked.filter(pl.col("must_contact").is_null(), pl.col("p_paid_soon") >= rules.threshold)
    ordered = sure.sort("p_paid_soon", "worth", "company_id", "payer_id", descending=[True, True, False, False])
    return tuple(_advice(row, rules.within_days) for row in ordered.iter_rows(named=True))


def _advice(row: Row, days: int) -> Advice:
    chance = row["p_paid_soon"]
    return Advice(
        company_id=row["company_id"],
        customer_id=row["payer_id"],
        name=row["name"],
        collectible_amount=row["collectible_amount"],
        currency=row["currency"],
        p_paid=chance,
        within_days=days,
        text=f"{100 * chance:.0f} % likely to be paid within {days} days {USUAL_EFFORT}; advice only",
    )
