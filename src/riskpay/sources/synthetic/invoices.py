"""The items of a synthetic world: invoices, their due dates and amounts, and what moves their delay."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from riskpay.money import minor_digits
from riskpay.sources.synthetic.customers import Customers, ids, pick
from riskpay.sources.synthetic.hazards import UNPAID, Bools, Floats, Ints
from riskpay.sources.synthetic.paydays import PayDays, number
from riskpay.sources.synthetic.scenario import USD_RATES, Scenario

INSTALMENT_GAP = 30
"""Days between the two due dates of an invoice in instalments."""


@dataclass(frozen=True)
class Items:
    """n items, a value each, in order of issue; days are day numbers (since 1970-01-01).

    ``customer`` is an index, ``invoice`` a running number, ``amount`` minor units of the customer's currency,
    ``log_amount`` log units over the scenario's median, ``effect`` days by which the item's mean delay
    differs from its customer's.
    """

    customer: Ints
    invoice: Ints
    instalment: Ints
    issue: Ints
    due: Ints
    amount: Ints
    log_amount: Floats
    effect: Floats

    def __len__(self) -> int:
        return len(self.customer)


def draw_items(customers: Customers, scenario: Scenario, days: PayDays, last: int, rng: np.random.Generator) -> Items:
    """The items issued up to day number ``last`` on our business days, instalments as items of their own."""
    stop = np.where(customers.troubled, last - rng.integers(30, 240, len(customers)), last)
    span = np.maximum(stop - customers.begins, 0)
    counts = rng.poisson(customers.rate * span / 30.4375)
    owner = np.repeat(np.arange(len(customers)), counts)
    drawn = customers.begins[owner] + np.floor(rng.random(len(owner)) * span[owner]).astype(np.int64)
    issue = days.next_from(customers.office[owner], drawn)
    within = scenario.amount_within * rng.standard_normal(len(owner))
    other = rng.random(len(owner)) < scenario.other_terms
    lengths = np.array([t for t, _ in scenario.terms])
    terms = np.where(other, lengths[pick(rng, tuple(s for _, s in scenario.terms), len(owner))], customers.terms[owner])
    split = rng.random(len(owner)) < scenario.instalment_share
    order = np.flatnonzero(issue <= last)
    order = order[np.lexsort((owner[order], issue[order]))]
    minor = _minor(customers, scenario, owner, np.exp(customers.log_amount[owner] + within))
    return _items(customers, scenario, owner[order], issue[order], terms[order], minor[order], split[order])


def _items(
    customers: Customers, scenario: Scenario, owner: Ints, issue: Ints, terms: Ints, minor: Ints, split: Bools
) -> Items:
    times = np.where(split & (minor > 1), 2, 1)
    invoice = np.repeat(np.arange(len(owner)), times)
    instalment = np.ones(len(invoice), dtype=np.int64)
    instalment[1:][invoice[1:] == invoice[:-1]] = 2
    half = minor[invoice] // 2
    amount = np.where(times[invoice] == 1, minor[invoice], np.where(instalment == 1, half, minor[invoice] - half))
    customer = owner[invoice]
    due = issue[invoice] + terms[invoice] + INSTALMENT_GAP * (instalment - 1)
    log_amount = np.log(amount * _dollars(customers, scenario)[customer] / scenario.amount)
    return Items(
        customer=customer,
        invoice=invoice,
        instalment=instalment,
        issue=issue[invoice],
        due=due,
        amount=amount,
        log_amount=log_amount,
        effect=effect_days(log_amount, issue[invoice], due, scenario),
    )


def currencies(customers: Customers, scenario: Scenario) -> list[str]:
    """The currency of each customer."""
    return [scenario.countries[k][1] for k in customers.country]


def _dollars(customers: Customers, scenario: Scenario) -> Floats:
    """US dollars for one minor unit of each customer's currency."""
    return np.array([USD_RATES[c] / 10 ** minor_digits(c) for c in currencies(customers, scenario)])


def _minor(customers: Customers, scenario: Scenario, owner: Ints, dollars: Floats) -> Ints:
    return np.maximum(np.round(dollars / _dollars(customers, scenario)[owner]), 1).astype(np.int64)


def effect_days(log_amount: Floats, issue: Ints, due: Ints, scenario: Scenario) -> Floats:
    """Days by which items' mean delay differs from their customer's: amount, season and drift."""
    dates = due.astype("datetime64[D]")
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    year_end = ((month == 12) & (day >= 15)) | ((month == 1) & (day <= 5))  # days of the year
    since = issue - number(scenario.start)
    effect: Floats = (
        scenario.amount_days * np.clip(log_amount, -3, 3)
        + scenario.month_end_days * (day >= 26)  # day of the month
        + scenario.year_end_days * year_end
        + scenario.august_days * (month == 8)  # August
        + scenario.drift_days_a_year * since / 365.25
        + scenario.step_days * (since >= scenario.step_after)
    )
    return effect


def account_ends(customers: Customers, items: Items, last: int, rng: np.random.Generator) -> Ints:
    """The day from which each customer pays nothing more: 5 to 60 days after a troubled one's last due date, else never."""
    final = np.full(len(customers), last)
    np.maximum.at(final, items.customer, items.due)
    return np.where(customers.troubled, final + rng.integers(5, 61, len(customers)), UNPAID)


def invoice_ids(invoice: Ints) -> pl.Series:
    """Document numbers of running numbers: INV0000001 for 0."""
    return ("INV" + pl.Series(invoice + 1).cast(pl.String).str.zfill(7)).rename("invoice_id")


def dates(days: Ints) -> pl.Series:
    """Day numbers as dates; UNPAID and beyond is null."""
    known = pl.Series(days)
    return known.set(known >= UNPAID, None).cast(pl.Int32).cast(pl.Date)


def invoice_rows(items: Items, customers: Customers, scenario: Scenario) -> pl.DataFrame:
    """The invoices table, a row per due date, each known on its issue day."""
    codes = pl.Series(currencies(customers, scenario), dtype=pl.String)
    return pl.DataFrame(
        {
            "company_id": pl.Series(customers.company).gather(items.customer),
            "invoice_id": invoice_ids(items.invoice),
            "instalment": items.instalment,
            "known_on": dates(items.issue),
            "customer_id": ids(items.customer),
            "document_type": pl.repeat("invoice", len(items), eager=True),
            "issue_date": dates(items.issue),
            "due_date": dates(items.due),
            "amount": items.amount,
            "currency": codes.gather(items.customer),
            "status": pl.repeat("active", len(items), eager=True),
        }
    )
