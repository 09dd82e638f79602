"""Days sales outstanding and its kin, by company and currency, with the terms beside them.

A DSO means little without the terms that were granted, so the weighted terms stand in every row.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from riskpay.features.effective import Rolls
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import items
from riskpay.ledger.tables import ITEM_KEY
from riskpay.money import to_text
from riskpay.reporting.aging import aged

BASIS = (
    "receivables: open items, taxes included, unapplied cash not netted; "
    "sales: invoices less credit notes issued in the period, taxes included"
)
PERIOD_DAYS = 90


def dso(receivables: float, sales: float, days: int) -> float | None:
    """Days sales outstanding at the period's end: receivables / credit sales x days; None without sales.

    With the part that is not yet due as ``receivables`` it is the best possible DSO.
    """
    return receivables / sales * days if sales > 0 else None


def average_days_delinquent(outstanding: float | None, best_possible: float | None) -> float | None:
    """ADD = DSO - best possible DSO; None if either is."""
    return None if outstanding is None or best_possible is None else outstanding - best_possible


def countback_dso(receivables: float, months: Sequence[tuple[float, int]]) -> float | None:
    """DSO by counting back: take each month's sales off the receivables and add its days, the last pro rata.

    ``months``: (credit sales, days), the latest first. A month without sales counts its days. None if
    the receivables exceed all sales given.
    """
    rest, days = float(receivables), 0.0
    for sales, length in months:
        if rest <= 0:
            break
        share = min(1.0, rest / sales) if sales > 0 else 1.0
        days += share * length
        rest -= max(sales, 0.0)
    return days if rest <= 0 else None


@dataclass(frozen=True)
class DsoRow:
    """One company and currency: amounts in minor units, the rest in days; None where nothing supports it."""

    company_id: str
    currency: str
    receivables: int
    not_due: int
    sales: int
    dso: float | None
    best_possible_dso: float | None
    average_days_delinquent: float | None
    countback_dso: float | None
    weighted_terms: float | None
    weighted_days_to_pay: float | None
    avg_days_late: float | None


@dataclass(frozen=True)
class DsoReport:
    """DSO at the end of ``as_of`` over the ``days`` that end with it."""

    as_of: date
    days: int
    rows: tuple[DsoRow, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as JSON: money as decimal strings, days to two digits."""
        head = {"report": "dso", "as_of": self.as_of.isoformat(), "days": self.days, "basis": BASIS}
        return head | {"groups": [_json(row) for row in self.rows]}


def dso_report(
    ledger: Ledger, as_of: date, days: int = PERIOD_DAYS, tolerance: int = 0, rolls: Rolls | None = None
) -> DsoReport:
    """DSO, its best possible value, ADD and countback DSO per company and currency (DOMAIN section 4).

    The period is (as_of - days, as_of], facts known by the end of ``as_of``. Beside them: terms (issue
    to due date) of the invoices issued in the period and days to pay of those settled by cash in it,
    both weighted by amount, and their plain mean of days late. ``rolls`` as for ``aging_report``.
    """
    now = aged(ledger, as_of, tolerance, rolls)
    sold = _sold(ledger, as_of)
    paid = items(ledger, as_of, "end", tolerance).filter(pl.col("settled_by") == "cash")
    pairs = pl.concat([frame.select("company_id", "currency") for frame in (now, sold)]).unique()
    start = as_of - timedelta(days=days)
    rows = (_row(pair, now, sold, paid, start, as_of) for pair in sorted(pairs.iter_rows()))
    return DsoReport(as_of, days, tuple(rows))


def _sold(ledger: Ledger, as_of: date) -> pl.DataFrame:
    """Documents issued by ``as_of`` that are not cancelled, credit notes below zero in ``sales``.

    What a credit note took off the sales stays off once it is used, and comes back when it is withdrawn.
    """
    last = ledger.known(as_of, "end").invoices.sort("known_on").group_by(ITEM_KEY, maintain_order=True).last()
    sign = pl.when(document_type="credit_note").then(-1).otherwise(1)
    return last.filter(pl.col("status") != "cancelled", pl.col("issue_date") <= as_of).with_columns(
        sales=pl.col("amount") * sign
    )


def _row(
    pair: tuple[str, str], now: pl.DataFrame, sold: pl.DataFrame, paid: pl.DataFrame, start: date, as_of: date
) -> DsoRow:
    own = pl.col("company_id").eq(pair[0]) & pl.col("currency").eq(pair[1])
    now, sold, paid = now.filter(own), sold.filter(own), paid.filter(own)
    issued = sold.filter(pl.col("issue_date") > start)
    settled = paid.filter(pl.col("settled_on") > start, pl.col("settled_on") <= as_of)
    days = (as_of - start).days
    receivables = int(now["open_amount"].sum())
    not_due = int(now.filter(pl.col("days_past_due") == 0)["open_amount"].sum())
    sales = int(issued["sales"].sum())
    outstanding, best = dso(receivables, sales, days), dso(not_due, sales, days)
    return DsoRow(
        *pair,
        receivables,
        not_due,
        sales,
        dso=outstanding,
        best_possible_dso=best,
        average_days_delinquent=average_days_delinquent(outstanding, best),
        countback_dso=countback_dso(receivables, list(_months(sold, as_of))),
        weighted_terms=_weighted(issued.filter(document_type="invoice"), "issue_date", "due_date"),
        weighted_days_to_pay=_weighted(settled, "issue_date", "settled_on"),
        avg_days_late=_plain_mean(settled),
    )


def _months(sold: pl.DataFrame, as_of: date) -> Iterator[tuple[float, int]]:
    """(sales, days) of the month of ``as_of`` up to that day, then of each full month before it."""
    if sold.is_empty():
        return
    by_month = dict(sold.group_by(pl.col("issue_date").dt.truncate("1mo")).agg(pl.col("sales").sum()).iter_rows())
    first, month, length = min(by_month), as_of.replace(day=1), as_of.day
    while month >= first:
        yield float(by_month.get(month, 0)), length
        month = (month - timedelta(days=1)).replace(day=1)
        length = monthrange(month.year, month.month)[1]


def _weighted(frame: pl.DataFrame, start: str, end: str) -> float | None:
    """Mean of the days from ``start`` to ``end``, weighted by amount (DOMAIN section 4)."""
    total = frame["amount"].sum()
    days = (pl.col(end) - pl.col(start)).dt.total_days()
    return float(frame.select((pl.col("amount") * days).sum()).item() / total) if total else None


def _plain_mean(settled: pl.DataFrame) -> float | None:
    return float(settled.select(pl.col("days_late").mean()).item()) if settled.height else None


def _json(row: DsoRow) -> dict[str, Any]:
    def shown(value: object) -> object:
        if isinstance(value, int):
            return to_text(value, row.currency)
        return round(value, 2) if isinstance(value, float) else value

    return {name: shown(value) for name, value in asdict(row).items()}
