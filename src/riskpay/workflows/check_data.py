"""Whether data still comes: the newest facts, how much came each week, what the last load rejected, unknown customers."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from riskpay.decisions.policy_monitor import Bound, Monitor
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMER_KEY
from riskpay.store.load_log import LastLoad
from riskpay.workflows.checks import Check, level, too_few, worst

NOW_WEEKS, BEFORE_WEEKS = 4, 26
LEAST_WEEKS: Final = 8
"""Fewer weeks before the last four do not say how much usually comes."""

_IN_MEDIAN, _IN_MEAN = 1.4826, 1.2533
"""A normal law's standard deviation in median and in mean absolute deviations."""
_SOURCE: Final = "see whether the export ran and was loaded: riskpay ingest"


@dataclass(frozen=True)
class Data:
    """The checks of the data, and what came by week: ``weeks`` with ``from``, invoices, payments, oldest first."""

    checks: list[Check]
    weeks: list[dict[str, Any]]


def check_data(ledger: Ledger, as_of: date, seen_from: date, load: LastLoad | None, rules: Monitor) -> Data:
    """Checks of what was known at the end of ``as_of``; ages are counted to ``seen_from``, the day on which one looks."""
    documents = ledger.invoices.filter(document_type="invoice").unique(["company_id", "invoice_id"], keep="first")
    begun = min((day for day in (ledger.invoices["known_on"].min(),) if isinstance(day, date)), default=as_of)
    full = min(NOW_WEEKS + BEFORE_WEEKS, ((as_of - begun).days + 1) // 7)
    invoices, payments = (_weekly(frame["known_on"], as_of, full) for frame in (documents, ledger.payments))
    checks = [
        _age("data.facts", ledger.last_known_on(), seen_from, rules.days_without_facts, "fact"),
        _age(
            "data.cash",
            min(ledger.last_cash_on().values(), default=None),
            seen_from,
            rules.days_without_cash,
            "payment",
        ),
        _volume("data.invoices", invoices, rules),
        _volume("data.payments", payments, rules),
        _rejected(load, seen_from, rules),
        _unknown(ledger, as_of, rules),
    ]
    days = [as_of - timedelta(days=7 * (week + 1) - 1) for week in range(full)]
    rows = zip(days, invoices.tolist(), payments.tolist(), strict=True)
    return Data(checks, [{"from": d.isoformat(), "invoices": i, "payments": p} for d, i, p in rows][::-1])


def _weekly(days: pl.Series, as_of: date, weeks: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Rows by week, the one that ends with ``as_of`` first; whole weeks only."""
    week = ((pl.Series([as_of]) - days).dt.total_days() // 7).to_numpy()
    return np.bincount(week[(week >= 0) & (week < weeks)].astype(np.int64), minlength=weeks).astype(np.int64)


def _age(name: str, newest: date | None, seen_from: date, bound: Bound, what: str) -> Check:
    if newest is None:
        return too_few(name, bound, f"no {what} is known")
    days = (seen_from - newest).days
    said = f"the newest {what} is of {newest}, {days} days before {seen_from}"
    return Check(name, level(days, bound), days, bound, said, _SOURCE)


def _volume(name: str, weeks: np.ndarray[Any, np.dtype[np.int64]], rules: Monitor) -> Check:
    bound, now, before = rules.volume_factor, weeks[:NOW_WEEKS], weeks[NOW_WEEKS:]
    if len(before) < LEAST_WEEKS or not np.median(before):
        return too_few(name, bound, f"{len(before)} weeks before the last four; {LEAST_WEEKS} with facts are needed")
    mean, usual = float(now.mean()), float(np.median(before))
    factor = max(mean / usual, usual / max(mean, 1 / NOW_WEEKS))
    off = np.abs(before - usual)
    # Where every second week is alike the median deviation is 0; counts differ by their root at least.
    spread = max(_IN_MEDIAN * float(np.median(off)), _IN_MEAN * float(off.mean()), usual**0.5) / NOW_WEEKS**0.5
    z = (mean - usual) / spread
    said = f"{mean:.0f} a week in the last four, usually {usual:.0f} (robust z {z:+.1f})"
    # A factor that the weeks' own spread explains is noise: a small ledger has weeks without anything.
    status = level(factor, bound) if abs(z) > rules.standard_errors else "ok"
    return Check(name, status, factor, bound, said, _SOURCE, {"z": round(z, 2), "ratio": round(mean / usual, 4)})


def _rejected(load: LastLoad | None, seen_from: date, rules: Monitor) -> Check:
    name, bound = "data.rejected", rules.rejected_share
    if load is None or load.loaded_on > seen_from:
        return too_few(name, bound, "no load by that day is on record")
    said = f"{load.rejected} of {load.read} rows of the load of {load.loaded_on} ({load.source}) were rejected"
    next_step = "the reasons are in the newest file of the home's folder rejects"
    return Check(name, level(load.rejected_share, bound), load.rejected_share, bound, said, next_step)


def _unknown(ledger: Ledger, as_of: date, rules: Monitor) -> Check:
    name, share = "data.unknown_customers", rules.unknown_customers_share
    bound = Bound(warn=share, alarm=1000)
    since = as_of - timedelta(days=7 * NOW_WEEKS - 1)
    lately = ledger.invoices.filter(pl.col("issue_date") >= since)
    if lately.height < rules.min_items or ledger.customers.is_empty():
        return too_few(name, bound, f"{lately.height} invoices in four weeks; {rules.min_items} are needed")
    strangers = lately.join(ledger.customers, on=CUSTOMER_KEY, how="anti").height
    found = strangers / lately.height
    said = f"{strangers} of {lately.height} invoices of four weeks are of customers without a row"
    status = worst(["warn" if found >= share and strangers else "ok"])
    return Check(name, status, found, None, said, "load the customers table, or correct the customer ids")
