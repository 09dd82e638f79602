"""Next steps that scoring says: those of the day's plan, and for new items what the plan would decide of them."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.decisions.decide import decide
from riskpay.decisions.policy import default_policy_text
from riskpay.decisions.policy_file import load_policy
from riskpay.errors import NotThereError, UsageError
from riskpay.ledger.tables import ITEM_KEY
from riskpay.serving.app import create_app
from riskpay.serving.testing import Client
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.database import Store
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.book import at_par, book_of, open_items_of
from riskpay.workflows.daily import daily
from riskpay.workflows.ingest import ingest
from riskpay.workflows.lists import cadence
from riskpay.workflows.next_steps import NextSteps
from riskpay.workflows.scoring import open_scorer
from riskpay.workflows.scoring_types import NewItem, RowProblem
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TODAY = date(2024, 7, 1)
POLICY = load_policy(default_policy_text())
LEDGER = """
    companies:
    company_id | name | currency | country | time_zone
    1 | Us | USD | US | America/New_York
    customers:
    customer_id | payer_id | payment_method | account_status | email | country | valid_from
    plain | | transfer | active | a@b | US | 2024-01-01
    auto | | auto_pay | active | a@b | US | 2024-01-01
    broke | | transfer | insolvent | a@b | US | 2024-01-01
    child | broke | transfer | active | a@b | US | 2024-01-01
    blocked | | transfer | active | a@b | US | 2024-01-01
    all-promised | | transfer | active | a@b | US | 2024-01-01
    part-promised | | transfer | active | a@b | US | 2024-01-01
    kept | | transfer | active | a@b | US | 2024-01-01
    kept by payer | head | transfer | active | a@b | US | 2024-01-01
    kept by stranger | | transfer | active | a@b | US | 2024-01-01
    paid in part | | transfer | active | a@b | US | 2024-01-01
    paid before | | transfer | active | a@b | US | 2024-01-01
    invoices:
    customer_id | invoice_id | issue_date | due_date | amount
    plain | P1 | 2024-05-01 | 2024-05-31 | 5000
    part-promised | D1 | 2024-05-01 | 2024-05-31 | 5000
    kept by stranger | S1 | 2024-05-01 | 2024-05-31 | 1800
    payments:
    customer_id | payment_id | value_date | amount
    plain | M1 | 2024-07-01 | 1
    kept | M2 | 2024-06-28 | 900
    head | M3 | 2024-06-28 | 900
    never seen | M4 | 2024-06-28 | 900
    paid in part | M5 | 2024-06-28 | 400
    paid before | M6 | 2024-06-24 | 900
    allocations:
    source_id | invoice_id | allocated_on | amount
    M4 | S1 | 2024-06-28 | 900
    blocks:
    block_id | customer_id | blocked_on | until
    B1 | blocked | 2024-06-25 | 2024-09-25
    promises:
    promise_id | customer_id | invoice_id | amount | promised_on | promised_for | status
    Q1 | all-promised | | 900 | 2024-06-25 | 2024-07-20 | open
    Q2 | part-promised | | 900 | 2024-06-25 | 2024-07-20 | open
    Q3 | kept | | 900 | 2024-06-25 | 2024-07-20 | open
    Q4 | kept by payer | | 900 | 2024-06-25 | 2024-07-20 | open
    Q5 | kept by stranger | S1 | 900 | 2024-06-25 | 2024-07-20 | open
    Q6 | paid in part | | 1200 | 2024-06-25 | 2024-07-20 | open
    Q7 | paid before | | 900 | 2024-06-25 | 2024-07-20 | open
"""
SUPPRESSED = {
    "plain": None,
    "part-promised": None,
    "never seen": None,
    "auto": "auto-pay",
    "broke": "account: insolvent",
    "child": "account: insolvent",
    "blocked": "block: until 2024-09-25",
    "all-promised": "promise: open",
    "kept": None,
    "kept by payer": None,
    "kept by stranger": None,
    "paid in part": "promise: open",
    "paid before": "promise: open",
}


@pytest.fixture(scope="module")
def steps(make_ledger, tmp_path_factory):
    ledger = make_ledger(LEDGER).known(TODAY, "end")
    scored = open_items_of(ledger, TODAY, 0)
    with Store(tmp_path_factory.mktemp("store") / "store.db") as store:
        book = at_par(book_of(ledger, scored, TODAY, POLICY, store, "USD"))
    return NextSteps.decide(book.in_order(), ledger, POLICY)


def new(customer, amount=80000, due=TODAY + timedelta(days=30)):
    return {
        "company_id": "1",
        "customer_id": customer,
        "issue_date": TODAY,
        "due_date": due,
        "amount": amount,
        "currency": "USD",
    }


@pytest.mark.parametrize(("customer", "rule"), SUPPRESSED.items(), ids=SUPPRESSED)
def test_a_new_item_asks_the_holds_of_the_plan(steps, customer, rule):
    [step] = steps.of_new([new(customer)], [TODAY])
    assert step["state"] == ("suppressed" if rule else "planned")
    if rule:
        assert step["rule"].startswith(rule)


@pytest.mark.parametrize("amount", [100, 80000])
def test_what_the_plan_says_once_the_item_is_loaded_is_what_was_said_before(steps, amount):
    """Each item is added to the day's book and decided by the daily run's own function."""
    for customer in SUPPRESSED:
        row = new(customer, amount)
        item = row | {
            "invoice_id": "N1",
            "instalment": 1,
            "open_amount": row["amount"],
            "effective_due_date": row["due_date"],
        }
        added = pl.DataFrame([item | {"days_past_due": 0, "rate": 1.0}]).drop("amount")
        items = pl.concat([steps.book.items, added.cast({"instalment": pl.Int32})], how="diagonal_relaxed")
        loaded = decide(replace(steps.book, items=items), POLICY).steps.filter(invoice_id="N1")
        [said] = steps.of_new([row], [TODAY])
        assert {name: loaded[name][0] for name in said} == said


def test_a_small_item_waits_unless_its_payer_owes_enough(steps):
    [alone, beside] = steps.of_new([new("never seen", 100), new("plain", 100)], [TODAY] * 2)
    assert alone["rule"].startswith("below minimum")
    assert beside["state"] == "planned"


def test_a_promised_document_that_another_customer_paid_counts_as_paid(steps):
    """What is open of it is worked again, and with it an item too small to be worked alone."""
    [step] = steps.of_new([new("kept by stranger", 100)], [TODAY])
    assert step["state"] == "planned"


def test_many_items_are_each_decided_as_if_alone(steps):
    rows = [new(customer, amount) for customer in SUPPRESSED for amount in (100, 80000)] * 3
    alone = [steps.of_new([row], [TODAY])[0] for row in rows]
    assert steps.of_new(rows, [TODAY] * len(rows)) == alone


def test_an_item_issued_later_gets_no_step_before_its_issue_day(steps):
    later = TODAY + timedelta(days=40)
    [step] = steps.of_new([new("plain", due=later + timedelta(days=3))], [later])
    assert step["due_on"] >= later


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A home with a model and a day done: (home, day)."""
    place = tmp_path_factory.mktemp("scoring")
    world = synthesise(120, 12, seed=7)
    write_world(world, place / "export")
    home = place / "home"
    ingest(home, place / "export", "canonical", world.as_of)
    (home / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    assert train(home, date(2024, 12, 9)).verdict.promoted
    daily(home)
    return home, world.as_of


@pytest.mark.slow
def test_an_answer_names_the_version_that_it_was_made_from(done, monkeypatch):
    """A load that publishes while the scorer is opened is in the answer and in its version, or in neither."""
    home, _ = done
    files = LedgerFiles(home)
    before = files.current_version()
    whole = files.current()
    less = whole.known(date(2024, 12, 20), "end")
    read = LedgerFiles.version

    def read_and_publish(self, version):
        ledger = read(self, version)
        if version == before:
            self.replace(less)
        return ledger

    monkeypatch.setattr(LedgerFiles, "version", read_and_publish)
    try:
        scorer = open_scorer(home)
        assert scorer.data_version == before != files.current_version()
        assert scorer.facts_until > date(2024, 12, 20)
    finally:
        files.replace(whole)


@pytest.mark.slow
def test_another_day_opened_after_a_load_names_the_version_of_that_load(done):
    home, _ = done
    newest = open_scorer(home)
    whole = LedgerFiles(home).current()
    try:
        version = LedgerFiles(home).replace(whole.known(date(2024, 12, 20), "end"))
        assert newest.at(date(2024, 12, 16)).data_version == version != newest.data_version
    finally:
        LedgerFiles(home).replace(whole)


def as_question(row):
    return NewItem(
        None,
        row["customer_id"],
        row["issue_date"],
        row["due_date"],
        row["open_amount"],
        row["currency"],
        company_id=row["company_id"],
        invoice_id=row["invoice_id"],
    )


@pytest.mark.slow
def test_an_item_of_the_ledger_is_said_what_the_plan_says(done):
    home, day = done
    scorer = open_scorer(home)
    items = scorer.next_steps.book.items.sort("due_date").unique(["company_id", "invoice_id"], keep="first")
    assert items["instalment"].len() > 50
    planned = {}
    for customer in items["customer_id"].unique():
        steps = cadence(home, customer, day)["steps"]
        planned |= {(s["invoice_id"], s["instalment"]): s for s in steps if s["state"] != "sent"}
    rows = items.to_dicts()
    states = set()
    for row, answer in zip(rows, scorer.score([as_question(row) for row in rows], day), strict=True):
        plan = planned.get((row["invoice_id"], row["instalment"]))
        said = answer.next_step
        states.add(said and said["state"])
        assert (plan is None) == (said is None)
        if said:
            assert {**said, "due_on": said["due_on"].isoformat()} == {name: plan[name] for name in said}
    assert {"planned", "suppressed"} <= states


@pytest.mark.slow
def test_an_earlier_day_is_answered_from_what_was_known_then(done):
    home, day = done
    newest = open_scorer(home)
    past = date(2024, 12, 16)
    with pytest.raises(UsageError, match="looks from"):
        newest.score([], past)
    then = newest.at(past)
    assert then.facts_until == past
    since = newest.ledger.allocations.filter(pl.col("known_on") > past)
    was_open = then.next_steps.book.items.join(since, on=ITEM_KEY, how="semi")
    paid = [
        item for item in map(as_question, was_open.to_dicts()) if isinstance(newest.score([item], day)[0], RowProblem)
    ]
    assert paid
    assert not any(isinstance(answer, RowProblem) for answer in then.score(paid, past))
    with pytest.raises(NotThereError, match="no promoted model was trained on or before 2024-03-01"):
        newest.at(date(2024, 3, 1))


@pytest.mark.slow
def test_the_api_answers_an_earlier_day_or_says_that_it_cannot(done, tmp_path):
    home, _ = done
    item = {
        "customer_id": "C00001",
        "issue_date": "2024-03-01",
        "due_date": "2024-12-31",
        "amount": "9.00",
        "currency": "USD",
    }
    with Store(tmp_path / "store.db") as store:
        client = Client(create_app(store, lambda: open_scorer(home)), {"X-API-Key": store.keys.create("test")})
        said = client.post("/v1/scores", json={"items": [item], "as_of": "2024-12-16"}).json()
        assert (said["as_of"], said["facts_until"]) == ("2024-12-16", "2024-12-16")
        refused = client.post("/v1/scores", json={"items": [item], "as_of": "2024-03-01"})
        assert (refused.status_code, refused.json()["code"]) == (404, "not_there")
        assert "riskpay train --as-of 2024-03-01" in refused.json()["hint"]
