"""A synthetic ledger keeps the books: contracts, money, days and determinism."""

import itertools
from datetime import date

import polars as pl
import pytest

from riskpay.dates import WEEKDAYS, is_business_day
from riskpay.errors import UsageError
from riskpay.ledger.open_items import items
from riskpay.ledger.tables import ITEM_KEY
from riskpay.sources.synthetic import outcomes
from riskpay.sources.synthetic.scenario import GRID
from riskpay.sources.synthetic.world import synthesise


@pytest.fixture(scope="module")
def world():
    return synthesise(120, 14, seed=11)


def test_every_table_keeps_its_contract_and_has_rows(world):
    frames = world.ledger.validated().frames()
    assert {name for name, frame in frames.items() if not frame.height} == {"blocks"}


@pytest.mark.parametrize("name", sorted(GRID))
def test_every_scenario_gives_a_valid_ledger(name):
    assert synthesise(40, 9, seed=2, scenario=GRID[name]).ledger.validated().invoices.height > 50


def test_the_window_is_whole_months_and_nothing_is_known_later(world):
    assert (world.start, world.as_of) == (date(2024, 1, 1), date(2025, 2, 28))
    for name, frame in world.ledger.frames().items():
        days = [c for c in ("known_on", "valid_from", "rate_date", "value_date", "issue_date") if c in frame.columns]
        assert all(frame[day].max() <= world.as_of for day in days if frame.height), name


def test_same_arguments_same_world_and_another_seed_another(world):
    again, other = synthesise(120, 14, seed=11), synthesise(120, 14, seed=12)
    assert again.truth.equals(world.truth)
    assert again.customers_truth.equals(world.customers_truth)
    assert all(again.ledger.frames()[name].equals(frame) for name, frame in world.ledger.frames().items())
    assert not other.truth["p_late"].equals(world.truth["p_late"])


def test_the_size_of_chunks_changes_nothing(world, monkeypatch):
    monkeypatch.setattr(outcomes, "_CHUNK", 997)
    again = synthesise(120, 14, seed=11)
    assert again.truth.equals(world.truth)
    assert again.ledger.payments.equals(world.ledger.payments)


def test_allocations_never_exceed_an_item_nor_its_payment(world):
    ledger = world.ledger
    used = (
        ledger.allocations.filter(source_type="payment").group_by("company_id", "source_id").agg(used=pl.sum("amount"))
    )
    paid = ledger.payments.join(
        used, left_on=["company_id", "payment_id"], right_on=["company_id", "source_id"], how="left"
    )
    rest = paid["amount"] - paid["used"]
    assert rest.null_count() == 0
    assert rest.min() == 0
    assert 0 < (rest > 0).sum() < 0.02 * len(rest)
    back = ledger.payment_reversals.select("company_id", source_id="payment_id")
    standing = ledger.allocations.join(back, on=["company_id", "source_id"], how="anti")
    taken = pl.concat([standing.select(*ITEM_KEY, "amount"), ledger.write_offs.select(*ITEM_KEY, "amount")])
    by_item = taken.group_by(ITEM_KEY).agg(taken=pl.sum("amount"))
    owed = ledger.invoices.filter(document_type="invoice").join(by_item, on=ITEM_KEY, how="inner")
    assert owed.height == by_item.height
    assert (owed["taken"] <= owed["amount"]).all()


def test_credit_notes_are_used_up_to_their_amount(world):
    notes = world.ledger.invoices.filter(document_type="credit_note")
    used = world.ledger.allocations.filter(source_type="credit_note")
    both = used.join(notes, left_on=["company_id", "source_id"], right_on=["company_id", "invoice_id"], suffix="_note")
    assert both.height == used.height > 0
    assert both["amount"].equals(both["amount_note"], check_names=False)


def test_the_ledger_settles_what_the_truth_says(world):
    now = items(world.ledger, world.as_of).join(world.truth, on=ITEM_KEY, suffix="_truth")
    assert now.height == world.truth.height
    back = world.ledger.payment_reversals.join(
        world.ledger.allocations, left_on=["company_id", "payment_id"], right_on=["company_id", "source_id"]
    )
    untouched = now.join(back, on=ITEM_KEY, how="anti")
    cash = untouched.filter(settled_by="cash")
    assert (cash["settled_on"] == cash["paid_on"]).all()
    still = untouched.filter(~pl.col("settled") & (pl.col("paid_on") < world.as_of - pl.duration(days=2)))
    ended = world.customers_truth.filter(pl.col("ends").is_not_null())
    assert still.join(ended, on="customer_id", how="anti").is_empty()
    assert set(now["settled_by"].drop_nulls()) == {"cash", "credit", "mixed", "write_off"}
    assert 0.8 < now["settled"].mean() < 0.97
    assert now["open_amount"].min() == 0


def test_credit_and_write_off_come_after_the_due_date(world):
    now = items(world.ledger, world.as_of)
    ended = now.filter(pl.col("settled_by").is_in(["credit", "mixed", "write_off"]))
    assert (ended["settled_on"] > ended["due_date"]).all()


def test_payments_fall_on_pay_run_days_and_never_on_holidays(world):
    paid = (
        world.ledger.payments.join(world.customers_truth.select("customer_id", "pay_run"), on="customer_id")
        .join(world.ledger.customers.select("customer_id", "country").unique(), on="customer_id")
        .select("value_date", "pay_run", "country")
    )
    assert paid["pay_run"].n_unique() == 7
    for day, run, country in paid.unique().iter_rows():
        assert is_business_day(day, country), (day, country)
        assert run not in WEEKDAYS or WEEKDAYS[day.weekday()] == run
    last = paid.filter(pay_run="month end")
    assert (last["value_date"].dt.day() >= 26).all()


def test_payments_are_known_one_or_two_days_after_their_value_date(world):
    lag = (world.ledger.payments["known_on"] - world.ledger.payments["value_date"]).dt.total_days()
    assert set(lag) == {1, 2}


def test_facts_about_an_item_follow_its_issue(world):
    issued = world.ledger.invoices.select(*ITEM_KEY, "issue_date", "due_date")
    for name, day in (("allocations", "allocated_on"), ("disputes", "opened_on"), ("promises", "promised_on")):
        facts = world.ledger.frames()[name].join(issued, on=ITEM_KEY)
        assert (facts[day] > facts["issue_date"]).all(), name
    known = world.ledger.customers.group_by("customer_id").agg(since=pl.col("valid_from").min())
    assert (
        world.ledger.invoices.join(known, on="customer_id").filter(pl.col("issue_date") <= pl.col("since")).is_empty()
    )


def test_calls_are_made_about_overdue_items_only_and_one_a_customer_and_day(world):
    contacts = world.ledger.contacts
    assert contacts.select("company_id", "customer_id", "known_on").is_unique().all()
    named = contacts.drop_nulls("invoice_id").join(world.truth.filter(instalment=1), on=["company_id", "invoice_id"])
    named = named.filter(~pl.col("invoice_id").is_in(world.truth.filter(instalment=2)["invoice_id"].to_list()))
    assert named.height > 20
    assert (named["known_on"] > named["due_date"]).all()
    assert ((named["paid_on"] > named["known_on"]) | named["paid_on"].is_null()).all()
    assert set(contacts["outcome"]) == {"reached", "promised", "no_answer", "message_left"}


def test_promises_are_kept_and_broken_and_known_after_their_day(world):
    done = world.ledger.promises.filter(pl.col("status") != "open")
    assert set(done["status"]) == {"kept", "broken"}
    assert (done["known_on"] > done["promised_for"]).all()
    opened = world.ledger.promises.filter(status="open")
    assert (opened["known_on"] == opened["promised_on"]).all()


def test_truth_is_a_falling_curve_of_probabilities(world):
    curve = [world.truth[f"p_unpaid_due_{day}"] for day in (0, 7, 30, 60, 90)]
    assert world.truth["p_late"].equals(curve[0], check_names=False)
    assert world.truth["p_late_30"].equals(curve[2], check_names=False)
    assert all((a >= b - 1e-12).all() for a, b in itertools.pairwise(curve))
    assert curve[-1].min() >= 0
    assert curve[0].max() <= 1


def test_one_very_large_customer(world):
    share = world.truth["customer_id"].value_counts(sort=True)
    assert share["customer_id"][0] == "C00001"
    assert 0.1 < share["count"][0] / world.truth.height < 0.3


@pytest.mark.parametrize(("customers", "months"), [(0, 12), (10, 0), (-1, 3)])
def test_nothing_to_make_is_a_usage_error(customers, months):
    with pytest.raises(UsageError, match=f"{customers} customers over {months} months"):
        synthesise(customers, months, seed=1)


def test_the_smallest_world_works():
    assert synthesise(1, 1, seed=3).ledger.validated().companies.height == 2
