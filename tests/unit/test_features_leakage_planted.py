"""Look-aheads as people write them by mistake, each beside its honest twin: all are caught and named, no twin is.

A function here takes what a user's may: (ledger), (ledger, questions) or (ledger, questions, cut).
"""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.features.leakage import DELETED, SCRAMBLED, UNDATED, check
from riskpay.features.leakage_sample import sample_questions
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.sources.synthetic.world import synthesise

ITEM, CUSTOMER, QUESTION = list(ITEM_KEY), list(CUSTOMER_KEY), [*ITEM_KEY, "as_of"]
FUTURE = {DELETED, SCRAMBLED}
PLANTED = {}
HONEST = {}


def planted(*ways, feature):
    """A function whose ``feature`` looks ahead; it is caught in these ways."""

    def keep(function):
        PLANTED[function.__name__] = (function, feature, set(ways))
        return function

    return keep


def honest(function):
    """The same without the mistake."""
    HONEST[function.__name__] = function
    return function


@pytest.fixture(scope="module")
def ledger():
    """A made ledger; every 9th payment comes back after 20 days, every 7th document is corrected after 12, every 11th
    item written off in part after 50, every 5th customer moves up to a higher limit, and every 4th is undated.
    """
    made = synthesise(customers=25, months=7, seed=8).ledger
    returned = made.payments.gather_every(9).select(
        "company_id", "payment_id", reversed_on=pl.col("value_date") + timedelta(days=20), reason=pl.lit("bounced")
    )
    moved = made.invoices.gather_every(7).with_columns(
        pl.col("due_date", "known_on") + timedelta(days=12), amount=pl.col("amount") * 2
    )
    given_up = made.invoices.gather_every(11).select(
        *ITEM,
        write_off_id="invoice_id",
        amount=pl.col("amount") // 3,
        written_off_on=pl.col("issue_date") + timedelta(50),
    )
    customers = made.customers.unique(CUSTOMER, keep="first", maintain_order=True).with_row_index("n")
    undated = customers.with_columns(valid_from=pl.when(pl.col("n") % 4 > 0).then("valid_from"))
    raised = customers.filter(pl.col("n") % 5 == 0).with_columns(
        credit_limit=pl.col("credit_limit").fill_null(1) * 3, valid_from=pl.lit(date(2024, 5, 1))
    )
    changed = made.with_tables(
        payment_reversals=_as(made.payment_reversals, returned.with_columns(known_on="reversed_on")),
        invoices=_as(made.invoices, made.invoices, moved),
        write_offs=_as(made.write_offs, given_up.with_columns(known_on="written_off_on", reason=pl.lit("small"))),
        customers=_as(made.customers, undated, raised),
    )
    return replace(changed, loaded_on=date(2025, 6, 30))


def _as(table, *frames):
    return pl.concat([frame.select(table.columns) for frame in frames])


@pytest.fixture(scope="module")
def asked(ledger):
    return sample_questions(ledger, 240, seed=3, days=8)


def known(day, cut):
    return pl.col(day) < pl.col("as_of") if cut == "start" else pl.col(day) <= pl.col("as_of")


def first(ledger):
    return ledger.invoices.sort("known_on").group_by(ITEM).first().select(pl.exclude("known_on"))


def of_item(ledger, questions):
    return questions.join(first(ledger), on=ITEM, how="left")


def paid_late(ledger):
    """A row an allocation: its customer, days late against the first due date, the day it became known."""
    paid = ledger.allocations.join(first(ledger).select(*ITEM, "customer_id", "due_date"), on=ITEM)
    return paid.with_columns(late=(pl.col("allocated_on") - pl.col("due_date")).dt.total_days())


def by_customer(ledger, questions, facts, value):
    """Each question with the mean of ``value`` over the facts of its customer; ``facts`` may have as_of."""
    on = [*CUSTOMER, "as_of"] if "as_of" in facts.columns else CUSTOMER
    figures = facts.group_by(on).agg(figure=value)
    return of_item(ledger, questions).join(figures, on=on, how="left").select(*QUESTION, "figure")


def facts_by(questions, facts, day, cut):
    """The facts known on each day that is asked about."""
    return questions.select("as_of").unique().join(facts, how="cross").filter(known(day, cut))


@planted(*FUTURE, feature="figure")
def mean_days_late_of_all_time(ledger, questions):
    return by_customer(ledger, questions, paid_late(ledger), pl.col("late").mean())


@planted(*FUTURE, feature="figure")
def mean_days_late_by_value_date(ledger, questions, cut):
    """The posting lag forgotten: what a bank had, and had not told."""
    return by_customer(
        ledger, questions, facts_by(questions, paid_late(ledger), "allocated_on", cut), pl.col("late").mean()
    )


@planted(DELETED, feature="figure")
def payments_up_to_the_day(ledger, questions):
    """<= where the day itself is not known yet: an off-by-one that cut start finds."""
    return by_customer(ledger, questions, facts_by(questions, ledger.payments, "known_on", "end"), pl.len())


@honest
def mean_days_late_known(ledger, questions, cut):
    return by_customer(
        ledger, questions, facts_by(questions, paid_late(ledger), "known_on", cut), pl.col("late").mean()
    )


@honest
def payments_before_the_day(ledger, questions):
    return by_customer(ledger, questions, facts_by(questions, ledger.payments, "known_on", "start"), pl.len())


@planted(UNDATED, *FUTURE, feature="credit_limit")
def newest_limit(ledger, questions):
    """Neither the undated limit nor one that begins later is known at the day."""
    newest = ledger.customers.sort("valid_from").group_by(CUSTOMER).last().select(*CUSTOMER, "credit_limit")
    return of_item(ledger, questions).join(newest, on=CUSTOMER, how="left").select(*QUESTION, "credit_limit")


@planted(UNDATED, feature="figure")
def customers_of_a_collector(ledger, questions):
    """No look at this customer alone: how many customers its owner has, by undated rows."""
    sizes = ledger.customers.filter(pl.col("valid_from").is_null()).with_columns(figure=pl.len().over("name"))
    named = sizes.select(*CUSTOMER, figure=pl.col("owner").fill_null("") + pl.col("figure").cast(pl.String))
    return of_item(ledger, questions).join(named, on=CUSTOMER, how="left").select(*QUESTION, "figure")


@honest
def limit_of_the_day(ledger, questions, cut):
    dated = ledger.customers.filter(pl.col("valid_from").is_not_null()).select(*CUSTOMER, "valid_from", "credit_limit")
    then = of_item(ledger, questions).join(dated, on=CUSTOMER).filter(known("valid_from", cut)).sort("valid_from")
    return then.group_by(QUESTION).agg(pl.col("credit_limit").last())


@planted(*FUTURE, feature="terms")
def terms_of_the_last_version(ledger):
    """The due date as corrected later; asked without days, as of the whole ledger."""
    last = ledger.invoices.sort("known_on").group_by(ITEM).last()
    return last.select(*ITEM, terms=(pl.col("due_date") - pl.col("issue_date")).dt.total_days())


@honest
def terms_of_the_first_version(ledger):
    return first(ledger).select(*ITEM, terms=(pl.col("due_date") - pl.col("issue_date")).dt.total_days())


@planted(*FUTURE, feature="settled")
def settled_on_of_the_item_itself(ledger):
    """The target among the features; of pandas, with the key in the index."""
    return ledger.allocations.to_pandas().groupby(ITEM).agg(settled=("allocated_on", "max"), parts=("amount", "count"))


@planted(*FUTURE, feature="z")
def amount_against_the_whole_ledger(ledger):
    amount = pl.col("amount").cast(pl.Float64)
    return first(ledger).select(*ITEM, "amount", z=(amount - amount.mean()) / amount.std())


@planted(DELETED, feature="rank")
def rank_among_all_questions(ledger, questions):
    """Scaled over the frame of questions, those of later days among them."""
    return of_item(ledger, questions).select(*QUESTION, rank=pl.col("amount").rank() / pl.len())


@honest
def rank_among_questions_of_the_day(ledger, questions):
    rank = pl.col("amount").rank().over("as_of") / pl.len().over("as_of")
    return of_item(ledger, questions).select(*QUESTION, rank=rank)


@honest
def amount_against_documents_before(ledger, questions, cut):
    before = facts_by(
        questions, ledger.invoices.group_by(ITEM).agg(pl.col("known_on", "amount").first()), "known_on", cut
    )
    usual = before.group_by("as_of").agg(mean=pl.col("amount").mean(), sd=pl.col("amount").std())
    z = (pl.col("amount") - pl.col("mean")) / pl.col("sd")
    return of_item(ledger, questions).join(usual, on="as_of", how="left").select(*QUESTION, z=z)


@planted(*FUTURE, feature="smooth")
def centred_window(ledger, questions):
    """The customer's last payment, smoothed by the one after it, and filled backward before the first."""
    order = ledger.payments.sort("known_on").with_columns(
        smooth=pl.col("amount").rolling_mean(3, center=True, min_samples=1).over(CUSTOMER)
    )
    rows = of_item(ledger, questions).sort("as_of")
    joined = rows.join_asof(
        order.select(*CUSTOMER, "known_on", "smooth"),
        left_on="as_of", right_on="known_on", by=CUSTOMER, allow_exact_matches=False, check_sortedness=False,
    )  # fmt: skip
    return joined.select(*QUESTION, "smooth")


@planted(DELETED, feature="figure")
def payments_that_did_not_come_back(ledger, questions, cut):
    """A payment's final state: it was good money until its return became known."""
    good = ledger.payments.join(ledger.payment_reversals, on=["company_id", "payment_id"], how="anti")
    return by_customer(ledger, questions, facts_by(questions, good, "known_on", cut), pl.col("amount").sum())


@honest
def payments_not_come_back_yet(ledger, questions, cut):
    back = ledger.payment_reversals.select("company_id", "payment_id", back="known_on")
    known_then = facts_by(
        questions, ledger.payments.join(back, on=["company_id", "payment_id"], how="left"), "known_on", cut
    )
    good = known_then.filter(~known("back", cut).fill_null(value=False))
    return by_customer(ledger, questions, good, pl.col("amount").sum())


@planted(*FUTURE, feature="month_amount")
def cash_of_the_calendar_month(ledger, questions):
    """The portfolio by month, the rest of the month included."""
    month = ledger.payments.group_by(month=pl.col("known_on").dt.truncate("1mo")).agg(
        month_amount=pl.col("amount").sum()
    )
    return (
        questions.with_columns(month=pl.col("as_of").dt.truncate("1mo"))
        .join(month, on="month", how="left")
        .drop("month")
    )


@honest
def cash_of_the_month_before(ledger, questions):
    month = ledger.payments.group_by(month=pl.col("known_on").dt.truncate("1mo")).agg(
        month_amount=pl.col("amount").sum()
    )
    last = questions.with_columns(month=pl.col("as_of").dt.truncate("1mo").dt.offset_by("-1mo"))
    return last.join(month, on="month", how="left").drop("month")


@planted(*FUTURE, feature="owed")
def open_amount_at_the_end(ledger):
    """Write-offs and allocations of all time taken off."""
    off = pl.concat([t.select(*ITEM, "amount") for t in (ledger.allocations, ledger.write_offs)])
    gone = off.group_by(ITEM).agg(gone=pl.col("amount").sum())
    return (
        first(ledger).join(gone, on=ITEM, how="left").select(*ITEM, owed=pl.col("amount") - pl.col("gone").fill_null(0))
    )


@planted(*FUTURE, feature="outcome")
def outcome_of_the_dispute(ledger, questions, cut):
    """Opened by the day, with the status it came to have."""
    last = ledger.disputes.sort("known_on").group_by("company_id", "invoice_id").agg(
        pl.col("opened_on").first(), outcome=pl.col("status").last()
    )  # fmt: skip
    joined = questions.join(last, on=["company_id", "invoice_id"], how="left")
    return joined.select(*QUESTION, outcome=pl.when(known("opened_on", cut)).then("outcome"))


@planted(DELETED, feature="share")
def share_of_all_rows(ledger, questions):
    """The size of a table grows with time."""
    mine = ledger.invoices.group_by("company_id", "invoice_id").len("mine")
    joined = questions.join(mine, on=["company_id", "invoice_id"], how="left")
    return joined.select(*QUESTION, share=pl.col("mine") / ledger.invoices.height)


@planted(DELETED, SCRAMBLED, feature="age")
def age_at_the_load(ledger):
    """Days from issue to the day of the export, where as_of was meant."""
    return first(ledger).select(*ITEM, age=(pl.lit(ledger.loaded_on) - pl.col("issue_date")).dt.total_days())


@honest
def age_at_the_day(ledger, questions):
    rows = of_item(ledger, questions)
    return rows.select(
        *QUESTION, age=(pl.col("as_of") - pl.col("issue_date")).dt.total_days(), half=pl.col("amount") / 2
    )


def ways(function, ledger, asked):
    reports = [check(function, ledger, asked, cut, seed=5) for cut in ("start", "end")]
    assert [report.unstable for report in reports] == [(), ()]
    return {(v.feature, v.how) for report in reports for v in report.violations}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_leak_is_caught_and_named(ledger, asked, name):
    function, feature, how = PLANTED[name]
    if name == "outcome_of_the_dispute":
        days = ledger.disputes.join(first(ledger), on=["company_id", "invoice_id"], suffix="_first")
        asked = days.select(
            *ITEM_KEY[:2], pl.col("instalment_first").alias("instalment"), as_of=pl.col("opened_on") + timedelta(1)
        )
    assert {(feature, way) for way in how} <= ways(function, ledger, asked)


@pytest.mark.parametrize("name", HONEST)
def test_its_honest_twin_is_not(ledger, asked, name):
    assert ways(HONEST[name], ledger, asked) == set()


def test_no_feature_is_named_for_the_leak_of_another(ledger, asked):
    assert {feature for feature, _ in ways(amount_against_the_whole_ledger, ledger, asked)} == {"z"}
