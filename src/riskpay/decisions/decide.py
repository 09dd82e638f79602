"""One day's decisions: who belongs to which segment, which step comes when, whom to call and why.

Pure: the same book and policy give the same decisions, whatever the order of the rows. Holds and lists
are reckoned by columns; the rules of ladders and calls run on one item at a time.
"""

from dataclasses import dataclass

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.entries import Advice, Worklist
from riskpay.decisions.holds import held_items
from riskpay.decisions.policy import Policy
from riskpay.decisions.segments import customer_segments
from riskpay.decisions.steps import coming_steps, debtors_of, item_steps
from riskpay.decisions.worklist import lists


@dataclass(frozen=True)
class Decisions:
    """What was decided for one day.

    ``segments``: company_id, customer_id, segment, rule. ``steps``: columns of ``steps.STEP_COLUMNS``, the
    next step of each item, planned, waiting for approval or suppressed. ``holds``: key of each item,
    open_amount, disputed, promised, unapplied, collectible_amount (minor units) and hold (rule or null).
    ``worklists``: one a collector, in order of names. ``advice``: payers likely to pay without a call.
    ``resting``: company_id, customer_id (payer), rule: candidates who are not on a list today.
    """

    segments: pl.DataFrame
    steps: pl.DataFrame
    worklists: tuple[Worklist, ...]
    advice: tuple[Advice, ...]
    holds: pl.DataFrame
    resting: pl.DataFrame


HOLD_COLUMNS = (
    "company_id",
    "customer_id",
    "invoice_id",
    "instalment",
    "currency",
    "open_amount",
    "disputed",
    "promised",
    "unapplied",
    "collectible_amount",
    "hold",
)


def decide(book: Book, policy: Policy) -> Decisions:
    """The decisions of ``book.as_of``; raises DataError if the book does not fit together."""
    ordered = book.in_order()
    segments = customer_segments(ordered, policy)
    held = held_items(ordered, policy)
    steps = item_steps(ordered, held, segments, policy)
    listed = lists(ordered, held, segments, steps, debtors_of(ordered, segments, policy), policy)
    return Decisions(segments, steps, listed.worklists, listed.advice, held.select(HOLD_COLUMNS), listed.resting)


def cadence(book: Book, policy: Policy, company_id: str, customer_id: str) -> pl.DataFrame:
    """All steps still to come for a customer's items if nothing is paid, columns of ``steps.STEP_COLUMNS``.

    A held item shows each of its steps suppressed by its hold.
    """
    ordered = book.in_order()
    segments = customer_segments(ordered, policy)
    mine = held_items(ordered, policy).filter(company_id=company_id, customer_id=customer_id)
    return coming_steps(ordered, mine, segments, policy)
