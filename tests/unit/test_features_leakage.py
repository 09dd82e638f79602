"""Planted look-aheads of several kinds are caught and named; the catalogue has none."""

import os
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from riskpay.errors import UsageError
from riskpay.features.histories import features
from riskpay.features.leakage import DELETED, SCRAMBLED, UNDATED, check
from riskpay.features.leakage_sample import sample_questions
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import items
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.sources.intake import read_source
from riskpay.sources.mapping import load_mapping
from riskpay.sources.synthetic.world import synthesise

SHARED = Path(os.environ.get("RISKPAY_SHARED", Path(__file__).parents[2].parent / "shared"))
KEY = [*ITEM_KEY, "as_of"]


@pytest.fixture(scope="module")
def ledger():
    return synthesise(customers=30, months=8, seed=5).ledger


@pytest.fixture(scope="module")
def asked(ledger):
    return sample_questions(ledger, 120, seed=3, days=4)


def found(compute, ledger, asked, cut="start"):
    return {(v.feature, v.how) for v in check(compute, ledger, asked, cut, seed=11).violations}


def documents(ledger):
    return ledger.invoices.sort("known_on").group_by(ITEM_KEY).first()


def of_customer(ledger, asked):
    return asked.join(documents(ledger).select(*ITEM_KEY, "customer_id"), on=list(ITEM_KEY), how="left")


def before(day, cut):
    return pl.col(day) < pl.col("as_of") if cut == "start" else pl.col(day) <= pl.col("as_of")


def test_the_catalogue_does_not_look_ahead(ledger, asked):
    for cut in ("start", "end"):
        report = check(features, ledger, asked, cut, seed=11)
        assert report.violations == ()
        assert report.pairs_checked == asked.height == 120
        assert report.features >= 40


def test_mean_days_late_by_settlement_day_without_known_on_is_caught(ledger, asked):
    """A payment received before as_of but known after it: the posting lag is forgotten."""

    def peeks(ledger, questions, cut):
        paid = ledger.allocations.select("company_id", "invoice_id", "instalment", settled_on="allocated_on")
        history = paid.join(documents(ledger).select(*ITEM_KEY, "customer_id", "due_date"), on=list(ITEM_KEY))
        late = (pl.col("settled_on") - pl.col("due_date")).dt.total_days()
        rows = of_customer(ledger, questions).join(history, on=list(CUSTOMER_KEY), how="left", suffix="_paid")
        mean = rows.filter(before("settled_on", cut)).group_by(KEY).agg(lag_forgotten=late.mean())
        return questions.join(mean, on=KEY, how="left")

    slow = ledger.with_tables(allocations=ledger.allocations.with_columns(pl.col("known_on") + timedelta(days=4)))
    assert {("lag_forgotten", DELETED), ("lag_forgotten", SCRAMBLED)} <= found(peeks, slow, asked)


def test_payments_known_later_are_caught(ledger, asked):
    def peeks(ledger, questions, cut):
        paid = ledger.payments.group_by(CUSTOMER_KEY).agg(paid_in_all=pl.col("amount").sum())
        return of_customer(ledger, questions).join(paid, on=list(CUSTOMER_KEY), how="left").select(*KEY, "paid_in_all")

    assert found(peeks, ledger, asked) == {("paid_in_all", DELETED), ("paid_in_all", SCRAMBLED)}


def test_counting_invoices_issued_later_is_caught(ledger, asked):
    def peeks(ledger, questions, cut):
        count = documents(ledger).group_by(CUSTOMER_KEY).agg(invoices=pl.len())
        return of_customer(ledger, questions).join(count, on=list(CUSTOMER_KEY), how="left").select(*KEY, "invoices")

    assert ("invoices", DELETED) in found(peeks, ledger, asked)


def test_counting_invoices_of_the_same_day_is_caught_although_all_are_asked_about(ledger):
    """Own documents stay in the ledger: one of two asked about on their issue day must not hide the other."""
    made = documents(ledger)
    twin = made.filter(pl.len().over(*CUSTOMER_KEY, "issue_date") == 1).head(1)
    twins = pl.concat([twin, twin.with_columns(invoice_id=pl.lit("twin"))]).select(ledger.invoices.columns)
    asked = twins.select(*ITEM_KEY, as_of="issue_date")

    def peeks(ledger, questions, cut):
        same_day = documents(ledger).group_by(*CUSTOMER_KEY, as_of="issue_date").agg(same_day=pl.len())
        rows = of_customer(ledger, questions).join(same_day, on=[*CUSTOMER_KEY, "as_of"], how="left")
        return rows.select(*KEY, "same_day")

    both = ledger.with_tables(invoices=pl.concat([ledger.invoices, twins.tail(1)]))
    assert ("same_day", DELETED) in found(peeks, both, asked)


@pytest.mark.parametrize("name", ["credit_limit", "strategic", "owner", "debtor_type", "name", "payment_method"])
def test_an_undated_attribute_of_a_customer_is_caught(ledger, asked, name):
    undated = ledger.with_tables(
        customers=ledger.customers.unique(CUSTOMER_KEY, keep="first").with_columns(valid_from=pl.lit(None, pl.Date))
    )

    def peeks(ledger, questions, cut):
        attribute = ledger.customers.select(*CUSTOMER_KEY, pl.col(name).alias(f"customer_{name}"))
        rows = of_customer(ledger, questions).join(attribute, on=list(CUSTOMER_KEY), how="left")
        return rows.select(*KEY, f"customer_{name}")

    assert found(peeks, undated, asked) == {(f"customer_{name}", UNDATED)}


def test_the_final_open_amount_is_caught(ledger, asked):
    def peeks(ledger, questions, cut):
        last = items(ledger, date(2100, 1, 1)).select(*ITEM_KEY, final="open_amount")
        return questions.join(last, on=list(ITEM_KEY), how="left")

    assert {how for _, how in found(peeks, ledger, asked)} == {DELETED, SCRAMBLED}


def test_a_dispute_flag_that_carries_no_day_is_caught(ledger, asked):
    """As in the IBM file: whether the invoice is ever disputed, said of the day it is issued."""
    assert ledger.disputes.height

    def peeks(ledger, questions, cut):
        ever = ledger.disputes.select("company_id", "invoice_id").unique().with_columns(disputed=pl.lit(value=True))
        return questions.join(ever, on=["company_id", "invoice_id"], how="left")

    everything = documents(ledger).join(ledger.disputes, on=["company_id", "invoice_id"], how="semi")
    assert ("disputed", DELETED) in found(peeks, ledger, everything.select(*ITEM_KEY, as_of="issue_date"))


def test_an_exchange_rate_of_a_later_day_is_caught(ledger, asked):
    rate = pl.DataFrame({"currency": "EUR", "quote_currency": "USD", "rate_date": date(2000, 1, 1), "rate": 1.1})
    later = rate.with_columns(rate_date=pl.lit(date(2100, 1, 1)), rate=pl.lit(1.9))

    def peeks(ledger, questions, cut):
        return questions.with_columns(euro=pl.lit(ledger.fx_rates.sort("rate_date")["rate"][-1]))

    assert ("euro", DELETED) in found(peeks, ledger.with_tables(fx_rates=pl.concat([rate, later])), asked)


def test_a_violation_names_the_pair_that_moved(ledger, asked):
    def peeks(ledger, questions, cut):
        return questions.with_columns(newest=pl.lit(ledger.payments["value_date"].max()), fine=pl.lit(1.0))

    report = check(peeks, ledger, asked, "end", seed=1)
    assert {v.feature for v in report.violations} == {"newest"}
    assert report.features == 2
    said = next(v for v in report.violations if v.how == DELETED)
    assert said.before == ledger.payments["value_date"].max()
    assert said.after < said.before
    pair = pl.DataFrame([[said.company_id, said.invoice_id, said.instalment, said.as_of]], asked.schema, orient="row")
    assert pair.join(asked, on=KEY, how="semi").height == 1
    assert 1 <= said.pairs <= asked.height
    assert said.to_json()["as_of"] == said.as_of.isoformat()


def test_a_frame_of_another_library_and_another_order_will_do(ledger, asked):
    def mine(ledger, questions, cut):
        return features(ledger, questions, cut).reverse().select(*KEY, "late_share").to_pandas()

    report = check(mine, ledger, asked, "start", seed=1)
    assert (report.violations, report.features) == ((), 1)


@pytest.mark.parametrize(
    "answer", [None, 7, pl.DataFrame({"late": [1.0]}), "text"], ids=["nothing", "a number", "without key", "text"]
)
def test_what_is_no_frame_with_the_key_is_refused(ledger, asked, answer):
    with pytest.raises(UsageError, match="the feature function gave"):
        check(lambda *_: answer, ledger, asked, "start", seed=1)


def test_two_answers_to_one_question_are_refused(ledger, asked):
    with pytest.raises(UsageError, match="several rows"):
        check(lambda _, questions, __: pl.concat([questions, questions]), ledger, asked, "start", seed=1)


def test_a_sample_holds_items_at_their_issue_and_later_the_same_ones_each_time(ledger):
    sample = sample_questions(ledger, 200, seed=4, days=10)
    assert sample.equals(sample_questions(ledger, 200, seed=4, days=10))
    assert sample.height == 200
    assert not sample.is_duplicated().any()
    issue = sample.join(documents(ledger), on=list(ITEM_KEY))
    at_issue = issue.filter(pl.col("as_of") == pl.col("issue_date"))
    assert 0 < at_issue.height < 200
    assert not at_issue.select(*CUSTOMER_KEY, "as_of").is_duplicated().any()
    assert (issue["as_of"] >= issue["issue_date"]).all()


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "mapping"), [("highradius_sample_b.csv", "highradius"), ("ibm_accounts_receivable.csv", "ibm-ar")]
)
def test_the_catalogue_does_not_look_ahead_on_a_real_file(file, mapping):
    source = read_source(SHARED / "data" / file, load_mapping(mapping), date(2020, 4, 1))
    ledger = Ledger.of(source.frames)
    for cut, seed in (("start", 1), ("end", 2)):
        asked = sample_questions(ledger, 200, seed, days=3)
        report = check(features, ledger, asked, cut, seed)
        assert report.violations == ()
        assert report.pairs_checked == 200
