"""What holds for every book: one segment a customer, no step for a held item, no level skipped, a rule for every
suppression, money kept, and the same decisions whatever the order of the input."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from riskpay.decisions.book import Book
from riskpay.decisions.cadence import ItemSteps, SentStep, ladder_of, level_of, next_step, remaining_steps
from riskpay.decisions.decide import Decisions, decide
from riskpay.decisions.policy_base import SEGMENTS
from riskpay.decisions.policy_file import load_policy
from riskpay.ledger.tables import (
    ACCOUNT_STATUSES,
    BLOCKS,
    CONTACTS,
    DEBTOR_TYPES,
    DISPUTES,
    OUTCOMES,
    PAYMENT_METHODS,
    PROMISES,
)

DAY = date(2024, 6, 12)
POLICY = load_policy("capacity: {minutes: 24}")
CUSTOMERS = [f"C{k}" for k in range(5)]
days = st.integers(-40, 120).map(lambda ago: DAY - timedelta(days=ago))
customer = st.sampled_from(CUSTOMERS)
document = st.none() | st.integers(0, 11).map("I{}".format)


@st.composite
def items(draw):
    rows = draw(
        st.lists(st.tuples(customer, days, st.integers(1, 5_000_000), st.sampled_from(["USD", "EUR"])), max_size=12)
    )
    daily = draw(st.lists(st.floats(0, 0.3), min_size=len(rows), max_size=len(rows)))
    curves = np.exp(-np.array(daily).reshape(-1, 1) * np.arange(181))
    frame = pl.DataFrame(
        {
            "company_id": ["1"] * len(rows),
            "invoice_id": [f"I{k}" for k in range(len(rows))],
            "instalment": [1] * len(rows),
            "customer_id": [row[0] for row in rows],
            "currency": [row[3] for row in rows],
            "issue_date": [row[1] - timedelta(days=30) for row in rows],
            "due_date": [row[1] for row in rows],
            "effective_due_date": [row[1] for row in rows],
            "open_amount": [row[2] for row in rows],
            "days_past_due": [max(0, (DAY - row[1]).days) for row in rows],
            "p_late": curves[:, 0],
            "p_unpaid_7": curves[:, 7],
            "p_unpaid_30": curves[:, 30],
            "p_unpaid_90": curves[:, 90],
            "abstains": False,
            "rate": [1.0 if row[3] == "USD" else 1.1 for row in rows],
        },
        schema_overrides={"customer_id": pl.String, "invoice_id": pl.String, "company_id": pl.String},
    )
    return frame, curves


@st.composite
def people(draw):
    return pl.DataFrame(
        [
            {
                "company_id": "1",
                "customer_id": name,
                "payer_id": draw(st.none() | customer),
                "debtor_type": draw(st.sampled_from(DEBTOR_TYPES)),
                "payment_method": draw(st.sampled_from(PAYMENT_METHODS)),
                "account_status": draw(st.sampled_from((*ACCOUNT_STATUSES, "active", "active", "active"))),
                "country": draw(st.sampled_from(["US", "DE", None])),
                "strategic": draw(st.booleans()),
                "opening_dunning_level": draw(st.integers(0, 5)),
                "owner": draw(st.sampled_from(["anna", "bob", None])),
                "settled_count": draw(st.integers(0, 9)),
                "late_share": draw(st.floats(0, 1)),
                "unapplied_amount": draw(st.sampled_from([0, 100_000])),
                "previous_segment": draw(st.none() | st.sampled_from(SEGMENTS)),
            }
            for name in CUSTOMERS
        ],
        infer_schema_length=None,
        schema_overrides={
            "payer_id": pl.String,
            "country": pl.String,
            "owner": pl.String,
            "previous_segment": pl.String,
        },
    )


def _events(draw, table, number, fields):
    rows = draw(st.lists(st.fixed_dictionaries({"customer_id": customer, **fields}), max_size=4))
    made = [
        {"company_id": "1", number: str(k), "known_on": DAY - timedelta(days=1), "reason": "said", **row}
        for k, row in enumerate(rows)
    ]
    kept = [{name: row.get(name) for name in table.dtypes} for row in made]
    return pl.DataFrame(kept, schema=table.dtypes)


@st.composite
def books(draw):
    frame, curves = draw(items())
    amount = st.none() | st.integers(1, 3_000_000)
    near = st.integers(-9, 9).map(lambda ahead: DAY + timedelta(days=ahead))
    past = st.integers(0, 30).map(lambda ago: DAY - timedelta(days=ago))
    disputes = _events(
        draw,
        DISPUTES,
        "dispute_id",
        {
            "invoice_id": document.filter(bool),
            "amount": amount,
            "opened_on": past,
            "until": st.none() | near,
            "status": st.sampled_from(["open", "resolved"]),
        },
    )
    promises = _events(
        draw,
        PROMISES,
        "promise_id",
        {
            "invoice_id": document,
            "amount": amount,
            "promised_on": past,
            "promised_for": near,
            "status": st.sampled_from(["open", "broken"]),
        },
    )
    blocks = _events(
        draw,
        BLOCKS,
        "block_id",
        {"invoice_id": document, "blocked_on": past, "until": near, "status": st.sampled_from(["active", "lifted"])},
    )
    moment = st.integers(0, 20).map(lambda ago: datetime(2024, 6, 12, 9) - timedelta(days=ago))  # noqa: DTZ001 - UTC
    contacts = _events(
        draw,
        CONTACTS,
        "contact_id",
        {
            "channel": st.sampled_from(["phone", "email"]),
            "direction": st.just("out"),
            "contacted_at": moment,
            "outcome": st.sampled_from(OUTCOMES),
        },
    )
    until = DAY - timedelta(days=draw(st.sampled_from([0, 1, 9])))
    return Book(DAY, frame, curves, draw(people()), {"1": until}, "USD", disputes, promises, blocks, contacts)


@given(books())
def test_what_every_day_keeps(book):
    decisions = decide(book, POLICY)
    _one_segment_each(decisions)
    _held_items_rest(decisions)
    _money_is_kept(decisions)
    _lists_hold_together(decisions)


def _one_segment_each(decisions: Decisions) -> None:
    assert decisions.segments["customer_id"].to_list() == CUSTOMERS
    assert set(decisions.segments["segment"]) <= set(SEGMENTS)


def _held_items_rest(decisions: Decisions) -> None:
    keys = ["company_id", "invoice_id", "instalment"]
    held = decisions.holds.filter(pl.col("hold").is_not_null()).select(keys)
    moving = decisions.steps.filter(pl.col("state") != "suppressed")
    assert moving.join(held, on=keys, how="semi").is_empty()
    assert all(decisions.steps["rule"])
    assert all(decisions.resting["rule"])
    assert (decisions.steps["due_on"] >= DAY).all()
    transfers = decisions.steps.filter(action="agency_transfer")
    assert "planned" not in transfers["state"].to_list()


def _money_is_kept(decisions: Decisions) -> None:
    taken = decisions.holds.select(pl.sum_horizontal("disputed", "promised", "unapplied", "collectible_amount"))
    assert (taken.to_series() <= decisions.holds["open_amount"]).all()
    assert (decisions.holds["collectible_amount"] >= 0).all()
    free = decisions.holds.filter(pl.col("hold").is_null())
    parts = free.select(pl.sum_horizontal("disputed", "promised", "unapplied", "collectible_amount")).to_series()
    assert parts.to_list() == free["open_amount"].to_list()


def _lists_hold_together(decisions: Decisions) -> None:
    listed = [entry for worklist in decisions.worklists for entry in worklist.entries]
    assert len({entry.customer_id for entry in listed}) == len(listed)
    assert not {entry.customer_id for entry in listed} & set(decisions.resting["customer_id"])
    for worklist in decisions.worklists:
        assert sum(entry.minutes for entry in worklist.entries) <= POLICY.capacity.minutes
        order = [(entry.must_contact is None, -entry.priority) for entry in worklist.entries]
        assert order == sorted(order)
    for entry in listed:
        assert 2 <= len(entry.reasons) <= 4
        assert entry.call_value == entry.extra_cash + entry.cash_days + entry.loss_avoided
        assert 0 < entry.collectible_amount <= entry.open_amount


@given(books(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(book, random):
    def shuffled(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
        order = list(range(frame.height))
        random.shuffle(order)
        return frame[order], order

    rows, order = shuffled(book.items)
    others = {
        name: shuffled(getattr(book, name))[0] for name in ("customers", "disputes", "promises", "blocks", "contacts")
    }
    mixed = Book(**{**vars(book), **others, "items": rows, "unpaid": book.unpaid[order]})
    one, other = decide(book, POLICY), decide(mixed, POLICY)
    assert one.segments.equals(other.segments)
    assert one.steps.equals(other.steps)
    assert one.holds.equals(other.holds)
    assert one.resting.equals(other.resting)
    assert one.worklists == other.worklists
    assert one.advice == other.advice


steps_sent = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 120)), max_size=4)


@given(
    st.sampled_from(SEGMENTS),
    st.integers(-60, 200),
    st.integers(0, 5),
    st.sampled_from(["US", "DE", ""]),
    steps_sent,
)
def test_levels_never_skip_and_never_fall(segment, past_due, opening, country, sent):
    history = tuple(SentStep(f"other_{k}", level, DAY - timedelta(days=ago)) for k, (level, ago) in enumerate(sent))
    item = ItemSteps(DAY, DAY - timedelta(days=past_due), country, opening, history)
    level = level_of(item)
    found = next_step(item, ladder_of(POLICY, segment), POLICY, segment)
    if found is not None:
        assert level <= found.step.level <= level + 1
        assert found.due_on >= DAY
        assert found.rule
    last = level
    for step in remaining_steps(item, ladder_of(POLICY, segment), POLICY):
        assert last <= step.step.level <= last + 1
        last = step.step.level


@given(st.sampled_from(SEGMENTS), st.integers(-60, 200), st.integers(0, 30))
def test_steps_after_the_due_date_wait_for_the_bank(segment, past_due, lag):
    policy = load_policy(f"posting_lag_days: {lag}")
    due = DAY - timedelta(days=past_due)
    for step in remaining_steps(ItemSteps(DAY, due, "US"), ladder_of(policy, segment), policy):
        if step.step.level == 0:
            assert step.due_on <= due
        else:
            assert step.due_on >= due + timedelta(days=lag)
