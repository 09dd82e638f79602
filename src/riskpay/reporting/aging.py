"""The aging report: open amounts by how long they are past due, by company and currency, and by customer."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from riskpay.features.effective import Rolls, with_effective_due_date
from riskpay.ledger.aging import AGING_BUCKETS, aging, bucket_of
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import open_items, unapplied
from riskpay.ledger.tables import CUSTOMER_KEY
from riskpay.money import to_text

BASIS = "open amounts of documents as issued, taxes included; unapplied cash and credit notes stand beside, not netted"


@dataclass(frozen=True)
class AgingGroup:
    """One company and currency. Amounts in minor units; ``buckets``: (label, items, open amount), in order."""

    company_id: str
    currency: str
    items: int
    open_amount: int
    overdue_amount: int
    unapplied_amount: int
    buckets: tuple[tuple[str, int, int], ...]

    @property
    def overdue_share(self) -> float:
        """Overdue amount over the whole open amount (DOMAIN: % past due), 0 to 1."""
        return self.overdue_amount / self.open_amount if self.open_amount else 0.0


@dataclass(frozen=True)
class AgingReport:
    """Aging as of the end of a day; ``customers``: a row a customer and currency, an amount column a bucket."""

    as_of: date
    groups: tuple[AgingGroup, ...]
    customers: pl.DataFrame

    def to_json(self) -> dict[str, Any]:
        """The report as JSON: money as decimal strings, shares to 6 digits."""
        return {
            "report": "aging",
            "as_of": self.as_of.isoformat(),
            "basis": BASIS,
            "groups": [_group_json(group) for group in self.groups],
            "customers": [_customer_json(row) for row in self.customers.iter_rows(named=True)],
        }


def aging_report(ledger: Ledger, as_of: date, tolerance: int = 0, rolls: Rolls | None = None) -> AgingReport:
    """Aging of what is open at the end of ``as_of``, by days past the effective due date.

    ``tolerance`` in minor units as in ``open_items``; ``rolls`` by company_id: each legal entity has the
    holidays of its own country, and for one that is not in it the due date itself counts.
    """
    now = aged(ledger, as_of, tolerance, rolls)
    free = unapplied(ledger, as_of)
    sums = aging(now)
    pairs = pl.concat([now.select("company_id", "currency"), free.select("company_id", "currency")]).unique()
    groups = (_group(company, currency, sums, free) for company, currency in sorted(pairs.iter_rows()))
    return AgingReport(as_of, tuple(groups), _by_customer(now))


def aged(ledger: Ledger, as_of: date, tolerance: int = 0, rolls: Rolls | None = None) -> pl.DataFrame:
    """Open items with ``days_past_due`` counted from the effective due date: reports never age a weekend."""
    items = with_effective_due_date(open_items(ledger, as_of, "end", tolerance), rolls or {})
    days = (as_of - pl.col("effective_due_date")).dt.total_days().clip(lower_bound=0)
    return items.with_columns(days_past_due=days)


def _group(company: str, currency: str, sums: pl.DataFrame, free: pl.DataFrame) -> AgingGroup:
    own = pl.col("company_id").eq(company) & pl.col("currency").eq(currency)
    found = {
        label: (items, amount)
        for label, items, amount in sums.filter(own).select("bucket", "items", "open_amount").iter_rows()
    }
    buckets = tuple((b.label, *found.get(b.label, (0, 0))) for b in AGING_BUCKETS)
    total = sum(amount for _, _, amount in buckets)
    return AgingGroup(
        company,
        currency,
        items=sum(items for _, items, _ in buckets),
        open_amount=total,
        overdue_amount=total - buckets[0][2],
        unapplied_amount=int(free.filter(own)["unapplied_amount"].sum()),
        buckets=buckets,
    )


def _by_customer(items: pl.DataFrame) -> pl.DataFrame:
    labels = [bucket.label for bucket in AGING_BUCKETS]
    amounts = [pl.col("open_amount").filter(pl.col("bucket") == label).sum().alias(label) for label in labels]
    return (
        items.with_columns(bucket=bucket_of(pl.col("days_past_due")))
        .group_by(*CUSTOMER_KEY, "currency")
        .agg(pl.len().alias("items"), pl.col("open_amount").sum(), *amounts)
        .sort(pl.col("open_amount"), *CUSTOMER_KEY, "currency", descending=[True, False, False, False])
    )


def _group_json(group: AgingGroup) -> dict[str, Any]:
    def text(minor: int) -> str:
        return to_text(minor, group.currency)

    def bucket(label: str, items: int, amount: int) -> dict[str, Any]:
        share = amount / group.open_amount if group.open_amount else 0.0
        return {"bucket": label, "items": items, "open_amount": text(amount), "share": round(share, 6)}

    amounts = {name: text(value) for name, value in asdict(group).items() if name.endswith("_amount")}
    return {
        "company_id": group.company_id,
        "currency": group.currency,
        "items": group.items,
        **amounts,
        "overdue_share": round(group.overdue_share, 6),
        "buckets": [bucket(*each) for each in group.buckets],
    }


def _customer_json(row: dict[str, Any]) -> dict[str, Any]:
    kept = ("company_id", "customer_id", "currency", "items")
    return {name: value if name in kept else to_text(value, row["currency"]) for name, value in row.items()}
