"""Cash in a synthetic world: payments, what they are applied to, and those that come back."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from riskpay.sources.synthetic.customers import Customers, ids
from riskpay.sources.synthetic.events import Endings, item_columns
from riskpay.sources.synthetic.hazards import UNPAID, Ints
from riskpay.sources.synthetic.invoices import Items, currencies, dates
from riskpay.sources.synthetic.outcomes import KINDS, Outcomes
from riskpay.sources.synthetic.paydays import PayDays
from riskpay.sources.synthetic.scenario import Scenario

_RETURN_AFTER = 3
_PAID_AGAIN_AFTER = 7


@dataclass(frozen=True)
class Cash:
    """Parts of payments: item, day number and minor units, one value each; ``left`` is what cash leaves of each item."""

    item: Ints
    day: Ints
    amount: Ints
    left: Ints


@dataclass(frozen=True)
class CashTables:
    """The tables payments, payment_reversals and allocations (of cash)."""

    payments: pl.DataFrame
    reversals: pl.DataFrame
    allocations: pl.DataFrame


def draw_cash(
    items: Items,
    customers: Customers,
    outcomes: Outcomes,
    endings: Endings,
    scenario: Scenario,
    days: PayDays,
    rng: np.random.Generator,
) -> Cash:
    """The cash of every item: one part, or an earlier first part and the rest on the day that the law gave."""
    n = len(items)
    calendar = customers.calendar[items.customer]
    early = days.last_to(calendar, np.minimum(outcomes.paid, items.due + 400) - rng.integers(5, 31, n))
    partial = (
        (rng.random(n) < scenario.p_partial)
        & (outcomes.kind == KINDS.index("plain"))
        & (outcomes.paid < UNPAID)
        & (early > items.issue)
        & (early < endings.stop)
        & (items.amount > 1)
    )
    part = np.clip(np.floor((0.3 + 0.5 * rng.random(n)) * items.amount).astype(np.int64), 1, items.amount - 1)
    part = np.where(partial, part, 0)
    rest = items.amount - part - endings.credit
    whole = np.flatnonzero((outcomes.paid < endings.stop) & (rest > 0))
    first = np.flatnonzero(partial)
    left = rest.copy()
    left[whole] = 0
    return Cash(
        item=np.concatenate([first, whole]),
        day=np.concatenate([early[first], outcomes.paid[whole]]),
        amount=np.concatenate([part[first], rest[whole]]),
        left=left,
    )


def cash_tables(
    items: Items,
    customers: Customers,
    cash: Cash,
    ends: Ints,
    scenario: Scenario,
    days: PayDays,
    last: int,
    rng: np.random.Generator,
) -> CashTables:
    """Payments by customer and day with their allocations, as far as known by day number ``last``.

    A payment is known one or two days after its value date. A returned one is known again a day
    after the bank took it back, and paid once more on a pay-run day at least a week later.
    """
    present = cash.day <= last
    item, day, amount = cash.item[present], cash.day[present], cash.amount[present]
    keys, payment = np.unique(day * 10**7 + items.customer[item], return_inverse=True)
    value, owner = keys // 10**7, keys % 10**7
    debit = np.isin(customers.method[owner], ("direct_debit", "auto_pay"))
    back = rng.random(len(keys)) < np.where(debit, scenario.p_return_debit, scenario.p_return)
    returned = np.where(back, days.next_from(customers.office[owner], value + _RETURN_AFTER), UNPAID)
    again = days.next_from(customers.calendar[owner], np.where(back, returned, value) + _PAID_AGAIN_AFTER)
    again = np.where(back & (again < ends[owner]) & (again <= last), again, UNPAID)
    twice = np.flatnonzero(again <= last)
    copies = np.flatnonzero(np.isin(payment, twice))
    number = np.full(len(keys), -1)
    number[twice] = len(keys) + np.arange(len(twice))
    item = np.concatenate([item, item[copies]])
    amount = np.concatenate([amount, amount[copies]])
    payment = np.concatenate([payment, number[payment[copies]]])
    value, owner = np.concatenate([value, again[twice]]), np.concatenate([owner, owner[twice]])
    known = value + 1 + rng.integers(0, 2, len(value))
    extra = np.where(rng.random(len(value)) < scenario.p_overpaid, rng.integers(1, 5000, len(value)), 0)
    total = np.bincount(payment, weights=amount, minlength=len(value)).astype(np.int64) + extra
    return CashTables(
        payments=_payments(customers, scenario, owner, value, total, known).filter(pl.Series(known <= last)),
        reversals=_reversals(customers, owner[: len(keys)], returned, known[: len(keys)], last),
        allocations=_allocations(items, customers, item, amount, payment, value, known).filter(
            pl.Series(known[payment] <= last)
        ),
    )


def _payment_ids(index: Ints) -> pl.Series:
    return "P" + pl.Series(index + 1).cast(pl.String).str.zfill(7)


def _companies(customers: Customers, owner: Ints) -> pl.Series:
    return pl.Series(customers.company, dtype=pl.String).gather(owner)


def _payments(
    customers: Customers, scenario: Scenario, owner: Ints, value: Ints, total: Ints, known: Ints
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "company_id": _companies(customers, owner),
            "payment_id": _payment_ids(np.arange(len(value))),
            "customer_id": ids(owner),
            "value_date": dates(value),
            "amount": total,
            "currency": pl.Series(currencies(customers, scenario), dtype=pl.String).gather(owner),
            "known_on": dates(known),
        }
    )


def _reversals(customers: Customers, owner: Ints, returned: Ints, known: Ints, last: int) -> pl.DataFrame:
    rows = np.flatnonzero((returned + 1 <= last) & (known <= last))
    return pl.DataFrame(
        {
            "company_id": _companies(customers, owner[rows]),
            "payment_id": _payment_ids(rows),
            "reversed_on": dates(returned[rows]),
            "reason": pl.repeat("insufficient funds", len(rows), eager=True),
            "known_on": dates(returned[rows] + 1),
        }
    )


def _allocations(
    items: Items, customers: Customers, item: Ints, amount: Ints, payment: Ints, value: Ints, known: Ints
) -> pl.DataFrame:
    return (
        item_columns(items, customers, item)
        .drop("customer_id")
        .with_columns(
            source_type=pl.lit("payment"),
            source_id=_payment_ids(payment),
            amount=pl.Series(amount),
            allocated_on=dates(value[payment]),
            known_on=dates(known[payment]),
        )
    )
