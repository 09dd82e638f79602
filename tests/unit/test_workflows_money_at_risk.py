"""Money at risk between two days: every item counts once, and decimal text adds up to the last digit."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.model.bridge import Bridge, Part
from riskpay.serving.testing_changes import items_changed
from riskpay.workflows.item_change import ItemChange
from riskpay.workflows.money_at_risk import apportioned, money_at_risk

CHANCE = st.floats(0.0, 1.0)
AMOUNT = st.integers(1, 10**9)


@st.composite
def item(draw):
    state = draw(st.sampled_from(["open", "new", "settled"]))
    then = None if state == "new" else (1.0, draw(CHANCE))
    now = None if state == "settled" else (1.0, draw(CHANCE))
    bridges = None
    if then and now:
        share = draw(CHANCE)
        codes = draw(st.permutations(["days_passed", "open_count", "small_changes", "news", "model"]))
        change = now[1] - then[1]
        parts = (Part(codes[0], codes[0], share * change), Part(codes[1], codes[1], change - share * change))
        bridges = Bridge("p_late", 1.0, (), 1.0), Bridge("p_unpaid_30", then[1], parts, now[1])
    amounts = draw(AMOUNT) if then else None, draw(AMOUNT) if now else None
    key = ("1", draw(st.uuids()).hex, 1)
    return ItemChange(
        key, "C1", draw(st.sampled_from(["USD", "JPY"])), date(2024, 6, 1), state, 30, amounts, then, now, bridges
    )


@given(st.lists(item(), max_size=15))
def test_the_parts_of_each_currency_add_up_to_the_last_digit(items):
    told = money_at_risk(items)
    assert set(told) == {one.currency for one in items}
    for currency, found in told.items():
        then, now, change = (Decimal(found[name]) for name in ("from", "to", "change"))
        assert sum((Decimal(part["amount"]) for part in found["parts"]), Decimal(0)) == change == now - then
        digits = 100 if currency == "USD" else 1
        expected = sum(one.amounts[1] * one.now[1] for one in items if one.now and one.currency == currency)
        assert float(now) == pytest.approx(expected / digits, abs=0.51 / digits)


def test_what_is_new_settled_or_paid_in_part_has_a_part_of_its_own():
    [(_, told)] = money_at_risk(items_changed()).items()
    parts = {part["code"]: (part["text"], part["amount"]) for part in told["parts"]}
    assert parts["new"] == ("new items", "540.22")
    assert parts["settled"] == ("items settled", "-180.00")
    assert parts["open_amount"] == ("amounts paid in part or changed", "-1640.00")
    assert parts["days_passed"][0] == "days passed"
    assert parts["open_count"][0] == "how many items the customer has open"


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(-3, 3))
def test_whole_numbers_sum_to_their_total_and_stay_near_their_parts(parts, off):
    total = round(sum(parts)) + off
    found = apportioned(parts, total)
    assert sum(found) == total
    assert all(abs(whole - part) <= 1 + abs(off) + 1 for whole, part in zip(found, parts, strict=True))


def test_nothing_sums_to_nothing():
    assert apportioned([], 0) == []
    assert money_at_risk([]) == {}
