"""Worklists and cadences over HTTP."""

import polars as pl
import pytest

from riskpay.serving.app import create_app
from riskpay.serving.schemas_lists import CadenceAnswer, WorklistAnswer
from riskpay.serving.testing import DAY, KNOWN, Client, FakeScorer, entry, plan

LIST = f"/v1/worklists/{DAY}"


@pytest.fixture
def client(store):
    return Client(create_app(store, FakeScorer), {"X-API-Key": store.keys.create("test")})


def test_the_list_of_a_day_is_given_whole(client):
    answer = client.get(LIST)
    said = answer.json()
    WorklistAnswer.model_validate(said)
    assert [(e["collector"], e["rank"]) for e in said["entries"]] == [("anna", n) for n in range(1, 6)] + [
        ("bert", n) for n in range(1, 4)
    ]
    assert said["entries"][0] == {"collector": "anna", **entry(1, 0)}
    assert [(head["collector"], head["entries"], head["capacity_minutes"]) for head in said["lists"]] == [
        ("anna", 5, 300.0),
        ("bert", 3, 240.0),
    ]
    assert (said["model_version"], said["next"], len(said["would_pay_anyway"])) == ("4", None, 2)


def test_the_same_list_is_the_same_bytes(client):
    assert client.get(LIST).content == client.get(LIST).content


@pytest.mark.parametrize("limit", [1, 3, 8, 500])
def test_pages_follow_each_other_to_the_end(client, limit):
    seen, after = [], ""
    while after is not None:
        said = client.get(LIST, params={"limit": limit, **({"after": after} if after else {})}).json()
        assert (after == "") == bool(said["would_pay_anyway"])
        seen += [e["customer_id"] for e in said["entries"]]
        after = said["next"]
    assert seen == [entry(1, n)["customer_id"] for n in range(8)]


def test_pages_go_on_in_the_publication_they_began_in(client, store):
    after = client.get(LIST, params={"limit": 6}).json()["next"]
    run = store.worklists.latest(DAY).run_id
    store.worklists.publish(run, DAY, [{"collector": "zoe", "entries": [entry(1, 3)]}])
    assert [e["collector"] for e in client.get(LIST, params={"after": after}).json()["entries"]] == ["bert", "bert"]
    assert [e["collector"] for e in client.get(LIST).json()["entries"]] == ["zoe"]


def test_one_collectors_list(client):
    said = client.get(LIST, params={"collector": "bert"}).json()
    assert {e["collector"] for e in said["entries"]} == {"bert"}
    assert [head["collector"] for head in said["lists"]] == ["bert"]
    missing = client.get(LIST, params={"collector": "nobody"})
    assert missing.status_code == 404
    assert "anna, bert" in missing.json()["hint"]


def test_a_day_without_a_list_says_which_day_has_one(client):
    said = client.get("/v1/worklists/2019-08-03").json()
    assert (said["status"], said["code"]) == (404, "not_there")
    assert "2019-08-01" in said["detail"]
    assert said["hint"] == "run: riskpay daily --as-of 2019-08-03"


@pytest.mark.parametrize("after", ["x", "!!!!", "W10=", "WzEsMiwzXQ==", "WzksMSwiYW5uYSJd", "WzFlOTksMSwiYSJd", "é"])
def test_a_cursor_that_is_none_is_a_bad_question(client, after):
    answer = client.get(LIST, params={"after": after})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_question")


@pytest.mark.parametrize("path", ["today", "2019-13-01", "20190801", "0001-01-01"])
def test_a_day_that_is_none_is_said(client, path):
    answer = client.get(f"/v1/worklists/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "2024-03-31" in answer.json()["detail"]


@pytest.mark.parametrize("limit", [0, -1, 501, "many"])
def test_limits_have_limits(client, limit):
    assert client.get(LIST, params={"limit": limit}).status_code == 422


def test_the_cadence_of_a_customer(client):
    said = client.get(f"/v1/customers/{KNOWN}/cadence").json()
    CadenceAnswer.model_validate(said)
    assert (said["segment"], said["segment_since"], said["as_of"]) == ("habitually_late", "2019-08-01", "2019-08-01")
    assert [(s["state"], s["due_on"]) for s in said["steps"]] == [
        ("sent", "2019-07-02"),
        ("planned", "2019-08-02"),
        ("suppressed", "2019-08-03"),
        ("approval", "2019-08-20"),
    ]
    assert all(step["rule"] for step in said["steps"])


@pytest.mark.parametrize("customer", ["unknown", "a/b", "a%2Fb", "%00", "x" * 300])
def test_an_unknown_customer_is_a_problem_and_no_bug(client, customer):
    answer = client.get(f"/v1/customers/{customer}/cadence")
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_customer_of_another_company_is_another_customer(client):
    assert client.get(f"/v1/customers/{KNOWN}/cadence", params={"company_id": "2"}).status_code == 404


def test_an_id_with_a_slash_is_found(client, store):
    run = store.worklists.latest(DAY).run_id
    store.steps.record(run, DAY, plan().with_columns(customer_id=pl.lit("A/12")))
    assert client.get("/v1/customers/A%2F12/cadence").json()["customer_id"] == "A/12"
