"""The whole day on a real file: trained, scored, listed, explained and served as of 2019-08-01."""

import csv
import json
from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.errors import NotThereError, UsageError
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.serving.app import create_app
from riskpay.serving.testing import Client
from riskpay.store.database import Store
from riskpay.workflows.daily import daily
from riskpay.workflows.explain import explain
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.lists import cadence, worklist
from riskpay.workflows.scoring import open_scorer
from riskpay.workflows.scoring_types import NewItem, RowProblem
from riskpay.workflows.train import train

DAY = date(2019, 8, 1)
LAG = timedelta(days=2)

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def file(shared):
    return shared / "data" / "highradius_sample_b.csv"


@pytest.fixture(scope="module")
def trained(file, tmp_path_factory):
    home = tmp_path_factory.mktemp("sample_b_day") / "home"
    ingest(home, file, "highradius", date(2020, 4, 1))
    assert train(home, DAY).verdict.promoted
    return home


@pytest.fixture(scope="module")
def done(trained):
    return daily(trained, DAY)


@pytest.fixture(scope="module")
def scorer(trained, done):
    return open_scorer(trained)


def open_rows(file):
    """Invoices written by the day whose payment was not known by its end, straight from the file."""
    seen = {}
    with file.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            made = date.fromisoformat(row["posting_date"])
            paid = date.fromisoformat(row["clear_date"][:10])
            known = max(made, paid + LAG)
            if made <= DAY < known and made - paid <= timedelta(days=3):
                seen[row["invoice_id"].removesuffix(".0")] = row
    return seen


def test_the_open_book_is_that_of_the_day_alone(file, done, trained):
    rows = open_rows(file)
    assert done.open_items == len(rows)
    listed = {item["invoice_id"] for entry in worklist(trained, DAY)["entries"] for item in entry["items"]}
    assert listed <= set(rows)


def test_the_same_day_again_gives_the_same_list_byte_for_byte(trained, done):
    before = json.dumps(worklist(trained, DAY), sort_keys=True)
    again = daily(trained, DAY)
    assert json.dumps(worklist(trained, DAY), sort_keys=True) == before
    assert (again.open_items, again.steps, again.worklists) == (done.open_items, done.steps, done.worklists)


def test_entries_are_ranked_with_terms_and_reasons(trained, done):
    entries = worklist(trained, DAY)["entries"]
    assert [entry["rank"] for entry in entries] == list(range(1, len(entries) + 1))
    must = [entry["must_contact"] is not None for entry in entries]
    assert must == sorted(must, reverse=True)
    for entry in entries:
        assert 2 <= len(entry["reasons"]) <= 4
        terms = sum(float(entry[term]) for term in ("extra_cash", "cash_days", "loss_avoided"))
        assert terms == pytest.approx(float(entry["call_value"]), abs=0.02)
        assert 0 <= entry["p_unpaid_30"] <= 1


def test_every_step_of_a_customer_names_its_rule(trained, done):
    first = worklist(trained, DAY)["entries"][0]
    steps = cadence(trained, first["customer_id"], company_id=first["company_id"])["steps"]
    assert steps
    assert all(step["rule"] for step in steps)


def test_a_customer_of_several_legal_entities_is_asked_of_one(trained, done):
    """The file has customers that two companies sell to; their list names the company."""
    companies = Home.open(trained).ledger.invoices.group_by("customer_id").agg(n=pl.col("company_id").n_unique())
    shared = companies.filter(pl.col("n") > 1)["customer_id"].to_list()
    first = next(entry for entry in worklist(trained, DAY)["entries"] if entry["customer_id"] in shared)
    with pytest.raises(UsageError, match=r"several legal entities: CA02, U001\nname one: --company CA02"):
        cadence(trained, first["customer_id"])
    assert cadence(trained, first["customer_id"], company_id=first["company_id"])["company_id"] == first["company_id"]


def test_a_day_before_the_model_has_none(trained):
    with pytest.raises(NotThereError, match="no promoted model was trained on or before 2019-07-01"):
        daily(trained, date(2019, 7, 1))


def test_a_day_before_the_first_invoice_is_told(trained):
    with pytest.raises(NotThereError, match="the first invoice was issued on 2018-12-06"):
        daily(trained, date(2018, 1, 1))


def test_an_open_invoice_is_explained(trained, done, file):
    invoice = next(iter(open_rows(file)))
    said = explain(trained, invoice, DAY)
    curve = [point["p_unpaid"] for point in said["late_risk"]["curve"]]
    assert curve[0] == 1
    assert curve == sorted(curve, reverse=True)
    assert said["reasons"]
    assert said["features"]["terms_days"] is not None


@pytest.fixture(scope="module")
def customer(scorer):
    """The customer with most invoices."""
    counted = scorer.ledger.invoices.filter(company_id="U001").group_by("customer_id").len()
    return counted.sort("len", "customer_id")["customer_id"][-1]


def asked(ref, customer, **more):
    day = date(2020, 3, 20)
    return NewItem(ref, customer, day, day + timedelta(days=15), 1_200_00, "USD", company_id="U001", **more)


def test_an_item_is_scored_alike_alone_and_among_others(scorer, customer):
    items = [asked("a", customer), asked("b", "nobody"), asked("c", customer)]
    alone = [scorer.score([item], scorer.facts_until)[0].risk for item in items]
    together = [answer.risk for answer in scorer.score(items, scorer.facts_until)]
    assert together == alone
    assert together[0].curve == together[2].curve


def test_an_unknown_customer_gets_an_answer_and_a_flag(scorer, customer):
    known, new = scorer.score([asked("a", customer), asked("b", "nobody")], scorer.facts_until)
    assert (known.risk.is_new, new.risk.is_new) == (False, True)
    assert new.segment == "new"
    assert 0 < new.risk.p_late < 1
    assert new.next_step["rule"]


def test_a_settled_invoice_is_a_problem_of_its_row(scorer, customer, file):
    invoice = next(iter(open_rows(file)))
    answer = scorer.score([asked("a", customer, invoice_id=invoice)], scorer.facts_until)[0]
    assert isinstance(answer, RowProblem)
    assert answer.code == "already_settled"


def test_the_endpoint_answers_over_the_real_model(trained, scorer, customer):
    with Store(Home.open(trained).settings.database) as store:
        client = Client(create_app(store, lambda: scorer), {"X-API-Key": store.keys.create("test")})
        item = {
            "ref": "7",
            "company_id": "U001",
            "customer_id": customer,
            "issue_date": "2020-03-20",
            "due_date": "2020-04-04",
            "amount": "1200.00",
            "currency": "USD",
        }
        answer = client.post("/v1/scores", json={"items": [item], "include": ["reasons", "curve"]})
    assert answer.status_code == 200
    result = answer.json()["results"][0]
    assert result["ref"] == "7"
    assert result["reasons"]
    assert result["curve"][0]["p_unpaid"] == 1


def test_a_model_read_back_says_the_same(scorer, tmp_path):
    model = scorer.registered.model
    write_bundle(model, tmp_path)
    assert read_bundle(tmp_path) == model
