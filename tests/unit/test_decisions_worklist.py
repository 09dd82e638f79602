"""The lists of a day: who stands on whose list, in which order, with which figures, and who rests by which rule."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.decisions.book import Book
from riskpay.decisions.decide import Decisions, cadence, decide
from riskpay.decisions.policy_base import SEGMENTS
from riskpay.decisions.policy_file import load_policy
from riskpay.decisions.policy_parts import NOT_READ, ChannelResponses, Channels
from riskpay.errors import DataError
from riskpay.ledger.tables import CONTACTS, PROMISES

DAY = date(2024, 6, 12)
POLICY = load_policy("must_contact: {untouched_amount: 1000000}")

NO_COOL_DOWN = load_policy("{must_contact: {untouched_amount: 1000000}, cool_down: {reached: 0}}")


def _book(
    rows: list[tuple[str, int, float]], *, people: dict[str, dict] | None = None, daily: float = 0.02, **more
) -> Book:
    """Items as (customer, days past due, amount), one currency each row may change by ``currency``."""
    due = [DAY - timedelta(days=days) for _, days, _ in rows]
    n = len(rows)
    curves = np.tile(np.exp(-daily * np.arange(181)), (n, 1))
    scored = not more.pop("no_model", False)
    currencies = more.pop("currencies", ["USD"] * n)
    items = pl.DataFrame(
        {
            "company_id": ["1"] * n,
            "invoice_id": [f"I{k}" for k in range(n)],
            "instalment": [1] * n,
            "customer_id": [row[0] for row in rows],
            "currency": currencies,
            "issue_date": [day - timedelta(days=30) for day in due],
            "due_date": due,
            "effective_due_date": due,
            "open_amount": [round(row[2] * 100) for row in rows],
            "days_past_due": [max(0, row[1]) for row in rows],
            "p_late": [1.0 if scored else None] * n,
            **{f"p_unpaid_{t}": [float(curves[0, t]) if scored else None] * n for t in (7, 30, 90)},
            "abstains": more.pop("abstains", [False] * n),
            "rate": [{"USD": 1.0, "EUR": 1.1, "XXX": None}[code] for code in currencies],
        },
        schema_overrides={"p_late": pl.Float64, "rate": pl.Float64},
    )
    known = {
        "debtor_type": "company",
        "country": "US",
        "settled_count": 9,
        "late_share": 0.6,
        "last9_count": 9,
        "last9_late": 5,
        "last9_mean_days_late": 7.0,
    }
    customers = pl.DataFrame(
        [
            {"company_id": "1", "customer_id": name, "name": f"Name {name}", **known, **(people or {}).get(name, {})}
            for name in sorted({row[0] for row in rows} | set(people or {}))
        ],
        infer_schema_length=None,
    )
    return Book(DAY, items, curves if scored else np.empty((0, 181)), customers, {"1": DAY}, "USD", **more)


def _contacts(*rows: tuple[str, int, str]) -> pl.DataFrame:
    return CONTACTS.conform(
        pl.DataFrame(
            [
                {
                    "company_id": "1",
                    "contact_id": str(number),
                    "customer_id": customer,
                    "channel": "phone",
                    "direction": "out",
                    "contacted_at": datetime(2024, 6, 12) - timedelta(days=ago),  # noqa: DTZ001 - the table is UTC
                    "outcome": outcome,
                    "known_on": DAY - timedelta(days=ago),
                }
                for number, (customer, ago, outcome) in enumerate(rows)
            ]
        )
    )


def _promise(customer: str, promised_for: date, status: str = "open") -> pl.DataFrame:
    row = {
        "company_id": "1",
        "promise_id": "P",
        "customer_id": customer,
        "promised_on": date(2024, 5, 1),
        "promised_for": promised_for,
        "status": status,
        "known_on": date(2024, 5, 1),
    }
    return PROMISES.conform(pl.DataFrame([row]))


def _order(decisions: Decisions) -> list[str]:
    return [entry.customer_id for worklist in decisions.worklists for entry in worklist.entries]


def test_the_larger_call_comes_first():
    decisions = decide(_book([("C1", 20, 2000), ("C2", 20, 9000), ("C3", 20, 5000)]), POLICY)
    assert _order(decisions) == ["C2", "C3", "C1"]
    ranks = [entry.rank for entry in decisions.worklists[0].entries]
    assert ranks == [1, 2, 3]


def test_ties_go_by_key():
    assert _order(decide(_book([("C2", 20, 2000), ("C1", 20, 2000)]), POLICY)) == ["C1", "C2"]


def test_the_terms_add_up_to_the_call_value_and_priority_is_its_formula():
    entry = decide(_book([("C1", 20, 2000)]), POLICY).worklists[0].entries[0]
    assert entry.call_value == entry.extra_cash + entry.cash_days + entry.loss_avoided > 0
    assert entry.priority == pytest.approx((0.4 * entry.call_value - 400) / 8, abs=1e-6)


def test_what_is_due_later_takes_no_part_in_the_value_but_stays_collectible():
    one = decide(_book([("C1", 20, 2000)]), POLICY).worklists[0].entries[0]
    both = decide(_book([("C1", 20, 2000), ("C1", -30, 40_000)]), POLICY).worklists[0].entries[0]
    assert both.call_value == one.call_value
    assert both.collectible_amount == 4_200_000


def test_who_has_nothing_past_due_is_not_called():
    assert _order(decide(_book([("C1", -3, 9000), ("C2", 1, 9000)]), POLICY)) == []


def test_a_planned_call_before_the_due_date_makes_an_entry():
    """A new customer of high exposure is asked whether the invoice is right: day -10 by phone."""
    risky = load_policy("segments: {high_risk_share: 0.0}")
    entry = decide(_book([("C1", -10, 90_000)]), risky).worklists[0].entries[0]
    assert (entry.next_step.step_code, entry.next_step.channel) == ("risk_confirm", "phone")


def test_each_collector_has_a_list_and_the_default_takes_the_rest():
    people = {"C1": {"owner": "zoe"}, "C2": {"owner": "anna"}, "C3": {"owner": None}, "C4": {"owner": ""}}
    decisions = decide(_book([(f"C{k}", 20, 2000 + k) for k in range(1, 5)], people=people), POLICY)
    lists = {worklist.collector: [entry.customer_id for entry in worklist.entries] for worklist in decisions.worklists}
    assert lists == {"anna": ["C2"], "collections": ["C4", "C3"], "zoe": ["C1"]}


def test_capacity_ends_the_list_and_the_rest_names_its_rule():
    policy = load_policy("capacity: {minutes: 17, collectors: {anna: 8}}")
    people = {"C1": {"owner": "anna"}, "C2": {"owner": "anna"}}
    decisions = decide(_book([(f"C{k}", 20, 1000 * k) for k in range(1, 6)], people=people), policy)
    assert _order(decisions) == ["C2", "C5", "C4"]
    assert [worklist.as_json()["capacity_minutes"] for worklist in decisions.worklists] == [8, 17]
    assert decisions.resting.rows() == [
        ("1", "C1", "capacity: no minutes left today"),
        ("1", "C3", "capacity: no minutes left today"),
    ]


def test_a_call_that_brings_less_than_it_costs_rests():
    decisions = decide(_book([("C1", 20, 30), ("C2", 20, 3000)]), POLICY)
    assert _order(decisions) == ["C2"]
    assert decisions.resting["rule"].to_list() == ["call value: brings less than the call costs"]


def test_customers_of_one_payer_are_one_entry():
    people = {"C1": {"payer_id": "P"}, "C2": {"payer_id": "P"}, "P": {"owner": "anna", "name": "Payer"}}
    decisions = decide(_book([("C1", 20, 2000), ("C2", 30, 3000)], people=people), POLICY)
    (worklist,) = decisions.worklists
    (entry,) = worklist.entries
    assert (worklist.collector, entry.customer_id, entry.name) == ("anna", "P", "Payer")
    assert (entry.collectible_amount, len(entry.items), entry.oldest_days_past_due) == (500_000, 2, 30)
    assert entry.reasons[0].startswith("customer C2: ")


def test_several_currencies_are_told_in_the_reporting_one():
    decisions = decide(_book([("C1", 20, 1000), ("C1", 20, 1000)], currencies=["USD", "EUR"]), POLICY)
    entry = decisions.worklists[0].entries[0]
    assert (entry.currency, entry.collectible_amount) == ("USD", 210_000)
    single = decide(_book([("C1", 20, 1000)], currencies=["EUR"]), POLICY).worklists[0].entries[0]
    assert (single.currency, single.collectible_amount) == ("EUR", 100_000)


def test_a_broken_promise_comes_first_until_someone_spoke_to_them():
    rows = [("C1", 20, 2000), ("C2", 20, 9000)]
    broken = _promise("C1", date(2024, 5, 20))
    policy = load_policy("must_contact: {untouched_amount: 1000000}\ncool_down: {reached: 0}")
    decisions = decide(_book(rows, promises=broken), policy)
    assert _order(decisions) == ["C1", "C2"]
    first = decisions.worklists[0].entries[0]
    assert first.must_contact == "broken promise"
    assert first.reasons[0] == "must be called: broke a promise, overdue since 2024-05-22"
    spoken = decide(_book(rows, promises=broken, contacts=_contacts(("C1", 5, "reached"))), policy)
    assert _order(spoken) == ["C2", "C1"]


def test_a_returned_debit_is_a_must():
    returned = pl.DataFrame({"company_id": ["1"], "customer_id": ["C1"], "reversed_on": [date(2024, 6, 5)]})
    decisions = decide(_book([("C1", 20, 100), ("C2", 20, 9000)], returned_debits=returned), POLICY)
    assert decisions.worklists[0].entries[0].must_contact == "returned debit"
    late = returned.with_columns(reversed_on=pl.lit(date(2024, 5, 29)))
    assert _order(decide(_book([("C1", 20, 100), ("C2", 20, 9000)], returned_debits=late), POLICY)) == ["C2"]


@pytest.mark.parametrize(("days", "must"), [(30, None), (31, "longest untouched")])
def test_overdue_and_untouched_for_too_long(days, must):
    policy = load_policy("longest_untouched_days: 30")
    assert decide(_book([("C1", days, 2000)]), policy).worklists[0].entries[0].must_contact == must
    touched = _book([("C1", days, 2000)], contacts=_contacts(("C1", 20, "no_answer")))
    assert decide(touched, policy).worklists[0].entries[0].must_contact is None


@pytest.mark.parametrize(
    ("days", "amount", "must"), [(30, 100_000, True), (29, 100_000, False), (30, 99_999.99, False)]
)
def test_large_and_overdue(days, amount, must):
    entry = decide(_book([("C1", days, amount)]), POLICY).worklists[0].entries[0]
    assert (entry.must_contact == "large and overdue") == must


@pytest.mark.parametrize(
    ("contacts", "rule"),
    [
        ([("C1", 1, "reached")], "cool-down"),
        ([("C1", 1, "no_answer"), ("C1", 2, "no_answer"), ("C1", 3, "no_answer")], "call cap"),
    ],
)
def test_who_may_not_be_called_today_rests_with_the_rule(contacts, rule):
    decisions = decide(_book([("C1", 20, 2000), ("C2", 20, 1000)], contacts=_contacts(*contacts)), POLICY)
    assert _order(decisions) == ["C2"]
    assert decisions.resting["rule"][0].startswith(rule)


def test_a_step_by_phone_is_held_to_the_calls_already_made():
    """Day +3 of a strategic customer is a call; yesterday's talk puts it off."""
    people = {"C1": {"strategic": True}}
    book = _book([("C1", 20, 2000)], people=people, contacts=_contacts(("C1", 1, "reached")))
    (row,) = decide(book, POLICY).steps.rows(named=True)
    assert (row["channel"], row["state"]) == ("phone", "suppressed")
    assert row["rule"].startswith("cool-down: reached on 2024-06-11")


def test_without_a_known_country_nobody_is_called():
    policy = load_policy("compliance: {home_country: null}")
    people = {"C1": {"country": None, "strategic": True}}
    decisions = decide(_book([("C1", 20, 2000)], people=people), policy)
    assert decisions.worklists == ()
    assert "time zone" in decisions.resting["rule"][0]
    assert "time zone" in decisions.steps["rule"][0]
    home = _book([("C1", 20, 2000)], people=people, countries={"1": "DE"})
    assert len(decide(home, policy).worklists) == 1


def test_advice_is_no_suppression():
    decisions = decide(_book([("C1", 20, 90_000)], daily=0.15), POLICY)
    (advice,) = decisions.advice
    assert advice.customer_id == "C1"
    assert advice.p_paid == pytest.approx(1 - np.exp(-0.15 * 14), abs=1e-6)
    assert "under usual effort" in advice.text
    assert _order(decisions) == ["C1"]


def test_advice_leaves_out_who_must_be_called():
    assert decide(_book([("C1", 40, 200_000)], daily=0.15), POLICY).advice == ()


def test_without_a_model_points_decide():
    rows = [("C1", 20, 500), ("C2", 70, 500), ("C3", 70, 20_000), ("C4", 5, 20_000)]
    decisions = decide(_book(rows, no_model=True), POLICY)
    entries = decisions.worklists[0].entries
    assert [entry.customer_id for entry in entries] == ["C3", "C4", "C2", "C1"]
    assert {entry.strategy for entry in entries} == {"points"}
    points = {entry.customer_id: entry.priority for entry in entries}
    most = sum(rule.points for rule in POLICY.points)
    assert points["C1"] == pytest.approx((10 + 10 + 10) / most)
    assert entries[0].p_late is None
    assert entries[0].call_value == 0


def test_a_missing_rate_does_not_stop_the_list():
    decisions = decide(_book([("C1", 20, 2000), ("C2", 20, 2000)], currencies=["USD", "XXX"]), POLICY)
    assert _order(decisions) == ["C1"]


def test_where_too_little_is_known_of_half_the_money_the_forecast_says_so():
    rows = [("A", 40, 500.0), ("A", 40, 400.0), ("B", 40, 500.0), ("B", 40, 600.0)]
    found = decide(_book(rows, abstains=[True, False, True, False]), POLICY)
    a, b = sorted(found.worklists[0].entries, key=lambda entry: entry.customer_id)
    assert (a.abstains, b.abstains) == (True, False)
    assert "too little is known to say when it is paid" in a.reasons
    assert any("likely to be unpaid" in reason for reason in b.reasons)
    assert [item["abstains"] for item in a.as_json()["items"]] == [True, False]


def test_an_entry_as_json():
    entry = decide(_book([("C1", 20, 2000)]), POLICY).worklists[0].entries[0].as_json()
    assert json.loads(json.dumps(entry)) == entry
    assert entry["collectible_amount"] == "2000.00"
    assert entry["items"][0]["due_date"] == "2024-05-23"
    assert entry["p_unpaid_30"] == pytest.approx(np.exp(-0.6), abs=1e-6)
    assert 2 <= len(entry["reasons"]) <= 4
    for key in ("rank", "name", "call_value", "extra_cash", "cash_days", "loss_avoided", "priority", "segment"):
        assert key in entry


def test_a_cadence_shows_the_whole_way():
    steps = cadence(_book([("C1", -20, 2000), ("C2", 3, 10)]), POLICY, "1", "C1")
    assert steps["customer_id"].unique().to_list() == ["C1"]
    assert steps["dunning_level"].to_list() == [0, 0, 1, 2, 3, 4, 5, 5]
    assert steps["state"].to_list() == ["planned"] * 7 + ["approval"]


def test_adverse_steps_against_a_natural_person_wait_for_a_person():
    ladder = (
        "{code: hold, day: 5, channel: letter, level: 1, tone: firm, owner: lead, action: credit_hold, template: t}"
    )
    policy = load_policy(f"ladders: {{natural_person: [{ladder}]}}")
    people = {"C1": {"debtor_type": "consumer"}}
    assert decide(_book([("C1", 10, 2000)], people=people), policy).steps["state"].to_list() == ["approval"]


def test_another_address_another_channel():
    people = {"C1": {"email": None, "phone": "+1"}, "C2": {"email": "a@b.example", "phone": "+1"}, "C3": {}}
    steps = decide(_book([(name, 3, 2000) for name in people], people=people), POLICY).steps
    assert dict(steps.select("customer_id", "channel").iter_rows()) == {"C1": "text", "C2": "email", "C3": "email"}


def test_an_empty_book():
    decisions = decide(
        _book([("C1", 3, 10)]).__class__(
            DAY,
            _book([("C1", 3, 10)]).items.clear(),
            np.empty((0, 181)),
            _book([("C1", 3, 10)]).customers,
            {"1": DAY},
            "USD",
        ),
        POLICY,
    )
    assert decisions.worklists == ()
    assert decisions.steps.is_empty()
    assert decisions.segments.height == 1


def test_a_customer_that_only_the_items_name_is_new():
    book = _book([("C1", 20, 2000)])
    lost = Book(**{**vars(book), "customers": book.customers.clear()})
    decisions = decide(lost, POLICY)
    assert decisions.segments.rows() == [("1", "C1", "new", "new: 0 settled invoices, below 3")]
    assert _order(decisions) == ["C1"]


def test_a_book_that_does_not_fit_together_is_refused():
    book = _book([("C1", 20, 2000), ("C2", 20, 2000)])
    with pytest.raises(DataError, match="1 payment curves for 2 items"):
        decide(Book(**{**vars(book), "unpaid": book.unpaid[:1]}), POLICY)
    with pytest.raises(DataError, match="items lack rate"):
        decide(Book(**{**vars(book), "items": book.items.drop("rate")}), POLICY)


def test_a_talk_in_an_american_evening_counts_on_its_own_day():
    """18:00 in Los Angeles is 01:00 of the next day in UTC; the firm knew of it the day it happened."""
    evening = _contacts(("C1", 0, "reached")).with_columns(contacted_at=datetime(2024, 6, 13, 1))  # noqa: DTZ001 - UTC
    decisions = decide(_book([("C1", 20, 2000)], contacts=evening), POLICY)
    assert _order(decisions) == []
    assert decisions.resting["rule"][0] == "cool-down: reached on 2024-06-12, no call before 2024-06-17"
    returned = pl.DataFrame({"company_id": ["1"], "customer_id": ["C1"], "reversed_on": [DAY - timedelta(days=1)]})
    spoken = decide(_book([("C1", 20, 2000)], contacts=evening, returned_debits=returned), NO_COOL_DOWN)
    assert spoken.worklists[0].entries[0].must_contact is None


@pytest.mark.parametrize("channel", ["email", "text", "phone", "letter"])
def test_figures_of_a_channel_are_read_or_said_not_to_be(channel):
    said = [part.model_fields[channel].description for part in (ChannelResponses, Channels)]
    changed = f"channels: {{{channel}: {{cost: 9, minutes: 9, p_reach: 0.9}}}}"
    answers = {name: {channel: {"kappa": 9, "alpha": 0.9, "half_life": 9}} for name in SEGMENTS}
    book = _book([("C1", 20, 2000)])
    same = [
        decide(book, load_policy(text)).worklists == decide(book, load_policy("grace_days: 0")).worklists
        for text in (json.dumps({"response": answers}), changed)
    ]
    assert same == [channel != "phone"] * 2
    assert [NOT_READ in text for text in said] == same
