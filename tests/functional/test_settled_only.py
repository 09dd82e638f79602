"""A ledger of settled items only tells nothing of 90 days and more: what was never paid is missing from it."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.decisions.call_value import ContactResponse, call_terms
from riskpay.decisions.policy_file import load_policy
from riskpay.ledger.open_items import items
from riskpay.ledger.selection import settled_only
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.risk import HORIZON_DAYS, SETTLED_REACH, WITHHELD
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.daily import daily
from riskpay.workflows.explain import explain
from riskpay.workflows.home import Home
from riskpay.workflows.lists import worklist
from riskpay.workflows.scoring import open_scorer
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def world():
    return synthesise(12, 6, seed=2)


def extract(world):
    """The world's ledger as an extract of its settled items gives it: the others were never written."""
    kept = items(world.ledger, world.as_of).filter("settled").select(ITEM_KEY)
    notes = world.ledger.invoices.filter(pl.col("document_type") != "invoice")
    invoices = world.ledger.invoices.join(kept, on=list(ITEM_KEY), how="semi")
    allocations = world.ledger.allocations.join(kept, on=list(ITEM_KEY), how="semi")
    return world.ledger.with_tables(invoices=pl.concat([invoices, notes]), allocations=allocations)


@pytest.fixture(scope="module")
def selected(world):
    return extract(world)


@pytest.fixture(scope="module")
def homes(world, selected, tmp_path_factory):
    """Trained homes, by name: one that holds all items, one that holds the settled ones."""
    found = {}
    for name, ledger in (("all", world.ledger), ("settled", selected)):
        found[name] = tmp_path_factory.mktemp(name) / "home"
        LedgerFiles(found[name]).replace(ledger)
        train(found[name], world.as_of - timedelta(days=30))
    return found


@pytest.fixture(scope="module")
def day(world):
    return world.as_of - timedelta(days=30)


def test_an_extract_of_settled_items_is_known_by_what_is_open(world, selected):
    assert settled_only(selected, 0)
    assert not settled_only(world.ledger, 0)
    assert not settled_only(world.ledger.with_tables(invoices=world.ledger.invoices.head(0)), 0)


@pytest.mark.parametrize(("opened", "found"), [(1, True), (20, False)])
def test_a_handful_that_a_rounding_left_open_does_not_hide_it(opened, found):
    """Of over a thousand items one is open, or twenty are."""
    whole = extract(synthesise(60, 8, seed=5))
    assert items(whole, whole.last_known_on()).height > 1000
    lost = whole.allocations.sort("allocated_on").head(opened)["allocation_id"]
    left = whole.with_tables(allocations=whole.allocations.filter(~pl.col("allocation_id").is_in(lost.implode())))
    assert settled_only(left, 0) == found


def test_where_unpaid_items_are_there_everything_is_said(homes, day):
    done = daily(homes["all"], day)
    assert (done.withheld, worklist(homes["all"])["withheld"]) == (None, None)
    invoice = worklist(homes["all"])["entries"][0]["items"][0]["invoice_id"]
    said = explain(homes["all"], invoice, day)["late_risk"]
    assert 0 <= said["p_unpaid_90"] <= 1
    assert said["withheld"] is None
    assert said["curve"][-1]["day"] == HORIZON_DAYS


def test_of_settled_items_only_nothing_is_said_of_90_days(homes, day):
    home = homes["settled"]
    model = Home.open(home).registry.champion_for(day).model
    assert model.settled_only
    done = daily(home, day)
    assert done.to_json()["withheld"] == WITHHELD
    entries = worklist(home)["entries"]
    assert worklist(home)["withheld"] == WITHHELD
    assert {float(entry["loss_avoided"]) for entry in entries} == {0.0}
    assert max(float(entry["extra_cash"]) for entry in entries) > 0
    said = explain(home, entries[0]["items"][0]["invoice_id"], day)["late_risk"]
    assert (said["p_unpaid_90"], said["withheld"]) == (None, WITHHELD)
    assert 0 <= said["p_unpaid_30"] <= 1
    assert max(point["day"] for point in said["curve"]) == 60


def test_the_table_says_it_of_every_item(homes, day):
    scorer = open_scorer(homes["settled"], day)
    model = scorer.registered.model
    questions = scorer.open_items.select(*ITEM_KEY, "due_date", as_of=pl.lit(day))
    asked = questions.hstack(scorer.facts.features(questions.select(*ITEM_KEY, "as_of")).select(model.features.names))
    table = model.risks(asked, day, "1")
    assert table.reach == SETTLED_REACH
    assert table.items["p_unpaid_90"].null_count() == table.items.height > 0
    assert np.isnan(table.unpaid[:, SETTLED_REACH + 1 :]).all()
    assert not np.isnan(table.unpaid[:, : SETTLED_REACH + 1]).any()
    risk = table.risk(0)
    assert risk == table.risk(0)
    assert (len(risk.curve.unpaid), risk.p_unpaid_90) == (SETTLED_REACH + 1, None)
    late = table.items["pay_in_p90"].drop_nulls()
    assert late.is_empty() or late.max() <= SETTLED_REACH


def test_a_bundle_keeps_it(homes, day, tmp_path):
    model = Home.open(homes["settled"]).registry.champion_for(day).model
    write_bundle(model, tmp_path)
    assert read_bundle(tmp_path) == model


def test_a_call_keeps_its_other_terms():
    """Only what hangs on the missing days is nothing; no warning of numbers that are none."""
    rules = load_policy("{}").call_value
    whole = np.exp(-np.arange(HORIZON_DAYS + 1) / 40.0)[None, :]
    short = whole.copy()
    short[:, SETTLED_REACH + 1 :] = np.nan
    response = ContactResponse(np.array([1.5]), np.array([0.004]), np.array([7.0]))
    full, cut = (call_terms(np.array([1000.0]), curve, response, rules)[0] for curve in (whole, short))
    assert cut[:2] == pytest.approx(full[:2])
    assert full[2] > 0
    assert cut[2] == 0
