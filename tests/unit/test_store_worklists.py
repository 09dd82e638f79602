"""Publishing worklists: whole, once, in force, page by page."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from riskpay.errors import UsageError
from riskpay.store.database import Store
from riskpay.store.models import Advice, Publication, Worklist, WorklistEntry
from riskpay.store.worklists import Place

DAY = date(2019, 8, 1)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def run_id(store):
    return a_run(store)


def a_run(store, as_of=DAY):
    said = {"model_version": "3", "data_version": "abc", "policy_hash": "def"}
    return store.runs.record(as_of, **said, seconds=1.5, counts={"open_items": 2})


def entry(rank, customer_id, priority=10.0, **more):
    key = {"rank": rank, "company_id": "1", "customer_id": customer_id}
    return {**key, "segment": "new", "currency": "USD", "priority": priority, "minutes": 10, **more}


def lists(anna=("a", "b", "c"), bert=("d",)):
    made = {"anna": anna, "bert": bert}
    return [
        {"collector": who, "entries": [entry(n, customer) for n, customer in enumerate(customers, 1)]}
        for who, customers in made.items()
    ]


def customers(store, shown, **asked):
    return [e.payload["customer_id"] for e in store.worklists.page(shown, **asked).entries]


def count(store, table):
    with store.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar()


def test_a_run_is_read_back_as_recorded(store, run_id):
    run = store.runs.get(run_id)
    assert (run.as_of, run.model_version, run.seconds, run.counts) == (DAY, "3", 1.5, {"open_items": 2})
    assert run.created_at.utcoffset() == timedelta(0)
    assert store.runs.latest() == run
    assert store.runs.get("unknown") is None


def test_what_was_published_is_in_force_for_its_day_only(store, run_id):
    published = store.worklists.publish(run_id, DAY, lists())
    shown = store.worklists.latest(DAY)
    assert [(head.collector, head.entries, head.minutes) for head in shown.lists] == [("anna", 3, 30), ("bert", 1, 10)]
    assert {head.collector: head.worklist_id for head in shown.lists} == published.worklist_ids
    assert shown.run_id == run_id
    assert store.worklists.latest(DAY + timedelta(days=1)) is None
    assert store.worklists.days() == [DAY]


def test_payloads_come_back_word_for_word(store, run_id):
    rich = entry(1, "a", p_late=0.123456, reasons=["owes 1,200.00 USD", "späť"], next_step={"due_on": DAY}, note=None)
    store.worklists.publish(run_id, DAY, [{"collector": "anna", "entries": [rich]}])
    [read] = store.worklists.page(store.worklists.latest(DAY)).entries
    assert read.payload == {**rich, "next_step": {"due_on": "2019-08-01"}}
    assert list(read.payload) == list(rich)


def test_the_same_content_again_changes_nothing(store, run_id):
    first = store.worklists.publish(run_id, DAY, lists(), [{"company_id": "1", "customer_id": "z"}])
    again = store.worklists.publish(a_run(store), DAY, lists(), [{"company_id": "1", "customer_id": "z"}])
    assert first.is_new
    assert not again.is_new
    assert (again.publication_id, again.worklist_ids) == (first.publication_id, first.worklist_ids)
    assert store.worklists.latest(DAY).run_id == run_id
    assert [count(store, table) for table in (Publication, Worklist, WorklistEntry, Advice)] == [1, 2, 4, 1]


def test_the_order_of_lists_and_keys_does_not_matter(store, run_id):
    first = store.worklists.publish(run_id, DAY, lists())
    turned = [{"entries": [dict(reversed(e.items())) for e in w["entries"]], **w} for w in reversed(lists())]
    assert store.worklists.publish(run_id, DAY, turned).worklist_ids == first.worklist_ids


def test_the_same_entries_on_another_day_are_another_worklist(store, run_id):
    first = store.worklists.publish(run_id, DAY, lists())
    second = store.worklists.publish(run_id, DAY + timedelta(days=1), lists())
    assert not set(first.worklist_ids.values()) & set(second.worklist_ids.values())


def test_other_content_takes_over_and_the_old_stays_to_be_read(store, run_id):
    first = store.worklists.publish(run_id, DAY, lists())
    second = store.worklists.publish(run_id, DAY, lists(anna=("a", "c")))
    assert second.worklist_ids["bert"] == first.worklist_ids["bert"]
    assert customers(store, store.worklists.latest(DAY)) == ["a", "c", "d"]
    assert customers(store, store.worklists.get(first.publication_id)) == ["a", "b", "c", "d"]


def test_a_collector_without_a_list_any_more_vanishes(store, run_id):
    store.worklists.publish(run_id, DAY, lists())
    store.worklists.publish(run_id, DAY, lists()[:1])
    assert [head.collector for head in store.worklists.latest(DAY).lists] == ["anna"]


def test_going_back_to_earlier_content_puts_it_in_force_again(store, run_id):
    first = store.worklists.publish(run_id, DAY, lists())
    store.worklists.publish(run_id, DAY, lists(anna=("a", "c")))
    third = store.worklists.publish(run_id, DAY, lists())
    assert third.worklist_ids == first.worklist_ids
    assert customers(store, store.worklists.latest(DAY)) == ["a", "b", "c", "d"]


def test_a_publication_that_breaks_half_way_leaves_nothing(store, run_id):
    broken = [*lists(), {"collector": "zoe", "entries": [entry(1, "x"), entry(1, "y")]}]
    with pytest.raises(IntegrityError):
        store.worklists.publish(run_id, DAY, broken)
    assert [count(store, table) for table in (Publication, Worklist, WorklistEntry)] == [0, 0, 0]


def test_a_run_that_was_not_recorded_publishes_nothing(store):
    with pytest.raises(IntegrityError):
        store.worklists.publish("unknown", DAY, lists())
    assert store.worklists.latest(DAY) is None


def test_two_lists_for_one_collector_are_refused(store, run_id):
    with pytest.raises(UsageError, match="2 worklists for 1 collectors"):
        store.worklists.publish(run_id, DAY, [{"collector": "anna", "entries": []}] * 2)


def test_an_empty_day_is_a_publication_too(store, run_id):
    store.worklists.publish(run_id, DAY, [])
    assert store.worklists.latest(DAY).lists == ()
    assert store.worklists.page(store.worklists.latest(DAY)).entries == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_pages_of_any_size_give_every_entry_once_in_order(store, run_id, limit):
    store.worklists.publish(run_id, DAY, lists(bert=("d", "e")))
    shown = store.worklists.latest(DAY)
    seen, after, pages = [], None, 0
    while pages == 0 or after:
        page = store.worklists.page(shown, after=after, limit=limit)
        seen += [(e.collector, e.rank) for e in page.entries]
        after, pages = page.after, pages + 1
    assert seen == [("anna", 1), ("anna", 2), ("anna", 3), ("bert", 1), ("bert", 2)]
    assert pages == -(-5 // limit)


def test_one_collectors_pages_stay_with_that_collector(store, run_id):
    store.worklists.publish(run_id, DAY, lists())
    shown = store.worklists.latest(DAY)
    assert customers(store, shown, collector="bert") == ["d"]
    assert customers(store, shown, collector="anna", after=Place("anna", 1)) == ["b", "c"]
    assert customers(store, shown, collector="nobody") == []


def test_pages_do_not_shift_under_a_new_publication(store, run_id):
    store.worklists.publish(run_id, DAY, lists())
    shown = store.worklists.latest(DAY)
    place = store.worklists.page(shown, limit=2).after
    store.worklists.publish(run_id, DAY, lists(anna=("c", "a", "b")))
    assert customers(store, shown, after=place) == ["c", "d"]


def test_advice_keeps_its_order_and_capacity_its_figure(store, run_id):
    advice = [{"company_id": "1", "customer_id": c, "reason": "pays on time"} for c in ("z", "y")]
    store.worklists.publish(run_id, DAY, [{**lists()[0], "capacity_minutes": 300}], advice)
    shown = store.worklists.latest(DAY)
    assert store.worklists.advice(shown) == advice
    assert shown.lists[0].capacity_minutes == 300


def test_a_customers_entry_is_found(store, run_id):
    store.worklists.publish(run_id, DAY, lists())
    shown = store.worklists.latest(DAY)
    assert store.worklists.of_customer(shown, "1", "b").rank == 2
    assert store.worklists.of_customer(shown, "2", "b") is None


def test_filter_columns_are_filled_from_the_entry(store, run_id):
    one = [{"collector": "anna", "entries": [entry(1, "a", 2.5)]}]
    store.worklists.publish(run_id, DAY, one)
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT segment, currency, priority FROM worklist_entries")).one()
    assert tuple(row) == ("new", "USD", 2.5)
