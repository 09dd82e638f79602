"""Holds, as a credit manager reads them: what of an item can be collected, and why it gets no step.

The day is Wednesday 2024-06-12. Amounts are dollars. Items are written "number customer due amount".
"""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.decisions.book import Book
from riskpay.decisions.decide import decide
from riskpay.decisions.policy_file import load_policy
from riskpay.ledger.tables import BLOCKS, DISPUTES, PROMISES

DAY = date(2024, 6, 12)
POLICY = load_policy("grace_days: 0")

LARGE = "I1 C1 2024-05-01 10000; I2 C1 2024-05-20 30000"
TWO = "I1 C1 2024-05-01 100; I2 C1 2024-05-20 300"

# what is known | I1: to collect, hold | I2: to collect, hold
CASES = {
    "nothing": ({}, "100 -", "300 -"),
    "whole item disputed": (
        {"disputes": "I1 all opened 2024-06-01"},
        "0 dispute: open until 2024-07-31",
        "300 -",
    ),
    "part of an item disputed": ({"disputes": "I2 120 opened 2024-06-01"}, "100 -", "180 -"),
    "dispute with its own end": (
        {"disputes": "I1 all opened 2024-06-01 until 2024-06-12"},
        "0 dispute: open until 2024-06-12",
        "300 -",
    ),
    "dispute that ended yesterday": ({"disputes": "I1 all opened 2024-06-01 until 2024-06-11"}, "100 -", "300 -"),
    "dispute that nobody renewed": ({"disputes": "I1 all opened 2024-04-01"}, "100 -", "300 -"),
    "dispute resolved": ({"disputes": "I1 all opened 2024-06-01 resolved"}, "100 -", "300 -"),
    "item promised": ({"promises": "I2 all for 2024-06-14"}, "100 -", "0 promise: open until 2024-06-16"),
    "promise in its days of grace": (
        {"promises": "I2 all for 2024-06-10"},
        "100 -",
        "0 promise: open until 2024-06-12",
    ),
    "promise past its grace": ({"promises": "I2 all for 2024-06-09"}, "100 -", "300 -"),
    "account promised in part, oldest first": (
        {"promises": "account 250 for 2024-06-14"},
        "0 promise: open until 2024-06-16",
        "150 -",
    ),
    "promise withdrawn": ({"promises": "I2 all for 2024-06-14 withdrawn"}, "100 -", "300 -"),
    "item blocked": ({"blocks": "I1 until 2024-06-12"}, "0 block: until 2024-06-12", "300 -"),
    "block over": ({"blocks": "I1 until 2024-06-11"}, "100 -", "300 -"),
    "block lifted": ({"blocks": "I1 until 2024-06-30 lifted"}, "100 -", "300 -"),
    "customer blocked": (
        {"blocks": "account until 2024-06-30"},
        "0 block: until 2024-06-30",
        "0 block: until 2024-06-30",
    ),
    "insolvent": (
        {"account_status": "insolvent"},
        "0 account: insolvent, nobody is chased",
        "0 account: insolvent, nobody is chased",
    ),
    "legal": (
        {"account_status": "legal"},
        "0 account: legal, nobody is chased",
        "0 account: legal, nobody is chased",
    ),
    "agency": (
        {"account_status": "agency"},
        "0 account: agency, nobody is chased",
        "0 account: agency, nobody is chased",
    ),
    "insolvency counts before a block": (
        {"account_status": "insolvent", "blocks": "account until 2024-06-30"},
        "0 account: insolvent, nobody is chased",
        "0 account: insolvent, nobody is chased",
    ),
    "auto-pay that failed long ago": ({"payment_method": "auto_pay"}, "100 -", "300 -"),
    "cash not applied yet": ({"unapplied_amount": 15000}, "0 -", "250 -"),
    "stale bank data": (
        {"cash_until": "2024-06-07"},
        "100 stale bank data: newest cash fact is of 2024-06-07, 5 days old",
        "300 stale bank data: newest cash fact is of 2024-06-07, 5 days old",
    ),
    "bank data that never came": (
        {"cash_until": None},
        "100 stale bank data: no cash fact so far",
        "300 stale bank data: no cash fact so far",
    ),
    "bank data of the last days": ({"cash_until": "2024-06-08"}, "100 -", "300 -"),
}


def _items(text: str) -> pl.DataFrame:
    rows = [row.split() for row in text.split(";")]
    due = [date.fromisoformat(row[2]) for row in rows]
    count = len(rows)
    return pl.DataFrame(
        {
            "company_id": ["1"] * count,
            "invoice_id": [row[0] for row in rows],
            "instalment": [1] * count,
            "customer_id": [row[1] for row in rows],
            "currency": [row[4] if len(row) > 4 else "USD" for row in rows],
            "issue_date": [day - timedelta(days=30) for day in due],
            "due_date": due,
            "effective_due_date": due,
            "open_amount": [round(float(row[3]) * 100) for row in rows],
            "days_past_due": [max(0, (DAY - day).days) for day in due],
            **{name: [0.5] * count for name in ("p_late", "p_unpaid_7", "p_unpaid_30", "p_unpaid_90")},
            "abstains": [False] * count,
            "rate": [1.0] * count,
        }
    )


def _claim(text: str) -> dict[str, object]:
    what, *words = text.split()
    claim: dict[str, object] = {"company_id": "1", "customer_id": "C1", "reason": "said"}
    claim["invoice_id"] = None if what == "account" else what
    if words[0] != "until":
        claim["amount"] = None if words[0] == "all" else round(float(words[0]) * 100)
        words = words[1:]
    named = {"opened": "opened_on", "for": "promised_for", "until": "until"}
    while words and words[0] in named:
        claim[named[words[0]]] = date.fromisoformat(words[1])
        words = words[2:]
    claim["status"] = words[0] if words else None
    return claim


def _book(items: str, known: dict[str, object]) -> Book:
    frame = _items(items)
    tables = {}
    for name, table, opened, day in (
        ("disputes", DISPUTES, "open", "opened_on"),
        ("promises", PROMISES, "open", "promised_on"),
        ("blocks", BLOCKS, "active", "blocked_on"),
    ):
        if name in known:
            claim = _claim(str(known[name]))
            claim |= {f"{name[:-1]}_id": "X", "known_on": date(2024, 6, 1), day: claim.get(day) or date(2024, 6, 1)}
            claim["status"] = claim["status"] or opened
            typed = {column: kind for column, kind in table.dtypes.items() if column in claim}
            tables[name] = pl.DataFrame([{column: claim[column] for column in typed}], schema=typed)
    customers = {key: known[key] for key in ("account_status", "payment_method", "unapplied_amount") if key in known}
    ids = frame["customer_id"].unique(maintain_order=True)
    people = pl.DataFrame({"company_id": "1", "customer_id": ids, "settled_count": 9, "debtor_type": "company"})
    told = known.get("cash_until", DAY)
    cash_until = {"1": date.fromisoformat(str(told))} if told else {}
    customers_frame = people.with_columns(pl.lit(value).alias(name) for name, value in customers.items())
    curves = np.tile(np.exp(-0.02 * np.arange(181)), (frame.height, 1))
    return Book(DAY, frame, curves, customers_frame, cash_until, "USD", **tables)


def _shown(book: Book, invoice: str) -> str:
    row = decide(book, POLICY).holds.row(by_predicate=pl.col("invoice_id") == invoice, named=True)
    return f"{row['collectible_amount'] / 100:g} {row['hold'] or '-'}"


@pytest.mark.parametrize("case", CASES)
def test_holds(case):
    known, first, second = CASES[case]
    book = _book(TWO, known)
    assert (_shown(book, "I1"), _shown(book, "I2")) == (first, second)


@pytest.mark.parametrize(
    "case", [name for name, (_, *ends) in CASES.items() if any(not end.endswith("-") for end in ends)]
)
def test_a_hold_suppresses_the_step_and_names_its_rule(case):
    known, *ends = CASES[case]
    steps = decide(_book(TWO, known), POLICY).steps
    for invoice, end in zip(("I1", "I2"), ends, strict=True):
        row = steps.row(by_predicate=pl.col("invoice_id") == invoice, named=True)
        hold = end.split(" ", 1)[1]
        assert row["state"] == ("planned" if hold == "-" else "suppressed")
        assert hold == "-" or row["rule"] == hold


@pytest.mark.parametrize(
    ("due", "held"), [("2024-06-20", True), ("2024-06-05", True), ("2024-06-04", False), ("2024-05-01", False)]
)
def test_auto_pay_waits_until_it_has_failed(due, held):
    """Due date + 2 days of posting + 5 days."""
    shown = _shown(_book(f"I1 C1 {due} 100", {"payment_method": "auto_pay"}), "I1")
    assert ("auto-pay" in shown) == held


@pytest.mark.parametrize(
    ("items", "invoice", "held"),
    [
        ("I1 C1 2024-05-01 24.99", "I1", True),
        ("I1 C1 2024-05-01 25.00", "I1", False),
        ("I1 C1 2024-05-01 20; I2 C1 2024-05-20 5", "I1", False),
        ("I1 C1 2024-05-01 20; I2 C2 2024-05-20 500", "I1", True),
    ],
)
def test_a_small_balance_waits_for_the_next_statement(items, invoice, held):
    assert ("below minimum" in _shown(_book(items, {}), invoice)) == held


def test_a_minimum_of_its_own_for_a_currency():
    policy = load_policy('minimum_amount: {currencies: {EUR: "60.00"}}')
    book = _book("I1 C1 2024-05-01 59.99 EUR; I2 C2 2024-05-01 60.00 EUR; I3 C3 2024-05-01 59.99 USD", {})
    holds = decide(book, policy).holds
    assert holds.filter(pl.col("hold").is_not_null())["invoice_id"].to_list() == ["I1"]


def test_one_disputed_invoice_does_not_silence_the_others():
    decisions = decide(_book(LARGE, {"disputes": "I1 all opened 2024-06-01"}), POLICY)
    entry = decisions.worklists[0].entries[0]
    assert (entry.collectible_amount, entry.open_amount) == (3000000, 4000000)
    assert [item.invoice_id for item in entry.items] == ["I2"]


def test_who_is_held_wholly_leaves_the_call_list():
    for known in ({"account_status": "insolvent"}, {"blocks": "account until 2024-06-30"}):
        assert decide(_book(LARGE, known), POLICY).worklists == ()


def test_stale_bank_data_hold_steps_but_not_the_list():
    decisions = decide(_book(LARGE, {"cash_until": "2024-06-01"}), POLICY)
    assert set(decisions.steps["state"]) == {"suppressed"}
    assert decisions.worklists[0].entries[0].next_step.state == "suppressed"


def test_a_later_version_of_a_dispute_counts():
    first = _book(TWO, {"disputes": "I1 all opened 2024-06-01"})
    closed = first.disputes.with_columns(status=pl.lit("withdrawn"), known_on=pl.lit(date(2024, 6, 5)))
    book = _book(TWO, {})
    both = Book(**{**vars(book), "disputes": pl.concat([closed, first.disputes])})
    assert _shown(both, "I1") == "100 -"
