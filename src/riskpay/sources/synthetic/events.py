"""What people do in a synthetic world: disputes and how they end, write-offs, calls and promises.

Everything that ends an item otherwise than by cash happens after its due date, so p_late stays what
cash alone makes it.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from riskpay.sources.synthetic.customers import OWNERS, Customers, ids
from riskpay.sources.synthetic.hazards import UNPAID, Bools, Ints
from riskpay.sources.synthetic.invoices import Items, currencies, dates, invoice_ids
from riskpay.sources.synthetic.outcomes import KINDS, Outcomes
from riskpay.sources.synthetic.paydays import PayDays
from riskpay.sources.synthetic.scenario import Scenario

_DISPUTE_REASONS = ("price", "quantity", "quality", "missing_order", "duplicate")
_DISPUTE_HOLD = 30
_NO_ANSWER = 0.6
"""Share of calls that reach nobody and leave no message."""
_FIRST_CALL = {"US": 15, "JP": 1}
"""Hour (UTC) from which a country is called, in its morning; others from 9."""


@dataclass(frozen=True)
class Endings:
    """What besides cash happens to n items; day numbers, UNPAID where it never does.

    ``opened`` and ``resolved`` of disputes; ``credited`` and ``credit`` (minor units) of credit notes; ``written_off``;
    ``stop`` is the day from which no cash comes any more.
    """

    opened: Ints
    resolved: Ints
    credited: Ints
    credit: Ints
    written_off: Ints
    stop: Ints


def draw_endings(
    items: Items,
    customers: Customers,
    outcomes: Outcomes,
    ends: Ints,
    scenario: Scenario,
    days: PayDays,
    rng: np.random.Generator,
) -> Endings:
    """Disputes, credit notes and write-offs of every item; a credit note in full and a write-off stop cash."""
    n = len(items)
    office = customers.office[items.customer]
    latest = np.minimum(outcomes.paid - 1, items.due + 10)
    contested = (outcomes.kind == KINDS.index("disputed")) & (latest > items.issue)
    opened = items.issue + 1 + np.floor(rng.random(n) * np.maximum(latest - items.issue, 1)).astype(np.int64)
    closes = opened + 5 + np.floor(15 * rng.standard_exponential(n)).astype(np.int64)
    end = rng.random(n)
    full = contested & (end < scenario.p_credit)
    part = contested & ~full & (end < scenario.p_credit + scenario.p_part_credit) & (items.amount > 1)
    note_day = days.next_from(office, np.maximum(closes, items.due + 1))
    gone = ends[items.customer]
    credited = np.where((full | part) & (outcomes.paid >= note_day) & (note_day < gone), note_day, UNPAID)
    share = np.where(full, 1.0, 0.1 + 0.3 * rng.random(n))
    credit = np.where(full, items.amount, np.clip((share * items.amount).astype(np.int64), 1, None))
    # A credit note in part on the day of the cash would come too late to change what is paid.
    credited = np.where(part & (outcomes.paid == credited), UNPAID, credited)
    give_up = items.due + scenario.write_off_after + rng.integers(0, 31, n)
    noted_in_full = np.where(full, credited, UNPAID)
    before = np.minimum(outcomes.paid, noted_in_full)
    written = np.where((rng.random(n) < scenario.p_write_off) & (before >= give_up), give_up, UNPAID)
    credited = np.where(credited >= written, UNPAID, credited)
    return Endings(
        opened=np.where(contested, opened, UNPAID),
        resolved=np.where(contested, np.minimum(np.where(credited < UNPAID, credited, closes), outcomes.paid), UNPAID),
        credited=credited,
        credit=np.where(credited < UNPAID, credit, 0),
        written_off=written,
        stop=np.minimum(np.minimum(np.where(full, credited, UNPAID), written), gone),
    )


def dispute_rows(
    items: Items, customers: Customers, endings: Endings, last: int, rng: np.random.Generator
) -> pl.DataFrame:
    """The disputes table: a row when opened, one when resolved, each known that day."""
    rows = np.flatnonzero(endings.opened <= last)
    reason = np.array(_DISPUTE_REASONS)[rng.integers(0, len(_DISPUTE_REASONS), len(rows))]
    opened = item_columns(items, customers, rows).with_columns(
        dispute_id="D" + pl.Series(np.arange(len(rows)) + 1).cast(pl.String).str.zfill(6),
        reason=pl.Series(reason, dtype=pl.String),
        opened_on=dates(endings.opened[rows]),
        until=dates(endings.opened[rows] + _DISPUTE_HOLD),
        status=pl.lit("open"),
        known_on=dates(endings.opened[rows]),
    )
    resolved = opened.with_columns(
        status=pl.lit("resolved"), known_on=dates(np.maximum(endings.resolved[rows], endings.opened[rows] + 1))
    ).filter(pl.Series(np.maximum(endings.resolved[rows], endings.opened[rows] + 1) <= last))
    return pl.concat([opened, resolved])


def item_columns(items: Items, customers: Customers, rows: Ints) -> pl.DataFrame:
    """The key and the customer of some items, in ledger columns."""
    return pl.DataFrame(
        {
            "company_id": pl.Series(customers.company, dtype=pl.String).gather(items.customer[rows]),
            "customer_id": ids(items.customer[rows]),
            "invoice_id": invoice_ids(items.invoice[rows]),
            "instalment": items.instalment[rows],
        }
    )


def write_off_rows(items: Items, customers: Customers, endings: Endings, left: Ints, last: int) -> pl.DataFrame:
    """The write_offs table; ``left`` is what is open of each item on its day (minor units)."""
    rows = np.flatnonzero((endings.written_off <= last) & (left > 0))
    return (
        item_columns(items, customers, rows)
        .drop("customer_id")
        .with_columns(
            write_off_id="W" + pl.Series(np.arange(len(rows)) + 1).cast(pl.String).str.zfill(6),
            amount=pl.Series(left[rows]),
            written_off_on=dates(endings.written_off[rows]),
            reason=pl.lit("uncollectible"),
            known_on=dates(endings.written_off[rows]),
        )
    )


def credit_note_rows(
    items: Items, customers: Customers, endings: Endings, scenario: Scenario, last: int, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Credit notes as rows of invoices, and their allocations; a few notes are applied to nothing."""
    used = np.flatnonzero(endings.credited <= last)
    free = np.flatnonzero(rng.random(len(items)) < scenario.free_credit_share)
    rows = np.concatenate([used, free])
    codes = pl.Series(currencies(customers, scenario), dtype=pl.String)
    day = np.concatenate([endings.credited[used], np.minimum(items.issue[free] + 3, last)])
    keys = item_columns(items, customers, rows).with_columns(
        amount=pl.Series(np.concatenate([endings.credit[used], np.maximum(items.amount[free] // 20, 1)])),
        note="CN" + pl.Series(np.arange(len(rows)) + 1).cast(pl.String).str.zfill(6),
        known_on=dates(day),
    )
    notes = keys.select(
        "company_id",
        "customer_id",
        "known_on",
        "amount",
        invoice_id="note",
        instalment=1,
        document_type=pl.lit("credit_note"),
        issue_date="known_on",
        due_date="known_on",
        currency=codes.gather(items.customer[rows]),
        status=pl.lit("active"),
    )
    applied = keys.head(len(used)).select(
        "company_id",
        "invoice_id",
        "instalment",
        "amount",
        "known_on",
        source_type=pl.lit("credit_note"),
        source_id="note",
        allocated_on="known_on",
    )
    return notes, applied


@dataclass(frozen=True)
class Calls:
    """Calls under usual effort: ``items`` and ``day`` a row per item called, ``touch`` the number of the call it is part of."""

    items: Ints
    day: Ints
    touch: Ints
    reached: Bools
    promised: Bools


def draw_calls(
    items: Items, outcomes: Outcomes, endings: Endings, scenario: Scenario, last: int, rng: np.random.Generator
) -> Calls:
    """Who is called when: items unpaid at the end of a day of calls; one call a customer and day."""
    due = outcomes.attempted & (outcomes.paid[:, None] > outcomes.calls) & (outcomes.calls <= last)
    row, step = np.nonzero(due & (outcomes.calls < endings.stop[:, None]))
    day = outcomes.calls[row, step]
    touches, touch = np.unique(day * 10**7 + items.customer[row], return_inverse=True)
    promises = rng.random(len(touches)) < scenario.p_promise
    reached = outcomes.reached[row, step]
    return Calls(row, day, touch, reached, reached & promises[touch])


def contact_rows(
    items: Items, customers: Customers, calls: Calls, scenario: Scenario, rng: np.random.Generator
) -> pl.DataFrame:
    """The contacts table, a row per call; one that is about several items names none."""
    touches, first, count = np.unique(calls.touch, return_index=True, return_counts=True)
    about = calls.items[first]
    missed = np.where(rng.random(len(touches)) < _NO_ANSWER, "no_answer", "message_left")
    heard = np.where(calls.promised[first], "promised", "reached")
    caller = items.customer[about]
    hours = np.array([_FIRST_CALL.get(code, 9) for code, _, _ in scenario.countries])[customers.country[caller]]
    minutes = (60 * hours + rng.integers(0, 180, len(touches))).astype("timedelta64[m]")
    at = calls.day[first].astype("datetime64[D]").astype("datetime64[m]") + minutes
    return (
        item_columns(items, customers, about)
        .drop("instalment")
        .with_columns(
            contact_id="K" + pl.Series(touches + 1).cast(pl.String).str.zfill(7),
            invoice_id=pl.when(pl.Series(count) == 1).then("invoice_id"),
            channel=pl.lit("phone"),
            direction=pl.lit("out"),
            contacted_at=pl.Series(at.astype("datetime64[us]")),
            outcome=pl.Series(np.where(calls.reached[first], heard, missed), dtype=pl.String),
            collector=pl.Series(OWNERS).gather(customers.owner[caller]),
            known_on=dates(calls.day[first]),
        )
    )


def promise_rows(
    items: Items,
    customers: Customers,
    outcomes: Outcomes,
    endings: Endings,
    calls: Calls,
    days: PayDays,
    last: int,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """The promises table: a row when given, one three days after its day that says whether it was kept."""
    given = np.flatnonzero(calls.promised)
    rows, day = calls.items[given], calls.day[given]
    by = days.next_from(customers.office[items.customer[rows]], day + rng.integers(3, 11, len(rows)))
    kept = (outcomes.paid[rows] <= by) & (outcomes.paid[rows] < endings.stop[rows])
    opened = item_columns(items, customers, rows).with_columns(
        promise_id="R" + pl.Series(np.arange(len(rows)) + 1).cast(pl.String).str.zfill(6),
        promised_on=dates(day),
        promised_for=dates(by),
        status=pl.lit("open"),
        known_on=dates(day),
    )
    closed = opened.with_columns(
        status=pl.Series(np.where(kept, "kept", "broken"), dtype=pl.String), known_on=dates(by + 3)
    )
    return pl.concat([opened, closed.filter(pl.Series(by + 3 <= last))])
