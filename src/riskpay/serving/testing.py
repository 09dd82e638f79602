"""A store with a day in it, a scorer that needs no model, and a client: for tests and for looking at the pages.

Nothing of the service imports this module; it needs the test extras (httpx).
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

import httpx
import polars as pl
from fastapi import FastAPI

from riskpay.model.risk import HORIZON_DAYS, LateRisk, PaymentCurve, Reason
from riskpay.serving.testing_changes import SUMS, changes_told
from riskpay.store.database import Store
from riskpay.workflows.scoring_types import NewItem, RowProblem, ScoredItem

DAY: Final = date(2019, 8, 1)
KNOWN: Final = "0600769623"
REFUSED: Final = "0999999999"
"""A customer the fake scorer refuses, to show a row problem of the scorer's own."""


@dataclass
class FakeScorer:
    """Pays half of what is open every ten days; knows one customer; writes down what it was asked."""

    model_version: str = "4"
    model_kind: str = "hazard"
    data_version: str = "9d3a41c2"
    policy_hash: str = "b7e0c55f"
    facts_until: date = DAY
    asked: list[tuple[tuple[NewItem, ...], date]] = field(default_factory=list)
    compared: list[tuple[date | None, tuple[str, str] | None, tuple[str, ...], int]] = field(default_factory=list)

    def at(self, _as_of: date) -> "FakeScorer":
        """Itself: it knows nothing of any day."""
        return self

    def score(
        self, items: Sequence[NewItem], as_of: date, *, with_reasons: bool = False, with_sums: bool = False
    ) -> Sequence[ScoredItem | RowProblem]:
        """One answer an item, in order."""
        self.asked.append((tuple(items), as_of))
        found = [_scored(item, as_of) for item in items]
        found = [replace(one, why=SUMS) if with_sums and isinstance(one, ScoredItem) else one for one in found]
        return found if with_reasons else [_bare(answer) for answer in found]

    def changes(
        self,
        since: date | None = None,
        customer: tuple[str, str] | None = None,
        invoices: Sequence[str] = (),
        top: int = 20,
    ) -> Mapping[str, Any]:
        """What changed of the items of ``entry``: one moved, one paid in part, one new, one settled."""
        self.compared.append((since, customer, tuple(invoices), top))
        day = self.facts_until
        return changes_told(since or day - timedelta(days=1), day, customer, top)


def _bare(answer: ScoredItem | RowProblem) -> ScoredItem | RowProblem:
    return answer if isinstance(answer, RowProblem) else replace(answer, risk=replace(answer.risk, reasons=()))


def _scored(item: NewItem, as_of: date) -> ScoredItem | RowProblem:
    if item.customer_id == REFUSED:
        return RowProblem("customer_blocked", f"customer {item.customer_id} cannot be scored")
    known = item.customer_id == KNOWN
    risk = LateRisk(
        company_id=item.company_id,
        invoice_id=item.invoice_id or "new",
        instalment=1,
        as_of=as_of,
        p_late=0.123456789,
        curve=PaymentCurve(tuple(0.5 ** (day / 10) for day in range(HORIZON_DAYS + 1))),
        p_late_band=(0.05, 0.2),
        p_unpaid_30_band=(0.08, 0.17),
        pay_in=(2, 34),
        support=41 if known else 0,
        is_new=not known,
        reasons=(Reason("late_share", "paid 7 of the last 9 invoices late, 12 days on average", 1.2),),
        model_version="4",
    )
    step = {
        "due_on": item.due_date + timedelta(days=1),
        "channel": "email",
        "tone": "courteous",
        "owner": "automatic",
        "step_code": "occasional_reminder",
        "rule": "occasionally late, 1 day after the due date",
    }
    return ScoredItem(risk, "occasionally_late" if known else "new", step)


T = TypeVar("T")


def in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own: a browser's driver may hold this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass(frozen=True)
class Client:
    """Asks an application without a socket; keeps cookies as a browser does."""

    app: FastAPI
    headers: dict[str, str] = field(default_factory=dict)
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        """One request and its response; redirects are not followed."""
        return in_thread(self._ask(method, path, **more))

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        way = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        headers = {**self.headers, **more.pop("headers", {})}
        async with httpx.AsyncClient(transport=way, base_url="http://riskpay.test", cookies=self.cookies) as client:
            answer = await client.request(method, path, headers=headers, **more)
            self.cookies.update(client.cookies)
            return answer

    def get(self, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        """A GET request."""
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
        """A POST request."""
        return self.ask("POST", path, **more)


CUSTOMERS: Final = (
    ("0600769623", "Walden Retail Group", "48213.77", "1204", 61, 0.7413, "habitually_late"),
    ("0600980828", "Bennett & Sons Foods", "91466.10", "988", 44, 0.6127, "high_risk"),
    ("0540106181", "Thistle Markets", "12980.40", "402", 33, 0.5521, "habitually_late"),
    (
        "0600769624",
        "Harborview Cash and Carry of the Northern Counties",
        "7604.00",
        "311",
        29,
        0.4933,
        "natural_person",
    ),
    ("0600353024", "Delgado Hospitality", "23911.25", "287", 22, 0.4102, "occasionally_late"),
    ("0600148860", "Dollar Depot", "5120.09", "154", 18, 0.3809, "occasionally_late"),
    ("CDX902", "Kinfolk Bakery", "1804.55", "61", 12, 0.3304, "new"),
    ("0600230690", "Dunmore Trading", "16770.98", "58", 9, 0.2718, "reliable"),
)
HELD: Final = "dispute D-11 is open until 2019-08-20"
MUST: Final = "must be called: broke a promise, overdue since 2019-07-29"
REASONS: Final = (
    "paid 7 of the last 9 invoices late, 12 days on average",
    "oldest open invoice is {} days past due",
    "owes {} USD past due",
)


def entry(rank: int, number: int) -> dict[str, Any]:
    """A worklist entry as decisions make it, for one of ``CUSTOMERS``."""
    customer, name, amount, value, oldest, p_unpaid, segment = CUSTOMERS[number % len(CUSTOMERS)]
    due = DAY - timedelta(days=oldest)
    item = {
        "invoice_id": f"19304{number:05d}",
        "instalment": 1,
        "open_amount": amount,
        "collectible_amount": amount,
        "currency": "USD",
        "due_date": due.isoformat(),
        "days_past_due": oldest,
        "p_late": 1.0,
        "p_unpaid_30": p_unpaid,
        "abstains": segment == "new",
    }
    later = {**item, "invoice_id": f"19305{number:05d}", "due_date": "2019-08-09", "days_past_due": 0, "instalment": 2}
    return {
        "rank": rank,
        "company_id": "1",
        "customer_id": customer,
        "name": name,
        "collectible_amount": amount,
        "currency": "USD",
        "open_amount": amount,
        "call_value": f"{value}.00",
        "extra_cash": f"{int(value) // 2}.00",
        "cash_days": "14.00",
        "loss_avoided": f"{int(value) // 3}.00",
        "reporting_currency": "USD",
        "priority": round(int(value) / 12, 4),
        "strategy": "call_value",
        "minutes": 12.0,
        "p_late": 0.93,
        "p_unpaid_30": p_unpaid,
        "abstains": segment == "new",
        "segment": segment,
        "oldest_days_past_due": oldest,
        "next_step": {
            "due_on": "2019-08-02",
            "channel": "phone",
            "tone": "firm",
            "owner": "collector",
            "step_code": "habitual_call",
            "state": "planned",
            "rule": "habitually late: day 5 after the due date",
        },
        "must_contact": "broken promise" if number == 1 else None,
        "reasons": [MUST] * (number == 1) + [REASONS[0], REASONS[1].format(oldest), REASONS[2].format(amount)],
        "items": [item, later] if number % 2 else [item],
        "call_hours": ["2019-08-01T12:00:00+00:00", "2019-08-02T01:00:00+00:00"],
    }


def fill(store: Store, as_of: date = DAY) -> str:
    """Publish a day of two collectors, advice, a plan and segments; gives the run's id."""
    run_id = store.runs.record(
        as_of,
        model_version="4",
        data_version="9d3a41c2e1f0",
        policy_hash="b7e0c55f9a02",
        seconds=3.2,
        counts={"open_items": 24, "customers": 8},
    )
    lists = [
        {"collector": "anna", "capacity_minutes": 300, "entries": [entry(n + 1, n) for n in range(5)]},
        {"collector": "bert", "capacity_minutes": 240, "entries": [entry(n - 4, n) for n in range(5, 8)]},
    ]
    tips = [("0600762301", "Wexford Stores", 0.97), ("0600744019", "Target Commons", 0.95)]
    advice = [
        {
            "company_id": "1",
            "customer_id": customer,
            "name": name,
            "collectible_amount": "10244.10",
            "currency": "USD",
            "p_paid": paid,
            "within_days": 14,
            "text": f"Pays within 14 days in {paid:.0%} of such cases.",
        }
        for customer, name, paid in tips
    ]
    store.worklists.publish(run_id, as_of, lists, advice)
    store.steps.record(run_id, as_of, plan())
    store.segments.record(as_of, _segments())
    return run_id


def day_before(store: Store, as_of: date = DAY) -> str:
    """Record that the day before was scored too; gives the run's id."""
    return store.runs.record(
        as_of - timedelta(days=1),
        model_version="3",
        data_version="77aa41c2e1f0",
        policy_hash="b7e0c55f9a02",
        seconds=3.1,
        counts={"open_items": 23, "customers": 8},
        created_at=datetime(2019, 7, 31, 21, tzinfo=UTC),
    )


def _segments() -> pl.DataFrame:
    rows = [(customer, segment) for customer, *_, segment in CUSTOMERS]
    return pl.DataFrame(
        [{"company_id": "1", "customer_id": c, "segment": s, "rule": f"{s}: late share 0.61 >= 0.5"} for c, s in rows]
    )


def plan() -> pl.DataFrame:
    """A day's plan for the known customer: a step sent, one planned, one to approve, one held back."""
    base = {"company_id": "1", "customer_id": KNOWN, "instalment": 1, "tone": "courteous", "template": "reminder"}
    late = "habitually late: day {} after the due date"
    steps = [
        ("1930400000", "habitual_reminder", date(2019, 7, 2), "email", "automatic", 1, "sent", late.format(1)),
        ("1930400000", "habitual_call", date(2019, 8, 2), "phone", "collector", 2, "planned", late.format(5)),
        ("1930400000", "habitual_notice", date(2019, 8, 20), "letter", "lead", 5, "approval", late.format(45)),
        ("1930400001", "habitual_reminder", date(2019, 8, 3), "email", "automatic", 1, "suppressed", HELD),
    ]
    names = ("invoice_id", "step_code", "due_on", "channel", "owner", "dunning_level", "state", "rule")
    return pl.DataFrame([base | dict(zip(names, step, strict=True)) for step in steps])
