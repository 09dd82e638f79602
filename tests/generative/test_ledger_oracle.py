"""Item states against a slow and obvious count by hand, on ledgers that Hypothesis makes."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import assume, given
from hypothesis import strategies as st

from riskpay.ledger.aging import aging
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import exposure, items, latest, open_items, unapplied
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY, TABLES

START = date(2024, 1, 1)
DAYS = 20
NAMES = ("A", "B", "C")
day_numbers = st.integers(0, DAYS)
amounts = st.integers(1, 5)


def on(number):
    return START + timedelta(days=number)


@st.composite
def versions(draw, name, kind):
    """A document in one to three versions, known on different days."""
    known = sorted(draw(st.sets(day_numbers, min_size=1, max_size=3)))
    issued = on(draw(st.integers(0, known[0])))
    return [
        {
            "company_id": "1",
            "invoice_id": name,
            "instalment": 1,
            "known_on": on(day),
            "customer_id": f"K{name}",
            "document_type": kind,
            "issue_date": issued,
            "due_date": issued + timedelta(days=draw(st.integers(0, 10))),
            "amount": draw(amounts),
            "currency": "USD",
            "status": draw(st.sampled_from(["active", "active", "cancelled"])),
        }
        for day in known
    ]


@st.composite
def ledgers(draw):
    """Invoices A, B, C, credit note N, payments P0..P3 with allocations, some returned, and write-offs."""
    documents = [row for name in NAMES for row in draw(versions(name, "invoice"))] + draw(versions("N", "credit_note"))
    payments, applied, returned = [], [], []
    for n in range(draw(st.integers(0, 4))):
        value, lag = draw(day_numbers), draw(st.integers(0, 3))
        parts = draw(st.lists(st.tuples(st.sampled_from(NAMES), amounts, st.integers(0, 4)), max_size=2))
        payments.append({"payment_id": f"P{n}", "amount": sum(p[1] for p in parts) + 1, "day": value, "lag": lag})
        applied += [("payment", f"P{n}", name, amount, value, lag + later) for name, amount, later in parts]
        if draw(st.booleans()):
            returned.append((f"P{n}", draw(day_numbers)))
    for name in draw(st.sets(st.sampled_from(NAMES), max_size=2)):
        applied.append(("credit_note", "N", name, draw(amounts), draw(day_numbers), draw(st.integers(0, 3))))
    offs = draw(st.lists(st.tuples(st.sampled_from(NAMES), amounts, day_numbers), max_size=2))
    return build(documents, payments, applied, returned, offs)


def build(documents, payments, applied, returned, offs):
    known = {"company_id": "1", "currency": "USD", "instalment": 1}
    rows = {
        "invoices": documents,
        "payments": [
            {
                "payment_id": p["payment_id"],
                "customer_id": "KA",
                "value_date": on(p["day"]),
                "amount": p["amount"],
                "known_on": on(p["day"] + p["lag"]),
            }
            for p in payments
        ],
        "payment_reversals": [
            {"payment_id": name, "reversed_on": on(day), "known_on": on(day)} for name, day in returned
        ],
        "allocations": [
            {
                "allocation_id": f"L{n}",
                "source_type": kind,
                "source_id": source,
                "invoice_id": name,
                "amount": amount,
                "allocated_on": on(day),
                "known_on": on(day + lag),
            }
            for n, (kind, source, name, amount, day, lag) in enumerate(applied)
        ],
        "write_offs": [
            {
                "write_off_id": f"W{n}",
                "invoice_id": name,
                "amount": amount,
                "written_off_on": on(day),
                "known_on": on(day),
            }
            for n, (name, amount, day) in enumerate(offs)
        ],
    }
    frames = {
        name: pl.DataFrame([{k: v for k, v in (known | row).items() if k in TABLES[name].names} for row in table])
        for name, table in rows.items()
        if table
    }
    return Ledger.of(frames)


class ByHand:
    """One item counted day by day in plain Python."""

    def __init__(self, ledger, name):
        self.versions = [v for v in ledger.invoices.sort("known_on").to_dicts() if v["invoice_id"] == name]
        self.made = self.versions[0]["known_on"]
        returns = {("payment", r["payment_id"]): r["known_on"] for r in ledger.payment_reversals.to_dicts()}
        for note in ledger.invoices.filter(document_type="credit_note", status="cancelled").sort("known_on").to_dicts():
            returns.setdefault(("credit_note", note["invoice_id"]), note["known_on"])
        self.facts = []
        for a in ledger.allocations.to_dicts():
            if a["invoice_id"] == name:
                back = returns.get((a["source_type"], a["source_id"]), date.max)
                kind = "cash" if a["source_type"] == "payment" else "credit"
                self.facts.append((kind, a["amount"], a["allocated_on"], max(a["known_on"], self.made), back))
        for w in ledger.write_offs.to_dicts():
            if w["invoice_id"] == name:
                self.facts.append(
                    ("write_off", w["amount"], w["written_off_on"], max(w["known_on"], self.made), date.max)
                )

    def on_day(self, day):
        known = [v for v in self.versions if v["known_on"] <= day]
        last = known[-1]
        standing = [f for f in self.facts if f[3] <= day < f[4]]
        sums = {kind: sum(f[1] for f in standing if f[0] == kind) for kind in ("cash", "credit", "write_off")}
        sums["credit"] += last["amount"] if last["status"] == "cancelled" else 0
        lowered = [b["known_on"] for a, b in pairwise(known) if b["amount"] < a["amount"]]
        changed = [v["known_on"] for v in known if v["status"] == "cancelled"] + lowered
        kinds = {kind for kind, amount in sums.items() if amount} | ({"lowered"} if day in lowered else set())
        return {
            "due_date": last["due_date"],
            "amount": last["amount"],
            "open_amount": last["amount"] - sum(sums.values()),
            "overpaid_amount": max(0, sums["cash"] + sums["credit"] - last["amount"]),
            "counts_on": max([f[2] for f in standing] + changed, default=None),
            "fell": any(day == max(f[3], f[4]) for f in self.facts),
            "by": "mixed" if len(kinds) > 1 else "credit" if kinds == {"lowered"} else min(kinds, default=None),
        }

    def state(self, as_of):
        """The item at the end of a day, its last settlement found by walking there."""
        was, settled_on, by = False, None, None
        for n in range((as_of - self.made).days + 1):
            now = self.on_day(self.made + timedelta(days=n))
            settled = now["open_amount"] <= 0
            if settled and (not was or now["fell"]):
                settled_on, by = now["counts_on"], now["by"]
            was = settled
        now |= {"settled": was, "settled_on": settled_on if was else None, "settled_by": by if was else None}
        return {name: now[name] for name in CHECKED}


CHECKED = ("due_date", "amount", "open_amount", "overpaid_amount", "settled", "settled_on", "settled_by")


@given(ledgers(), day_numbers)
def test_items_are_as_counted_by_hand(ledger, number):
    as_of = on(number + 3)
    got = {row["invoice_id"]: {c: row[c] for c in CHECKED} for row in items(ledger, as_of).to_dicts()}
    by_hand = {name: ByHand(ledger, name) for name in NAMES}
    assert got == {name: item.state(as_of) for name, item in by_hand.items() if item.made <= as_of}


@given(ledgers(), day_numbers)
def test_a_snapshot_is_the_last_state_of_the_history(ledger, number):
    as_of = on(number)
    history = latest(item_states(ledger).filter(pl.col("known_on") <= as_of))
    assert items(ledger, as_of).sort(ITEM_KEY).equals(history.sort(ITEM_KEY))


@given(ledgers(), day_numbers)
def test_start_of_a_day_is_the_end_of_the_day_before(ledger, number):
    start = items(ledger, on(number), "start")
    assert start.equals(items(ledger, on(number) - timedelta(days=1), "end"))


@given(ledgers(), day_numbers)
def test_no_money_is_lost(ledger, number):
    """Exposure = active invoices - cash that stands - active notes - write-offs, however it is applied."""
    as_of = on(number)
    known = ledger.known(as_of, "end")
    assume(known.write_offs.is_empty())  # a payment after a write-off recovers a loss: it is no credit of the customer
    last = known.invoices.sort("known_on").group_by(ITEM_KEY, maintain_order=True).last().filter(status="active")
    owed = last.select(pl.when(document_type="invoice").then("amount").otherwise(-pl.col("amount")).sum()).item()
    cash = known.payments.join(known.payment_reversals, on="payment_id", how="anti")["amount"].sum()
    applied = known.allocations.filter(source_type="credit_note")
    note_known = not known.invoices.filter(document_type="credit_note").is_empty()
    assume(applied.is_empty() or note_known)  # a note applied before it is known has no amount yet
    assert exposure(ledger, as_of)["exposure"].sum() == owed - cash


@given(ledgers(), day_numbers, st.randoms())
def test_the_order_of_rows_changes_nothing(ledger, number, random):
    seed = random.randrange(1000)
    shuffled = ledger.with_tables(
        **{n: f.sample(fraction=1, shuffle=True, seed=seed) for n, f in ledger.frames().items()}
    )
    for answer in (open_items, unapplied, exposure):
        assert answer(ledger, on(number)).equals(answer(shuffled, on(number)))
    assert item_states(ledger).equals(item_states(shuffled))


@given(ledgers(), day_numbers)
def test_aging_adds_up_to_what_is_open(ledger, number):
    now = open_items(ledger, on(number))
    sums = aging(now)
    assert sums["open_amount"].sum() == now["open_amount"].sum()
    assert sums["items"].sum() == now.height


@given(ledgers(), day_numbers)
def test_what_becomes_known_later_changes_no_earlier_answer(ledger, number):
    as_of = on(number)
    early = ledger.known(as_of, "end")
    assert items(ledger, as_of).equals(items(early, as_of))
    assert exposure(ledger, as_of).equals(exposure(early, on(DAYS * 2)))
