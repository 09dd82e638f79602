"""Payments and allocations that a later load tells otherwise: earlier answers stay, later ones are the new telling's."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import items, open_items, unapplied
from riskpay.ledger.tables import FILE_TABLES, TABLES, TAKEN_BACK
from riskpay.store.ledger_merge import merge

MAY = [date(2024, 5, day) for day in range(1, 32)]
JUNE = [date(2024, 6, day) for day in range(1, 31)]
INVOICES = [
    {
        "company_id": "1", "invoice_id": name, "instalment": 1, "known_on": MAY[0], "customer_id": "c1",
        "document_type": kind, "issue_date": MAY[0], "due_date": MAY[30], "amount": 100, "currency": "USD",
        "status": "active",
    }
    for name, kind in (("A", "invoice"), ("B", "invoice"), ("N", "credit_note"))
]  # fmt: skip


def payment(name="P", amount=100, day=19):
    paid = {"company_id": "1", "payment_id": name, "customer_id": "c1", "value_date": MAY[day], "amount": amount}
    return {**paid, "currency": "USD", "known_on": MAY[day]}


def part(name="X", source="P", invoice="A", amount=100, day=19, kind="payment"):
    applied = {"company_id": "1", "allocation_id": name, "source_type": kind, "source_id": source}
    where = {"invoice_id": invoice, "instalment": 1, "amount": amount}
    return {**applied, **where, "allocated_on": MAY[day], "known_on": MAY[day]}


def frames(payments=(), allocations=(), payment_reversals=()):
    rows = {"payments": payments, "allocations": allocations, "payment_reversals": payment_reversals}
    said = {name: pl.DataFrame(list(r), schema=TABLES[name].dtypes) for name, r in rows.items()}
    return {**said, "invoices": pl.DataFrame(INVOICES, schema=TABLES["invoices"].dtypes)}


def loaded(*loads):
    """The ledger after loads of (day, tables), and the counts of the last one."""
    return list(in_turn(loads))[-1]


def in_turn(loads):
    tables = {t.name: t.empty() for t in FILE_TABLES}
    for day, said in loads:
        merged = merge(tables, said, day, full=False)
        tables = merged.frames
        yield Ledger.of(tables).validated(), merged.counts


def open_of(ledger, day):
    return open_items(ledger, day).select("invoice_id", "open_amount").rows()


def free(ledger, day):
    return unapplied(ledger, day).filter(pl.col("currency") == "USD")["unapplied_amount"].sum()


def test_an_allocation_moved_to_another_item():
    loads = [(JUNE[2], frames([payment()], [part()])), (JUNE[5], frames([payment()], [part(invoice="B")]))]
    ledger, counts = loaded(*loads)
    assert open_of(ledger, JUNE[4]) == [("B", 100)], "what was known before Thursday stays"
    assert open_of(ledger, JUNE[5]) == [("A", 100)]
    assert free(ledger, JUNE[4]) == free(ledger, JUNE[5])
    assert (counts["payments"].unchanged, counts["allocations"].changed, counts["allocations"].added) == (1, 1, 0)
    again, counts = loaded(*loads, (JUNE[6], loads[1][1]))
    assert again.frames()["allocations"].equals(ledger.allocations)
    assert (counts["allocations"].unchanged, counts["payments"].unchanged) == (1, 1)


def test_a_delta_with_the_changed_allocation_only_takes_the_others_along():
    first = frames([payment(amount=100)], [part(amount=60), part("Y", invoice="B", amount=40)])
    ledger, counts = loaded((JUNE[2], first), (JUNE[5], frames([], [part(amount=50)])))
    assert open_of(ledger, JUNE[4]) == [("A", 40), ("B", 60)]
    assert open_of(ledger, JUNE[5]) == [("A", 50), ("B", 60)]
    assert free(ledger, JUNE[5]) == free(ledger, JUNE[4]) + 10
    assert (counts["allocations"].added, counts["allocations"].changed) == (0, 1)


def test_an_allocation_that_moves_to_another_payment_and_back():
    both = [payment("P"), payment("Q")]
    here, there = frames(both, [part()]), frames(both, [part(source="Q")])
    ledger, _ = loaded((JUNE[1], here), (JUNE[2], there), (JUNE[3], here), (JUNE[4], here))
    assert [open_of(ledger, JUNE[n]) for n in range(5)] == [[("B", 100)]] * 5
    standing = ledger.allocations.join(ledger.payment_reversals, left_on="source_id", right_on="payment_id", how="anti")
    assert standing["source_id"].str.replace("~v.*", "").to_list() == ["P"]


def test_a_corrected_payment_that_comes_back_is_returned_under_its_newest_number():
    back = {"company_id": "1", "payment_id": "P", "reversed_on": JUNE[8], "reason": "no funds", "known_on": JUNE[8]}
    corrected = frames([payment(day=25)], [part(day=25)])
    returned = {**corrected, "payment_reversals": frames(payment_reversals=[back])["payment_reversals"]}
    loads = [(JUNE[2], frames([payment()], [part()])), (JUNE[5], corrected), (JUNE[9], returned)]
    ledger, _ = loaded(*loads)
    assert open_of(ledger, JUNE[7]) == [("B", 100)]
    assert open_of(ledger, JUNE[8]) == [("A", 100), ("B", 100)]
    told_again, _ = loaded(*loads, (JUNE[10], frames([payment(day=26)], [part(day=26)])), (JUNE[11], returned))
    assert open_of(told_again, JUNE[20]) == [("A", 100), ("B", 100)], (
        "what came back stands no more, however it is told"
    )
    assert told_again.payments.height == ledger.payments.height


def test_numbers_of_a_source_that_look_alike_are_different_payments():
    said = frames([payment("P#1"), payment("P#2")], [part("X#1", "P#1"), part("X#2", "P#2", "B")])
    ledger, counts = loaded((JUNE[2], said), (JUNE[5], said))
    assert (ledger.payments.height, ledger.allocations.height, counts["payments"].unchanged) == (2, 2, 2)


@pytest.mark.parametrize("changed", [part(kind="credit_note", source="N", amount=90), part(source="P")])
def test_an_allocation_of_a_credit_note_stays_as_it_was_told_first(changed):
    note = part(kind="credit_note", source="N")
    ledger, _ = loaded((JUNE[2], frames([payment()], [note])), (JUNE[5], frames([payment()], [changed])))
    assert ledger.allocations.rows(named=True) == [note]


def one_of_each_stands(ledger):
    """Whether on no day two tellings of one payment or allocation stand: each falls before the next is known."""
    back = {row["payment_id"]: row["known_on"] for row in ledger.payment_reversals.iter_rows(named=True)}
    paid = ledger.payments.select("payment_id", "known_on", number="payment_id")
    cash = ledger.allocations.filter(source_type="payment").select("source_id", "known_on", number="allocation_id")
    stands = defaultdict(list)
    for frame in (paid, cash):
        for source, known, number in frame.iter_rows():
            if known < back.get(source, date.max):
                stands[frame.columns[0], number.split("~v")[0]].append((known, back.get(source, date.max)))
    return all(fell <= known for spans in map(sorted, stands.values()) for (_, fell), (known, _) in pairwise(spans))


def lagged(day, known):
    return frames(
        [{**payment(), "value_date": day, "known_on": known}], [{**part(), "allocated_on": day, "known_on": known}]
    )


def test_a_telling_known_earlier_than_the_one_it_replaces_does_not_stand_beside_the_first():
    first, second = lagged(JUNE[2], JUNE[4]), lagged(JUNE[3], JUNE[5])
    ledger, _ = loaded((JUNE[2], first), (JUNE[3], second), (JUNE[4], first))
    assert one_of_each_stands(ledger)
    assert len({free(ledger, JUNE[n]) for n in (4, 5, 6)}) == 1


def test_an_older_export_loaded_after_a_newer_one_counts_cash_once():
    days = [(JUNE[0], 19), (JUNE[9], 25), (JUNE[4], 24)]
    ledger, _ = loaded(*((on, frames([payment(day=day)], [part(day=day)])) for on, day in days))
    assert one_of_each_stands(ledger)
    assert items(ledger, JUNE[9]).filter(invoice_id="A")["settled_on"].to_list() == [MAY[24]]


def test_a_payment_taken_back_that_an_older_export_shows_comes_again_once_it_has_fallen():
    paid = frames([payment("paid:A~1")], [part(source="paid:A~1")])
    tables = loaded((JUNE[0], paid))[0].frames()
    back = {"company_id": "1", "payment_id": "paid:A~1", "reversed_on": JUNE[9], "known_on": JUNE[9]}
    taken = pl.DataFrame([{**back, "reason": TAKEN_BACK}], schema=TABLES["payment_reversals"].dtypes)
    merged = merge({**tables, "payment_reversals": taken}, paid, JUNE[4], full=False)
    ledger = Ledger.of(merged.frames)
    assert ledger.payments["payment_id"].to_list() == ["paid:A~1", "paid:A~1~v2"]
    assert one_of_each_stands(ledger)


def test_a_payment_corrected_below_its_allocations_is_unapplied_until_they_are_told_again():
    first, lower = frames([payment()], [part(amount=60), part("Y", invoice="B", amount=40)]), [payment(amount=50)]
    loads = [(JUNE[2], first), (JUNE[5], frames(lower))]
    ledger, _ = loaded(*loads)
    assert open_of(ledger, JUNE[4]) == [("A", 40), ("B", 60)]
    assert open_of(ledger, JUNE[5]) == [("A", 100), ("B", 100)]
    assert free(ledger, JUNE[5]) - free(ledger, JUNE[4]) == 50
    again, _ = loaded(*loads, (JUNE[6], frames(lower, [part(amount=50)])))
    assert open_of(again, JUNE[6]) == [("A", 50), ("B", 100)]


def test_a_payment_corrected_to_what_its_allocations_still_fit_keeps_them():
    ledger, _ = loaded((JUNE[2], frames([payment()], [part(amount=60)])), (JUNE[5], frames([payment(amount=60)])))
    assert open_of(ledger, JUNE[5]) == [("A", 40), ("B", 100)]


def test_a_payment_applied_anew_leaves_what_is_no_longer_named():
    first = frames([payment()], [part(amount=60), part("Y", invoice="B", amount=40)])
    for parts in ([part()], [part(amount=60), part("Z", amount=40)]):
        ledger, _ = loaded((JUNE[2], first), (JUNE[5], frames([payment()], parts)))
        assert open_of(ledger, JUNE[4]) == [("A", 40), ("B", 60)]
        assert open_of(ledger, JUNE[5]) == [("B", 100)]


told = st.tuples(
    st.fixed_dictionaries(
        {n: st.tuples(st.sampled_from([100, 120]), st.sampled_from([10, 19]), st.integers(0, 30)) for n in "PQ"}
    ),
    st.fixed_dictionaries(
        {n: st.tuples(st.sampled_from("PQ"), st.sampled_from("AB"), st.sampled_from([30, 50])) for n in ("X", "Y")}
    ),
)
tellings = st.lists(st.tuples(st.integers(1, 12), told), min_size=1, max_size=4, unique_by=lambda load: load[0])
"""Loads by day, in the order in which they come: an older export may be loaded late; cash is known days after."""


def tables_of(telling):
    payments, parts = telling
    days = {name: (day, MAY[day] + timedelta(days=lag)) for name, (_, day, lag) in payments.items()}
    return frames(
        [{**payment(n, amount, day), "known_on": days[n][1]} for n, (amount, day, _) in payments.items()],
        [
            {**part(name, source, to, amount, days[source][0]), "known_on": days[source][1]}
            for name, (source, to, amount) in parts.items()
        ],
    )


def answers(ledger, day):
    return (items(ledger, day).drop("known_on").rows(), unapplied(ledger, day).rows())


@given(tellings)
def test_the_newest_telling_holds_and_earlier_days_keep_their_answers(told):
    loads = [(JUNE[day], tables_of(telling)) for day, telling in told]
    *ledgers, (again, counts) = in_turn([*loads, (JUNE[20], loads[-1][1])])
    ledger = ledgers[-1][0]
    alone, _ = loaded(loads[-1])
    assert answers(ledger, JUNE[29]) == answers(alone, JUNE[29])
    assert one_of_each_stands(ledger)
    for (day, _), (before, _), (after, _) in zip(told[1:], ledgers, ledgers[1:], strict=False):
        assert answers(after, JUNE[day - 1]) == answers(before, JUNE[day - 1])
    assert all(again.frames()[name].height == frame.height for name, frame in ledger.frames().items())
    assert all(c.added == c.changed == 0 for c in counts.values())
