"""Items as a person would rebuild them from the documents, for ``reference``: slow, and open to the eye.

Nothing here is shared with ``riskpay.ledger.settlement``: each item's facts are walked through day by day.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from riskpay.ledger.ledger import Ledger
from riskpay.money import is_currency, minor_digits

Row = dict[str, Any]
ItemKey = tuple[str, str, int]


@dataclass(frozen=True)
class Movement:
    """Cash, credit or a write-off that counts for an item from one day to the day before another."""

    kind: str
    amount: int
    counts_on: date
    known_from: date
    known_until: date
    """First day on which it stands no more; ``date.max`` if it was never taken back."""


@dataclass(frozen=True)
class ItemFacts:
    """One item: the versions of its document in order, and everything applied to it."""

    versions: tuple[Row, ...]
    movements: tuple[Movement, ...]

    @property
    def made(self) -> date:
        """The day its first version became known."""
        day: date = self.versions[0]["known_on"]
        return day


@dataclass(frozen=True)
class Settlement:
    """When and by what (cash, credit, write_off, mixed) an item was settled, and when that became known."""

    settled_on: date | None
    settled_by: str | None
    known_on: date


@dataclass(frozen=True)
class KnownItem:
    """What is known of one item at the end of a day."""

    key: ItemKey
    customer_id: str
    first_customer_id: str
    made: date
    issue_date: date
    due_date: date
    currency: str
    amount: int
    open_amount: int
    settlement: Settlement | None = None
    """How it was settled; None while it is open."""

    @property
    def company_id(self) -> str:
        """Our legal entity that is owed."""
        return self.key[0]

    @property
    def terms_days(self) -> int:
        """Days from issue to due date."""
        return (self.due_date - self.issue_date).days


def facts_by_item(ledger: Ledger) -> dict[ItemKey, ItemFacts]:
    """Every fact of the ledger, sorted by the item it is about."""
    documents = sorted(ledger.invoices.to_dicts(), key=lambda row: row["known_on"])
    versions = defaultdict(list)
    for row in documents:
        if row["document_type"] == "invoice":
            versions[_key(row)].append(row)
    returned = _returned(ledger, documents)
    movements = defaultdict(list)
    for row in ledger.allocations.to_dicts():
        until = returned.get((row["company_id"], row["source_type"], row["source_id"]), date.max)
        kind = "cash" if row["source_type"] == "payment" else "credit"
        movements[_key(row)].append(Movement(kind, row["amount"], row["allocated_on"], row["known_on"], until))
    for row in ledger.write_offs.to_dicts():
        gone = Movement("write_off", row["amount"], row["written_off_on"], row["known_on"], date.max)
        movements[_key(row)].append(gone)
    return {key: ItemFacts(tuple(rows), tuple(movements[key])) for key, rows in versions.items()}


def _key(row: Row) -> ItemKey:
    return row["company_id"], row["invoice_id"], row["instalment"]


def _returned(ledger: Ledger, documents: Iterable[Row]) -> dict[tuple[str, str, str], date]:
    """Payments that came back and credit notes that were cancelled, with the day that was known."""
    days = {(r["company_id"], "payment", r["payment_id"]): r["known_on"] for r in ledger.payment_reversals.to_dicts()}
    for row in documents:
        if row["document_type"] == "credit_note" and row["status"] == "cancelled":
            days.setdefault((row["company_id"], "credit_note", row["invoice_id"]), row["known_on"])
    return days


def item_on(facts: ItemFacts, last_day: date, tolerance: int) -> KnownItem:
    """The item at the end of ``last_day``, from the facts known by then and in the order they became known.

    The item must be known by then. ``tolerance``: largest open amount (minor units) that counts as settled.
    """
    known = [v for v in facts.versions if v["known_on"] <= last_day]
    item = first_version(facts)
    for day in sorted(_days(facts, last_day)):
        item = _next_day(item, facts, [v for v in known if v["known_on"] <= day], day, tolerance)
    return item


def first_version(facts: ItemFacts) -> KnownItem:
    """The item as its own first document says it, open in full."""
    first = facts.versions[0]
    same = ("customer_id", "issue_date", "due_date", "currency", "amount")
    return KnownItem(
        key=_key(first),
        first_customer_id=first["customer_id"],
        made=facts.made,
        open_amount=first["amount"],
        **{name: first[name] for name in same},
    )


def _days(facts: ItemFacts, last_day: date) -> set[date]:
    """Days on which something changed; what was known before the document counts from the document's day."""
    known = {max(day, facts.made) for m in facts.movements for day in (m.known_from, m.known_until)}
    return {day for day in known | {v["known_on"] for v in facts.versions} if day <= last_day}


def _next_day(before: KnownItem, facts: ItemFacts, versions: list[Row], day: date, tolerance: int) -> KnownItem:
    document = versions[-1]
    standing = [m for m in facts.movements if m.known_from <= day < m.known_until]
    taken = {kind: sum(m.amount for m in standing if m.kind == kind) for kind in ("cash", "credit", "write_off")}
    if document["status"] == "cancelled":
        taken["credit"] += document["amount"]
    open_amount = document["amount"] - sum(taken.values())
    settlement = None
    if open_amount <= tolerance:
        settlement = before.settlement or _settlement(taken, standing, versions, day)
        if before.settlement and _fell(facts, day):
            settlement = _settled_by_the_rest(before.settlement, _settlement(taken, standing, versions, day))
    now = {name: document[name] for name in ("customer_id", "issue_date", "due_date", "currency", "amount")}
    return replace(before, **now, open_amount=open_amount, settlement=settlement)


def _fell(facts: ItemFacts, day: date) -> bool:
    """Whether something that was taken off an item is given back on ``day``."""
    backs = [m for m in facts.movements if m.known_until != date.max]
    return any(day == max(m.known_from, m.known_until, facts.made) for m in backs)


def _settled_by_the_rest(before: Settlement, now: Settlement) -> Settlement:
    """The settlement of an item that stays settled when something falls; known to be paid since it first was."""
    both_cash = before.settled_by == now.settled_by == "cash"
    return replace(now, known_on=before.known_on) if both_cash else now


def _settlement(taken: dict[str, int], standing: list[Movement], versions: list[Row], day: date) -> Settlement:
    """How an item that was open is settled on ``day``: by all that was taken off, on the last day that counts."""
    lowered = [later["known_on"] for earlier, later in pairwise(versions) if later["amount"] < earlier["amount"]]
    cancelled = [version["known_on"] for version in versions if version["status"] == "cancelled"]
    settled_on = max([m.counts_on for m in standing] + lowered + cancelled, default=None)
    kinds = [kind for kind, amount in taken.items() if amount > 0]
    if day in lowered:
        kinds.append("lowered")
    by = "mixed" if len(kinds) > 1 else next(iter(kinds), None)
    return Settlement(settled_on, "credit" if by == "lowered" else by, day)


class Rates:
    """Exchange rates into each company's currency."""

    def __init__(self, ledger: Ledger) -> None:
        self._home = {row["company_id"]: row["currency"] for row in ledger.companies.to_dicts()}
        self._quoted = sorted(ledger.fx_rates.to_dicts(), key=lambda row: row["rate_date"])

    def value(self, item: KnownItem, amount: int) -> float:
        """Minor units of an item's currency in major units of its company's currency.

        The last rate on or before the issue day counts, or before the day the document became known if that was
        earlier; without one, one for one.
        """
        home = self._home.get(item.company_id, item.currency)
        rate = 1.0 if home == item.currency else self._rate(item.currency, home, min(item.issue_date, item.made))
        digits = minor_digits(item.currency) if is_currency(item.currency) else 2
        return float(amount * rate / 10.0**digits)

    def _rate(self, currency: str, home: str, day: date) -> float:
        """The newest quote; of the same day, the direct one before the inverse."""
        rate, of_day = 1.0, None
        for row in self._quoted:
            if row["rate_date"] > day:
                break
            pair = row["currency"], row["quote_currency"]
            if pair == (currency, home):
                rate, of_day = row["rate"], row["rate_date"]
            elif pair == (home, currency) and row["rate"] > 0 and row["rate_date"] != of_day:
                rate = 1.0 / row["rate"]
        return rate
