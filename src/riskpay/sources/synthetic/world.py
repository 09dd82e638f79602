"""A whole synthetic world: a ledger as a firm would have it on its last day, and the truth behind it."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from riskpay.errors import UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.sources.synthetic import events
from riskpay.sources.synthetic.customers import Customers, customer_rows, customers_truth, draw_customers
from riskpay.sources.synthetic.hazards import UNPAID, Floats, Ints
from riskpay.sources.synthetic.invoices import Items, account_ends, dates, draw_items, invoice_rows
from riskpay.sources.synthetic.outcomes import CURVE_DAYS, KINDS, Outcomes, draw_outcomes, true_curve
from riskpay.sources.synthetic.paydays import PayDays, number
from riskpay.sources.synthetic.payments import cash_tables, draw_cash
from riskpay.sources.synthetic.scenario import BASE, USD_RATES, Scenario

_BEFORE, _AFTER = 100, 500
_STREAMS = ("customers", "items", "outcomes", "endings", "cash", "tables", "calls", "rates")


@dataclass(frozen=True)
class World:
    """A ledger with known truth.

    ``truth`` has a row per item and ``customers_truth`` one per customer (see docs/synthetic.md); ``start`` and
    ``as_of`` are the first and the last day of the ledger, both included; nothing in it is known later.
    """

    ledger: Ledger
    truth: pl.DataFrame
    customers_truth: pl.DataFrame
    start: date
    as_of: date
    scenario: Scenario = BASE


def synthesise(customers: int, months: int, seed: int, scenario: Scenario = BASE) -> World:
    """A world of so many customers and months from the scenario's start on; the same arguments give the same world.

    Raises UsageError for fewer than one customer or month.
    """
    if customers < 1 or months < 1:
        raise UsageError(f"{customers} customers over {months} months", "ask for at least 1 customer and 1 month")
    as_of = _months_after(scenario.start, months) - timedelta(days=1)
    last = number(as_of)
    rngs = {name: np.random.default_rng([seed, k]) for k, name in enumerate(_STREAMS)}
    codes = tuple(code for code, _, _ in scenario.countries)
    days = PayDays.between(scenario.start - timedelta(days=_BEFORE), as_of + timedelta(days=_AFTER), codes)
    people = draw_customers(customers, scenario, days, last, rngs["customers"])
    items = draw_items(people, scenario, days, last, rngs["items"])
    ends = account_ends(people, items, last, rngs["items"])
    outcomes = draw_outcomes(items, people, scenario, days, rngs["outcomes"])
    return World(
        ledger=_ledger(items, people, outcomes, ends, scenario, days, last, rngs),
        truth=_truth(items, people, outcomes, true_curve(items, people, scenario, days)),
        customers_truth=customers_truth(people, scenario, ends),
        start=scenario.start,
        as_of=as_of,
        scenario=scenario,
    )


def _months_after(day: date, months: int) -> date:
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1)


def _ledger(
    items: Items,
    people: Customers,
    outcomes: Outcomes,
    ends: Ints,
    scenario: Scenario,
    days: PayDays,
    last: int,
    rngs: dict[str, np.random.Generator],
) -> Ledger:
    endings = events.draw_endings(items, people, outcomes, ends, scenario, days, rngs["endings"])
    cash = draw_cash(items, people, outcomes, endings, scenario, days, rngs["cash"])
    tables = cash_tables(items, people, cash, ends, scenario, days, last, rngs["cash"])
    notes, applied = events.credit_note_rows(items, people, endings, scenario, last, rngs["tables"])
    calls = events.draw_calls(items, outcomes, endings, scenario, last, rngs["calls"])
    allocations = pl.concat([tables.allocations, applied], how="diagonal_relaxed")
    return Ledger.of(
        {
            "companies": _companies(),
            "customers": customer_rows(people, scenario, ends, last, rngs["tables"]),
            "invoices": pl.concat([invoice_rows(items, people, scenario), notes], how="diagonal_relaxed"),
            "payments": tables.payments,
            "payment_reversals": tables.reversals,
            "allocations": allocations.with_columns(allocation_id=_numbers("A", allocations.height)),
            "write_offs": events.write_off_rows(items, people, endings, cash.left, last),
            "fx_rates": _rates(scenario, last, rngs["rates"]),
            "disputes": events.dispute_rows(items, people, endings, last, rngs["tables"]),
            "contacts": events.contact_rows(items, people, calls, scenario, rngs["calls"]),
            "promises": events.promise_rows(items, people, outcomes, endings, calls, days, last, rngs["calls"]),
        }
    )


def _numbers(letter: str, n: int) -> pl.Series:
    return letter + pl.Series(np.arange(n) + 1).cast(pl.String).str.zfill(8)


def _companies() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "company_id": ["1", "2"],
            "name": ["Northwind Supply Inc.", "Northwind Supply GmbH"],
            "currency": ["USD", "EUR"],
            "country": ["US", "DE"],
            "time_zone": ["America/New_York", "Europe/Berlin"],
        }
    )


def _rates(scenario: Scenario, last: int, rng: np.random.Generator) -> pl.DataFrame:
    """Daily rates of every currency into USD and EUR: random walks from ``USD_RATES``, 0.4 % a day."""
    span = np.arange(number(scenario.start), last + 1)
    steps = 0.004 * rng.standard_normal((len(USD_RATES), len(span)))
    dollars = np.array(list(USD_RATES.values()))[:, None] * np.exp(np.cumsum(steps, axis=1) - steps[:, :1])
    dollars[list(USD_RATES).index("USD")] = 1.0
    path: dict[str, Floats] = dict(zip(USD_RATES, dollars, strict=True))
    pairs = [(c, q) for q in ("USD", "EUR") for c in USD_RATES if c != q]
    return pl.concat(
        pl.DataFrame({"rate_date": dates(span), "rate": path[c] / path[q]}).with_columns(
            currency=pl.lit(c), quote_currency=pl.lit(q)
        )
        for c, q in pairs
    )


def _truth(items: Items, people: Customers, outcomes: Outcomes, curve: Floats) -> pl.DataFrame:
    """A row per item: its probabilities at issue, and what came of it by cash alone, also after the last day."""
    rows = np.arange(len(items))
    reached = outcomes.reached & (outcomes.paid[:, None] > outcomes.calls)
    return events.item_columns(items, people, rows).with_columns(
        issue_date=dates(items.issue),
        due_date=dates(items.due),
        effect_days=pl.Series(items.effect),
        mean_delay=pl.Series(people.mean_delay[items.customer] + items.effect),
        kind=pl.Series(KINDS).gather(outcomes.kind),
        p_late=pl.Series(curve[:, 0]),
        p_late_30=pl.Series(curve[:, CURVE_DAYS.index(30)]),
        **{f"p_unpaid_due_{day}": pl.Series(curve[:, k]) for k, day in enumerate(CURVE_DAYS)},
        paid_on=dates(outcomes.paid),
        late=pl.Series(outcomes.paid > items.due),
        first_call_on=dates(outcomes.calls[:, 0]),
        reached_on=dates(np.where(reached, outcomes.calls, UNPAID).min(axis=1)),
    )
