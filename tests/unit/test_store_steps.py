"""Plans, what counts as sent, segments and the cadence of a customer."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from riskpay.errors import DataError, NotThereError
from riskpay.ledger.tables import CONTACTS
from riskpay.store.cadences import cadence
from riskpay.store.database import Store

STEP = {
    "company_id": "1",
    "customer_id": "c1",
    "invoice_id": "i1",
    "instalment": 1,
    "step_code": "reminder",
    "due_on": date(2024, 3, 5),
    "channel": "email",
    "tone": "courteous",
    "template": "reminder",
    "owner": "automatic",
    "dunning_level": 1,
    "state": "planned",
    "rule": "reliable +5",
}
CALL = {**STEP, "step_code": "call", "channel": "phone", "owner": "collector", "dunning_level": 2}


def day(number):
    return date(2024, 3, number)


def frame(*steps):
    return pl.DataFrame(list(steps), schema_overrides={"instalment": pl.Int32, "dunning_level": pl.Int32})


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.db") as opened:
        yield opened


def plan(store, number, *steps):
    run = store.runs.record(day(number), model_version="1", data_version="d", policy_hash="p", seconds=0.0, counts={})
    return store.steps.record(run, day(number), frame(*steps) if steps else frame(STEP).clear())


def contact(store, number, **more):
    row = {
        "company_id": "1",
        "contact_id": f"k{number}",
        "customer_id": "c1",
        "invoice_id": None,
        "channel": "phone",
        "direction": "out",
        "contacted_at": datetime(2024, 3, number, 10),  # noqa: DTZ001 - the declared column is UTC without a zone
        "outcome": "reached",
        "collector": "anna",
        "known_on": day(number),
        **more,
    }
    store.events.append("contacts", CONTACTS.conform(pl.DataFrame([row], schema=CONTACTS.dtypes)))


def sent(store, number):
    return [(row["step_code"], row["sent_on"].day) for row in store.steps.sent(day(number)).to_dicts()]


def test_the_frame_of_sent_steps_has_the_promised_columns_even_when_empty(store):
    columns = ["company_id", "invoice_id", "instalment", "step_code", "dunning_level", "channel", "sent_on"]
    assert store.steps.sent(day(1)).columns == columns
    assert store.steps.sent(day(1)).schema["sent_on"] == pl.Date


def test_recording_the_same_plan_twice_changes_nothing(store):
    assert plan(store, 5, STEP, CALL)
    assert not plan(store, 5, CALL, STEP)
    assert len(store.steps.of_customer("1", "c1")) == 2


def test_an_automatic_step_counts_as_sent_once_its_day_is_over(store):
    plan(store, 5, STEP)
    assert sent(store, 5) == []
    assert sent(store, 6) == [("reminder", 5)]


def test_a_step_planned_ahead_is_sent_on_its_due_day_only(store):
    plan(store, 2, STEP)
    assert sent(store, 4) == []
    assert sent(store, 5) == []
    assert sent(store, 6) == [("reminder", 5)]


def test_a_step_that_a_later_plan_dropped_before_its_day_was_never_sent(store):
    plan(store, 2, STEP)
    plan(store, 4, {**STEP, "state": "suppressed", "rule": "dispute open"})
    assert sent(store, 9) == []


def test_a_plan_made_after_the_due_day_does_not_unsend(store):
    plan(store, 2, STEP)
    plan(store, 7)
    assert sent(store, 7) == [("reminder", 5)]


def test_a_plan_that_was_replaced_the_same_day_is_not_what_the_machine_sent(store):
    plan(store, 5, STEP)
    plan(store, 5)
    assert sent(store, 6) == []


def test_a_step_planned_after_its_due_day_is_sent_on_the_day_of_the_plan(store):
    plan(store, 8, STEP)
    assert sent(store, 8) == []
    assert sent(store, 9) == [("reminder", 8)]


def test_a_step_replanned_day_by_day_counts_once_on_the_first_day(store):
    for number in (5, 6, 7):
        plan(store, number, STEP)
    assert sent(store, 9) == [("reminder", 5)]


def test_a_suppressed_step_is_never_sent(store):
    plan(store, 5, {**STEP, "state": "suppressed"}, {**CALL, "state": "suppressed"})
    contact(store, 6)
    assert sent(store, 9) == []


def test_a_persons_step_waits_for_a_contact(store):
    plan(store, 5, CALL)
    assert sent(store, 9) == []
    contact(store, 7)
    assert sent(store, 6) == []
    assert sent(store, 7) == [("call", 7)]


def test_a_contact_on_the_due_day_counts_and_one_before_does_not(store):
    plan(store, 2, CALL)
    contact(store, 4)
    assert sent(store, 9) == []
    contact(store, 5)
    assert sent(store, 9) == [("call", 5)]


def test_a_call_in_the_firms_evening_counts_for_the_day_it_was_known(store):
    plan(store, 5, CALL)
    contact(store, 6, contacted_at=datetime(2024, 3, 6, 1), known_on=day(5))  # noqa: DTZ001 - as above
    assert sent(store, 5) == [("call", 5)]


@pytest.mark.parametrize(("hour", "served"), [(23, [("call", 5)]), (21, [])])
def test_a_morning_call_east_of_utc_counts_for_its_own_day(store, hour, served):
    """In Sydney the call hours of 5 March open at 22:00 UTC of the 4th; a call before that is too early for the step of the 5th."""
    first = datetime(2024, 3, 4, 22, tzinfo=UTC)
    plan(store, 5, {**CALL, "earliest_utc": first, "latest_utc": datetime(2024, 3, 5, 9, tzinfo=UTC)})
    contact(store, 5, contacted_at=datetime(2024, 3, 4, hour))  # noqa: DTZ001 - as above
    assert sent(store, 9) == served


@pytest.mark.parametrize(
    "other",
    [{"channel": "email"}, {"direction": "in"}, {"customer_id": "c2"}, {"invoice_id": "i2"}, {"known_on": day(9)}],
    ids=lambda other: next(iter(other)),
)
def test_a_contact_of_another_kind_does_not_count(store, other):
    plan(store, 5, CALL)
    contact(store, 6, **other)
    assert sent(store, 8) == []


def test_a_contact_naming_the_invoice_counts_for_it(store):
    plan(store, 5, CALL, {**CALL, "invoice_id": "i2"})
    contact(store, 6, invoice_id="i1")
    assert store.steps.sent(day(6))["invoice_id"].to_list() == ["i1"]


def test_one_call_about_the_account_serves_every_item(store):
    plan(store, 5, CALL, {**CALL, "invoice_id": "i2"})
    contact(store, 6)
    assert store.steps.sent(day(6))["invoice_id"].to_list() == ["i1", "i2"]


def test_one_call_does_not_serve_two_steps_of_an_item(store):
    plan(store, 5, CALL)
    contact(store, 6)
    plan(store, 6, {**CALL, "step_code": "second call", "due_on": day(6), "dunning_level": 3})
    assert sent(store, 6) == [("call", 6)]
    contact(store, 8)
    assert sent(store, 8) == [("call", 6), ("second call", 8)]


def test_a_call_made_by_the_morning_list_counts_though_the_day_was_planned_again(store):
    plan(store, 5, CALL)
    contact(store, 5)
    plan(store, 5)
    assert sent(store, 5) == [("call", 5)]


def test_steps_loaded_as_sent_are_sent(store):
    plan(store, 9, {**STEP, "state": "sent"})
    assert sent(store, 9) == [("reminder", 5)]
    assert sent(store, 8) == []


def test_a_step_that_waits_for_approval_is_not_sent_by_the_machine(store):
    plan(store, 5, {**STEP, "state": "approval"})
    assert sent(store, 9) == []
    contact(store, 7, channel="email")
    assert sent(store, 9) == [("reminder", 7)]


def test_hours_with_a_zone_are_kept_as_utc(store):
    hours = {"earliest_utc": datetime(2024, 3, 5, 8, tzinfo=UTC), "latest_utc": datetime(2024, 3, 5, 18, tzinfo=UTC)}
    plan(store, 5, {**STEP, **hours})
    [step] = store.steps.of_customer("1", "c1")
    assert (step.earliest_utc, step.latest_utc) == (hours["earliest_utc"], hours["latest_utc"])


def test_a_frame_that_breaks_the_contract_is_refused_whole(store):
    with pytest.raises(DataError, match="pigeon"):
        plan(store, 5, STEP, {**CALL, "channel": "pigeon"})
    assert store.steps.last_day() is None


def test_the_cadence_shows_sent_planned_and_suppressed_each_with_its_rule(store):
    plan(store, 5, STEP, {**CALL, "due_on": day(12)})
    held = {**STEP, "invoice_id": "i2", "state": "suppressed", "rule": "disputed until 2024-03-20"}
    plan(store, 6, {**CALL, "due_on": day(12)}, held)
    steps = store.steps.of_customer("1", "c1")
    assert [(s.state, s.step_code, s.due_on.day, s.rule, s.sent_on and s.sent_on.day) for s in steps] == [
        ("sent", "reminder", 5, "reliable +5", 5),
        ("suppressed", "reminder", 5, "disputed until 2024-03-20", None),
        ("planned", "call", 12, "reliable +5", None),
    ]


def test_the_cadence_of_an_earlier_day_is_as_it_was(store):
    plan(store, 5, STEP)
    plan(store, 6, CALL)
    assert [(s.state, s.step_code) for s in store.steps.of_customer("1", "c1", day(5))] == [("planned", "reminder")]


def test_a_segment_is_logged_when_it_changes_only(store):
    def members(**segments):
        rows = [{"company_id": "1", "customer_id": c, "segment": s, "rule": f"is {s}"} for c, s in segments.items()]
        return pl.DataFrame(rows)

    assert store.segments.record(day(1), members(c1="new", c2="reliable")) == 2
    assert store.segments.record(day(1), members(c1="new", c2="reliable")) == 0
    assert store.segments.record(day(4), members(c1="reliable", c2="reliable")) == 1
    assert store.segments.latest()["since"].to_list() == [day(4), day(1)]
    assert store.segments.latest(day(3))["segment"].to_list() == ["new", "reliable"]
    assert store.segments.record(day(4), members(c1="strategic")) == 1
    assert store.segments.latest()["segment"].to_list() == ["strategic", "reliable"]


def test_the_cadence_of_a_customer_is_json_ready(store):
    plan(store, 5, STEP)
    members = pl.DataFrame([{"company_id": "1", "customer_id": "c1", "segment": "reliable", "rule": "late share .1"}])
    store.segments.record(day(4), members)
    said = cadence(store, "c1").to_json()
    assert (said["segment"], said["segment_rule"], said["segment_since"]) == ("reliable", "late share .1", "2024-03-04")
    assert said["as_of"] == "2024-03-05"
    assert said["steps"][0]["due_on"] == "2024-03-05"
    assert said["steps"][0]["sent_on"] is None


def test_an_unknown_customer_and_a_day_before_all_plans_say_what_to_do(store):
    with pytest.raises(NotThereError, match="riskpay daily"):
        cadence(store, "c1")
    plan(store, 5, STEP)
    with pytest.raises(NotThereError, match="'c9'"):
        cadence(store, "c9")
