"""The call lists: which payers, in which order, for whom, and why.

A payer is a candidate when something of it is past due by at least the posting lag, or past due after a debit
that came back, or a step by phone is planned for the day. Whoever may not be called that day (hours, caps, a talk a short while ago) rests;
so does a call that brings less than it costs and stands on no ladder for the day, and so does what no
collector has minutes for. Each names its rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.compliance import hours_of
from riskpay.decisions.contacted import PAYER_KEY
from riskpay.decisions.entries import Advice, Worklist, WorklistEntry
from riskpay.decisions.listing import advice_of, entry_of
from riskpay.decisions.payers import payers, valued_items
from riskpay.decisions.policy import Policy
from riskpay.decisions.priority import pays_its_minutes, ranked, within_capacity
from riskpay.decisions.steps import Debtor, Key, no_call_today

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Lists:
    """``resting``: company_id, customer_id (the payer), rule: candidates of the day who are not on a list."""

    worklists: tuple[Worklist, ...]
    advice: tuple[Advice, ...]
    resting: pl.DataFrame


def lists(
    book: Book,
    held: pl.DataFrame,
    segments: pl.DataFrame,
    steps: pl.DataFrame,
    debtors: Mapping[Key, Debtor],
    policy: Policy,
) -> Lists:
    """The worklists of a day, the advice beside them, and who rests by which rule.

    ``book`` in order; ``held`` of ``held_items``; ``segments`` of ``customer_segments``; ``steps`` of
    ``item_steps``; ``debtors`` of ``debtors_of``.
    """
    valued = valued_items(book, held, segments, policy)
    ordered = ranked(
        _candidates(book, payers(book, held, valued, policy), steps), book.as_of, book.reporting_currency, policy
    )
    rules = [_resting_rule(row, book, debtors, policy) for row in ordered.iter_rows(named=True)]
    marked = ordered.with_columns(rule=pl.Series(rules, dtype=pl.String))
    marked = marked.with_columns(
        rule=pl.coalesce(
            "rule", pl.when(~pays_its_minutes()).then(pl.lit("call value: brings less than the call costs"))
        )
    )
    free = within_capacity(marked.filter(pl.col("rule").is_null()), policy)
    listed = free.filter("listed")
    full = free.filter(~pl.col("listed")).with_columns(rule=pl.lit("capacity: no minutes left today"))
    resting = pl.concat([marked.filter(pl.col("rule").is_not_null()), full.select(marked.columns)])
    return Lists(
        _worklists(book, listed, valued, steps, debtors, policy),
        advice_of(ordered, policy),
        resting.sort(PAYER_KEY).select("company_id", customer_id="payer_id", rule="rule"),
    )


def _candidates(book: Book, rows: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    planned = pl.col("state") != "suppressed"
    today = steps.filter(planned, pl.col("channel") == "phone", pl.col("due_on") <= book.as_of)
    calls = today.select(PAYER_KEY).unique().with_columns(call_due=pl.lit(value=True))
    found = rows.join(calls, on=PAYER_KEY, how="left", maintain_order="left")
    return found.with_columns(pl.col("call_due").fill_null(value=False)).filter(pl.col("overdue") | pl.col("call_due"))


def _debtor(row: Row, debtors: Mapping[Key, Debtor]) -> Debtor:
    """The payer itself, else its leading customer."""
    company = row["company_id"]
    return debtors.get((company, row["payer_id"])) or debtors[company, row["lead_id"]]


def _resting_rule(row: Row, book: Book, debtors: Mapping[Key, Debtor], policy: Policy) -> str | None:
    return no_call_today(_debtor(row, debtors), book.as_of, policy)


def _worklists(
    book: Book,
    listed: pl.DataFrame,
    valued: pl.DataFrame,
    steps: pl.DataFrame,
    debtors: Mapping[Key, Debtor],
    policy: Policy,
) -> tuple[Worklist, ...]:
    items = _by_payer(valued, listed)
    next_steps = _by_payer(steps, listed)
    none = steps.clear()
    found: dict[str, list[WorklistEntry]] = {}
    for row in listed.iter_rows(named=True):
        key = (row["company_id"], row["payer_id"])
        entries = found.setdefault(row["owner"], [])
        debtor = _debtor(row, debtors)
        hours = hours_of(book.as_of, debtor.debtor_type, debtor.time_zone, debtor.country, policy)
        entry = entry_of(row, items[key], next_steps.get(key, none), book.reporting_currency)
        entries.append(replace(entry, rank=len(entries) + 1, call_hours=hours))
    minutes = policy.capacity.collectors
    return tuple(Worklist(who, tuple(found[who]), minutes.get(who, policy.capacity.minutes)) for who in sorted(found))


def _by_payer(frame: pl.DataFrame, listed: pl.DataFrame) -> dict[tuple[Any, ...], pl.DataFrame]:
    rows = frame.join(listed.select(PAYER_KEY), on=PAYER_KEY, how="semi", maintain_order="left")
    return rows.partition_by(PAYER_KEY, as_dict=True, maintain_order=True) if rows.height else {}
