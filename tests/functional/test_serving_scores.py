"""POST /v1/scores over HTTP, with a scorer that needs no model."""

from datetime import date

import pytest

from riskpay.errors import NotThereError
from riskpay.serving.app import create_app
from riskpay.serving.schemas import ScoreAnswer
from riskpay.serving.testing import DAY, KNOWN, REFUSED, Client, FakeScorer
from riskpay.store.database import Store

ITEM = {
    "ref": "A-17",
    "customer_id": KNOWN,
    "invoice_id": "1930438491",
    "issue_date": "2019-07-30",
    "due_date": "2019-08-14",
    "amount": "54273.28",
    "currency": "USD",
}


@pytest.fixture
def scorer():
    return FakeScorer()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def client(store, scorer):
    return Client(create_app(store, lambda: scorer), {"Authorization": f"Bearer {store.keys.create('test')}"})


def ask(client, *items, **more):
    answer = client.post("/v1/scores", json={"items": list(items), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_known_customer_is_answered_in_full(client):
    said = ask(client, ITEM)
    assert {name: said[name] for name in ("as_of", "facts_until", "model_version", "data_version", "policy_hash")} == {
        "as_of": "2019-08-01",
        "facts_until": "2019-08-01",
        "model_version": "4",
        "data_version": "9d3a41c2",
        "policy_hash": "b7e0c55f",
    }
    assert said["results"] == [
        {
            "ref": "A-17",
            "p_late": 0.123457,
            "p_unpaid_7": 0.615572,
            "p_unpaid_30": 0.125,
            "p_unpaid_90": 0.001953,
            "p_late_band": {"low": 0.05, "high": 0.2},
            "p_unpaid_30_band": {"low": 0.08, "high": 0.17},
            "abstains": False,
            "pay_date": {"p10": "2019-08-03", "p50": "2019-08-11", "p90": "2019-09-04"},
            "pay_between": {"first": "2019-08-03", "last": "2019-09-04", "share": 0.8},
            "basis": "usual effort",
            "withheld": None,
            "support": 41,
            "is_new": False,
            "segment": "occasionally_late",
            "next_step": {
                "due_on": "2019-08-15",
                "channel": "email",
                "tone": "courteous",
                "owner": "automatic",
                "step_code": "occasional_reminder",
                "rule": "occasionally late, 1 day after the due date",
            },
            "reasons": [
                {
                    "code": "late_share",
                    "text": "paid 7 of the last 9 invoices late, 12 days on average",
                    "weight": 1.2,
                    "points": None,
                }
            ],
        }
    ]
    ScoreAnswer.model_validate(said)


def test_the_scorer_gets_minor_units_days_and_the_day_asked_for(client, scorer):
    ask(client, ITEM, {**ITEM, "currency": "JPY", "amount": "5000"}, as_of="2019-07-31")
    [(items, as_of)] = scorer.asked
    assert as_of == date(2019, 7, 31)
    assert [(i.amount_minor, i.currency, i.due_date, i.company_id) for i in items] == [
        (5427328, "USD", date(2019, 8, 14), "1"),
        (5000, "JPY", date(2019, 8, 14), "1"),
    ]


def test_an_unknown_customer_gets_a_real_answer_flagged_new(client):
    [result] = ask(client, {**ITEM, "customer_id": "never seen"})["results"]
    assert (result["is_new"], result["support"], result["segment"]) == (True, 0, "new")


def test_curve_and_reasons_come_when_asked_for(client):
    [bare] = ask(client, ITEM, include=[])["results"]
    assert "curve" not in bare
    assert "reasons" not in bare
    [full] = ask(client, ITEM, include=["curve", "reasons"])["results"]
    assert [full["curve"][n] for n in (0, 30, 180)] == [
        {"day": 0, "p_unpaid": 1.0},
        {"day": 30, "p_unpaid": 0.125},
        {"day": 180, "p_unpaid": 4e-06},
    ]
    assert len(full["curve"]) == 181


def test_sums_come_when_asked_for_and_add_up(client):
    [bare] = ask(client, ITEM)["results"]
    assert not {"lateness", "curve_reasons"} & set(bare)
    said = ask(client, ITEM, include=["sums"])
    [full] = said["results"]
    ScoreAnswer.model_validate(said)
    for name, chance in (("lateness", "p_late"), ("curve_reasons", "p_unpaid_30")):
        told = full[name]
        assert told["figure"] == chance
        assert told["base"] + sum(part["points"] for part in told["parts"]) == pytest.approx(told["chance"], abs=1e-9)
        assert told["chance"] == pytest.approx(full[chance], abs=1e-6)


BAD_ROWS = {
    "no customer": ({"customer_id": None}, "invalid_item", "customer_id"),
    "number for an id": ({"customer_id": 600769623}, "invalid_item", "string"),
    "empty id": ({"customer_id": ""}, "invalid_item", "at least 1"),
    "control character": ({"customer_id": "a\u0000b"}, "invalid_item", "control"),
    "number for money": ({"amount": 12.5}, "invalid_item", "string"),
    "no money": ({"amount": "a lot"}, "invalid_amount", "'a lot'"),
    "not a number": ({"amount": "NaN"}, "invalid_amount", "NaN"),
    "infinite": ({"amount": "Infinity"}, "invalid_amount", "finite"),
    "too large": ({"amount": "1e30"}, "invalid_amount", "1e30"),
    "too fine": ({"amount": "1.005"}, "invalid_amount", "digits"),
    "nothing": ({"amount": "0.00"}, "invalid_amount", "above 0"),
    "credit": ({"amount": "-5"}, "invalid_amount", "above 0"),
    "currency": ({"currency": "USX"}, "unknown_currency", "'USX'"),
    "due before issue": ({"due_date": "2019-07-29"}, "due_before_issue", "2019-07-29"),
    "no such day": ({"due_date": "2019-02-30"}, "invalid_item", "due_date"),
    "another century": ({"due_date": "9999-12-31"}, "invalid_item", "2100"),
    "seconds for a day": ({"due_date": 1565740800}, "invalid_item", "due_date"),
    "a typing mistake": ({"due_dat": "2019-08-14"}, "invalid_item", "due_dat"),
    "the scorer's own": ({"customer_id": REFUSED}, "customer_blocked", REFUSED),
}


@pytest.mark.parametrize(("change", "code", "said"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_a_value_beside_the_good_ones(client, change, code, said):
    results = ask(client, ITEM, {**ITEM, "ref": "bad", **change}, {**ITEM, "ref": "last"})["results"]
    assert [result["ref"] for result in results] == ["A-17", "bad", "last"]
    assert results[1]["error"]["code"] == code
    assert said in results[1]["error"]["detail"]
    assert results[0]["p_late"] == results[2]["p_late"] == 0.123457


@pytest.mark.parametrize("row", [None, 1, "text", [], {}])
def test_a_row_of_the_wrong_shape_is_a_value_too(client, row):
    [good, bad] = ask(client, ITEM, row)["results"]
    assert good["ref"] == "A-17"
    assert (bad["ref"], bad["error"]["code"]) == (None, "invalid_item")


def test_only_bad_rows_ask_the_scorer_nothing(client, scorer):
    [result] = ask(client, {**ITEM, "amount": "x"})["results"]
    assert "error" in result
    assert scorer.asked == []


def test_many_items_keep_their_order(client):
    refs = [str(n) for n in range(1000)]
    said = ask(client, *({**ITEM, "ref": ref, "amount": "0" if int(ref) % 7 == 3 else "5"} for ref in refs))
    assert [result["ref"] for result in said["results"]] == refs
    assert [int(r["ref"]) % 7 == 3 for r in said["results"]] == ["error" in r for r in said["results"]]


ENVELOPES = {
    "no items": ({"items": []}, "items"),
    "too many": ({"items": [ITEM] * 1001}, "1000"),
    "items missing": ({}, "items"),
    "unknown member": ({"items": [ITEM], "asof": "2019-08-01"}, "asof"),
    "unknown addition": ({"items": [ITEM], "include": ["shap"]}, "curve"),
    "no day": ({"items": [ITEM], "as_of": "yesterday"}, "as_of"),
    "not an object": ([ITEM], "body"),
}


@pytest.mark.parametrize(("body", "said"), ENVELOPES.values(), ids=ENVELOPES)
def test_a_bad_envelope_is_a_problem(client, body, said):
    answer = client.post("/v1/scores", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_request"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"items": [{"ref": "\\ud800", "\\udcff": 1}]}', b'{"\\ud800": 1}'],
)
def test_a_body_that_is_no_json_is_a_problem_and_no_bug(client, body):
    answer = client.post("/v1/scores", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {200, 400, 422}
    assert "bug" not in answer.text


def test_the_same_question_over_the_same_state_has_the_same_run_id(client, scorer):
    first = ask(client, ITEM)["run_id"]
    assert ask(client, ITEM)["run_id"] == first
    assert ask(client, {**ITEM, "amount": "1"})["run_id"] != first
    scorer.data_version = "other"
    assert ask(client, ITEM)["run_id"] != first


def test_scoring_writes_nothing(client, store, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir()), store.runs.latest()
    ask(client, ITEM)
    assert (sorted(path.name for path in tmp_path.iterdir()), store.runs.latest()) == before


def test_a_missing_model_says_what_to_do(store):
    def none():
        raise NotThereError("no model is trained yet", "run: riskpay train")

    client = Client(create_app(store, none), {"X-API-Key": store.keys.create("test")})
    answer = client.post("/v1/scores", json={"items": [ITEM]})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_there")
    assert answer.json()["hint"] == "run: riskpay train"


def test_the_scorer_is_opened_once_and_again_after_a_run(store):
    opened = []

    def open_scorer():
        opened.append(FakeScorer(model_version=str(len(opened))))
        return opened[-1]

    client = Client(create_app(store, open_scorer), {"X-API-Key": store.keys.create("test")})
    assert [ask(client, ITEM)["model_version"] for _ in range(3)] == ["0", "0", "0"]
    store.runs.record(DAY, model_version="9", data_version="d", policy_hash="p", seconds=0, counts={})
    assert [ask(client, ITEM)["model_version"] for _ in range(2)] == ["1", "1"]


def test_another_day_is_asked_of_that_days_scorer_which_is_opened_once(store):
    opened = []

    class Dated(FakeScorer):
        def at(self, as_of):
            opened.append(as_of)
            return FakeScorer(facts_until=as_of, model_version=f"as of {as_of}")

    client = Client(create_app(store, Dated), {"X-API-Key": store.keys.create("test")})
    days = ["2019-07-01", "2019-08-01", "2019-07-01", None]
    said = [ask(client, ITEM, **({"as_of": day} if day else {})) for day in days]
    assert [answer["model_version"] for answer in said] == ["as of 2019-07-01", "4", "as of 2019-07-01", "4"]
    assert [answer["facts_until"] for answer in said] == ["2019-07-01", "2019-08-01", "2019-07-01", "2019-08-01"]
    assert opened == [date(2019, 7, 1)]
