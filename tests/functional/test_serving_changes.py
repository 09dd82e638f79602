"""What changed, over HTTP and on the customer's page, with a scorer that needs no model."""

from datetime import UTC, date, datetime, timedelta

import pytest

from riskpay.errors import NotThereError
from riskpay.serving.app import create_app
from riskpay.serving.pages import customer as customer_page
from riskpay.serving.schemas_changes import ChangesAnswer, CustomerChangesAnswer
from riskpay.serving.testing import DAY, KNOWN, Client, FakeScorer, day_before

YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture
def scorer():
    return FakeScorer()


@pytest.fixture
def client(store, scorer):
    return Client(create_app(store, lambda: scorer), {"X-API-Key": store.keys.create("test")})


@pytest.fixture
def browser(store, scorer):
    opened = Client(create_app(store, lambda: scorer))
    assert opened.post("/sign-in", data={"key": store.keys.create("page")}).status_code == 303
    return opened


def adds_up(item):
    for figure in ("p_late", "p_unpaid_30"):
        told = item[figure]
        if told["change"] is not None:
            assert sum(part["points"] for part in told["parts"]) == pytest.approx(told["change"], abs=1e-9)
            assert told["to"] - told["from"] == pytest.approx(told["change"], abs=1e-9)


def test_the_book_is_told_as_the_scorer_tells_it(client, scorer):
    answer = client.get("/v1/changes?since=2019-07-30&top=1")
    assert answer.status_code == 200
    said = answer.json()
    ChangesAnswer.model_validate(said)
    assert scorer.compared == [(date(2019, 7, 30), None, (), 1)]
    assert (said["since"], said["as_of"]) == ("2019-07-30", "2019-08-01")
    assert {state: len(said[state]) for state in ("moved", "new", "settled")} == {"moved": 1, "new": 1, "settled": 1}
    for item in said["moved"]:
        adds_up(item)


def test_a_customer_is_told_item_by_item(client, scorer):
    said = client.get(f"/v1/customers/{KNOWN}/changes?company_id=2").json()
    CustomerChangesAnswer.model_validate(said)
    assert scorer.compared == [(None, ("2", KNOWN), (), 20)]
    assert [item["state"] for item in said["items"]] == ["open", "open", "new", "settled"]
    for item in said["items"]:
        adds_up(item)


def test_the_same_question_is_worked_out_once_a_run(client, scorer, store):
    for _ in range(3):
        assert client.get("/v1/changes").status_code == 200
    assert len(scorer.compared) == 1
    later = datetime.now(UTC) + timedelta(minutes=1)
    versions = {"model_version": "9", "data_version": "d", "policy_hash": "p"}
    store.runs.record(DAY, **versions, seconds=0, counts={}, created_at=later)
    client.get("/v1/changes")
    assert len(scorer.compared) == 2


@pytest.mark.parametrize("query", ["since=yesterday", "top=0", "top=501", "as_of=2019-13-01"])
def test_a_question_that_does_not_fit_is_a_problem(client, query):
    answer = client.get(f"/v1/changes?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_what_cannot_be_compared_is_a_problem_and_says_what_to_do(client, scorer, monkeypatch):
    def none(*_):
        raise NotThereError("no model scored a day before 2019-08-01", "name a day: --since DATE")

    monkeypatch.setattr(scorer, "changes", none)
    answer = client.get("/v1/changes")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_there")
    assert "--since" in answer.json()["hint"]


def test_the_page_tells_what_changed_since_the_day_scored_before(browser, scorer, store):
    day_before(store)
    page = browser.get(f"/customers/{KNOWN}").text
    assert "What changed since 31 Jul 2019" in page
    assert "59 % then, 74 % now" in page
    assert "model 4 in place of model 3" in page
    assert "and smaller ones" in page
    assert "open amount 10,000.00 then, 6,000.00 now" in page
    [(since, customer, invoices, _)] = scorer.compared
    assert (since, customer) == (YESTERDAY, ("1", KNOWN))
    assert invoices == ("1930400000",)


def test_without_a_day_before_the_page_asks_no_scorer(browser, scorer):
    page = browser.get(f"/customers/{KNOWN}").text
    assert "Why on the list" in page
    assert "What changed" not in page
    assert scorer.compared == []


def test_a_page_does_not_wait_long_and_says_so(browser, scorer, store, monkeypatch):
    day_before(store)
    monkeypatch.setattr(customer_page, "PATIENCE", 0.0)
    page = browser.get(f"/customers/{KNOWN}").text
    assert "being worked out" in page
    assert f'href="/customers/{KNOWN}?' in page
    assert "Cadence" in page


def test_a_page_is_shown_whatever_becomes_of_the_changes(browser, scorer, store, monkeypatch):
    def none(*_):
        raise NotThereError("no model fits", "train one")

    day_before(store)
    monkeypatch.setattr(scorer, "changes", none)
    answer = browser.get(f"/customers/{KNOWN}")
    assert answer.status_code == 200
    assert "What changed" not in answer.text
