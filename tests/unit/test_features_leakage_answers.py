"""The check as a tool for anybody's features: what a function may take and give, and what counts as another answer."""

import itertools
from datetime import UTC, date, datetime, timedelta
from functools import partial

import polars as pl
import pytest

from riskpay.errors import UsageError
from riskpay.features.leakage import DELETED, UNSTABLE, check
from riskpay.features.leakage_answers import different, keyed, takes
from riskpay.features.leakage_ledgers import Later, first_documents
from riskpay.features.leakage_sample import sample_questions
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.sources.synthetic.world import synthesise

ITEM = list(ITEM_KEY)


@pytest.fixture(scope="module")
def ledger():
    return synthesise(customers=15, months=5, seed=4).ledger


@pytest.fixture(scope="module")
def asked(ledger):
    return sample_questions(ledger, 60, seed=3, days=3)


def checked(function, ledger, asked, again=None):
    return check(function, ledger, asked, "start", 1, again)


class Terms:
    """A function may be any callable."""

    def __call__(self, ledger):
        return first_documents(ledger.invoices).select(*ITEM, "due_date")


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda ledger: ledger, 1),
        (lambda ledger, days=30: (ledger, days), 1),
        (lambda ledger, questions: (ledger, questions), 2),
        (lambda ledger, questions, cut="start": (ledger, questions, cut), 3),
        (lambda *given: given, 3),
        (partial(lambda days, ledger, questions: (days, ledger, questions), 30), 2),
        (Terms(), 1),
    ],
)
def test_a_function_is_given_what_it_takes(function, count):
    assert takes(function) == count


@pytest.mark.parametrize("function", [lambda: None, lambda a, b, c, d: (a, b, c, d)], ids=["nothing", "too much"])
def test_a_function_that_takes_something_else_is_told_what_it_may_take(function):
    with pytest.raises(UsageError, match=r"takes \(") as raised:
        takes(function)
    assert "(ledger, questions, cut)" in raised.value.hint


def test_a_function_of_the_ledger_alone_holds_on_every_day(ledger, asked):
    assert checked(Terms(), ledger, asked).violations == ()

    def by_customer(ledger):
        return ledger.payments.to_pandas().groupby("customer_id")["amount"].sum()

    assert ("amount", DELETED) in {(v.feature, v.how) for v in checked(by_customer, ledger, asked).violations}


def test_values_of_any_type_do_not_move_by_themselves(ledger, asked):
    def many(ledger, questions):
        values = {
            "text": pl.lit("a"),
            "flag": pl.lit(value=True),
            "day": pl.col("as_of"),
            "moment": pl.col("as_of").cast(pl.Datetime),
            "span": pl.col("as_of") - pl.col("as_of").dt.truncate("1mo"),
            "list": pl.concat_list("instalment", "instalment"),
            "struct": pl.struct("as_of"),
            "category": pl.lit("x").cast(pl.Categorical),
            "nan": pl.lit(float("nan")),
            "none": pl.lit(None),
        }
        sets = pl.Series("sets", [{"a", "b"}] * questions.height, dtype=pl.Object)
        return questions.with_columns(**values).with_columns(sets).sample(fraction=1.0, shuffle=True)

    report = checked(many, ledger, asked)
    assert (report.violations, report.unstable, report.features) == ((), (), 11)


def test_a_function_may_work_in_place_and_add_rows_nobody_asked_for(ledger, asked):
    def untidy(ledger, questions):
        ledger.payments.insert_column(0, pl.Series("mine", [1] * ledger.payments.height))
        questions.insert_column(0, pl.Series("always", [1.0] * questions.height))
        return pl.concat([questions, questions.head(1).with_columns(invoice_id=pl.lit("of nobody"))])

    report = checked(untidy, ledger, asked)
    assert (report.violations, report.pairs_checked) == ((), 60)


def test_a_question_without_a_row_has_no_value(ledger, asked):
    """That it has one once the later facts are there is the leak."""

    def settled_only(ledger, questions):
        return questions.join(ledger.allocations.select(ITEM).unique(), on=ITEM).with_columns(settled=True)

    moved = {(v.feature, v.how, v.after) for v in checked(settled_only, ledger, asked).violations}
    assert ("settled", DELETED, None) in moved


def test_the_key_may_come_in_another_type(asked):
    texts = asked.with_columns(pl.all().cast(pl.String), f=1)
    assert keyed(texts).select(asked.columns).equals(asked)
    categories = asked.with_columns(pl.col("company_id").cast(pl.Categorical), f=1)
    assert keyed(categories).select(asked.columns).equals(asked)
    pandas = asked.with_columns(f=1).to_pandas().set_index([*ITEM, "as_of"])
    assert keyed(pandas).select(asked.columns).equals(asked)
    assert keyed(asked.lazy().with_columns(f=1)).select(asked.columns).equals(asked)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda _, questions: questions, "no feature"),
        (lambda _, questions: questions.with_columns(pl.col("invoice_id") + "!", f=1), "answered none of 60"),
        (lambda _, questions: questions.with_columns(as_of=pl.lit("soon"), f=1), "gave DataFrame"),
        (lambda _, questions: questions.select("as_of", f=1), "with as_of, f"),
    ],
)
def test_an_answer_that_proves_nothing_is_refused(ledger, asked, function, said):
    with pytest.raises(UsageError, match=said):
        checked(function, ledger, asked)


def test_chance_and_a_clock_are_told_apart_from_leaks(ledger, asked):
    ticks = itertools.count()

    def unsteady(ledger, questions):
        return questions.with_columns(tick=pl.lit(next(ticks)), last=pl.lit(ledger.payments["known_on"].max()))

    report = checked(unsteady, ledger, asked)
    assert {(v.feature, v.how) for v in report.unstable} == {("tick", UNSTABLE)}
    assert {v.feature for v in report.violations} == {"last"}


def test_what_a_function_keeps_from_its_first_ledger_shows(ledger, asked):
    """Kept, the whole ledger would answer for the ones without a future; a second copy shows that it does."""

    def made():
        kept = []

        def lazy(ledger, questions):
            kept.append(ledger.payments["known_on"].max())
            return questions.with_columns(last=pl.lit(kept[0]))

        return lazy

    report = checked(made(), ledger, asked, again=made())
    assert ([v.feature for v in report.unstable], report.violations) == (["last"], ())


@pytest.mark.parametrize(
    ("was", "now", "moved"),
    [
        (1.0, 1.0 + 1e-12, False),
        (1.0, 1.001, True),
        (1e-9, 2e-9, True),
        (10**12, 10**12 + 1, True),
        (float("inf"), 5.0, True),
        (5.0, float("inf"), True),
        (float("inf"), float("inf"), False),
        (float("inf"), float("-inf"), True),
        (float("nan"), None, False),
        (None, 0, True),
        (1, 1.0, False),
        (True, 1.0, False),
        (True, False, True),
        (date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC), False),
        ([1.0, 2.0], [1.0, 2.0 + 1e-13], False),
        ([1.0], [2.0], True),
        ({"a": 1}, {"a": 2}, True),
        ("1", 1, False),
        (timedelta(1), timedelta(2), True),
    ],
)
def test_what_counts_as_another_answer(was, now, moved):
    assert different(pl.Series([was]), pl.Series([now])).to_list() == [moved]


def test_the_later_ledger_keeps_its_keys_and_its_load_day_moves(ledger):
    """Two versions of one document stay two: a join that was one to one still is."""
    day = date(2024, 2, 15)
    again = ledger.invoices.with_columns(pl.col("known_on") + timedelta(3), due_date="issue_date")
    changed = ledger.with_tables(invoices=pl.concat([ledger.invoices, again]))
    loaded = changed.validated().__class__(**changed.frames(), loaded_on=date(2024, 6, 1))
    batch = sample_questions(loaded, 1, seed=1).with_columns(as_of=pl.lit(day))
    later = Later.than(loaded, batch, "end")
    assert later.scrambled(7).invoices.select("company_id", "invoice_id", "instalment", "known_on").is_unique().all()
    spans = later.scrambled(7).invoices.tail(20).select(pl.col("due_date") - pl.col("issue_date")).to_series()
    assert spans.n_unique() > 10
    assert later.deleted().loaded_on == day
    assert later.scrambled(7).loaded_on != loaded.loaded_on


def test_days_of_a_sample_lie_all_over_the_period_and_after_the_last_issue(ledger):
    until = date(2024, 4, 1)
    some = ledger.with_tables(invoices=ledger.invoices.filter(pl.col("issue_date") <= until))
    days = sample_questions(some, 100, seed=2, days=10)["as_of"].unique().sort()
    assert days[0] < some.invoices["issue_date"].min() + timedelta(25)
    assert until < days[-1] <= ledger.allocations["known_on"].max()
    assert max(days.diff().drop_nulls()) < (days[-1] - days[0]) / 3
    assert sample_questions(ledger, 2000, seed=2)["as_of"].n_unique() >= 20


def test_some_documents_of_a_day_are_left_out_so_that_they_are_later_facts(ledger):
    asked = sample_questions(ledger, 2000, seed=2, days=10)
    issued = first_documents(ledger.invoices.filter(document_type="invoice")).with_columns(as_of="issue_date")
    new = asked.join(issued, on=[*ITEM, "as_of"])
    customers = issued.group_by("as_of").agg(all=pl.struct(CUSTOMER_KEY).n_unique())
    shares = new.group_by("as_of").len().join(customers, on="as_of").filter(pl.col("all") > 1)
    assert (shares["len"] <= (shares["all"] + 1) // 2).all()


def test_a_sample_asks_what_a_frame_with_days_answers(ledger):
    month = pl.Series("as_of", [date(2024, 3, 1), date(2024, 4, 1)]).to_frame()
    rows = ledger.customers.select(CUSTOMER_KEY).unique().join(month, how="cross").with_columns(f=1)
    asked = sample_questions(ledger, 500, seed=1, rows=rows)
    assert set(asked["as_of"]) == set(month["as_of"])
    owners = asked.join(first_documents(ledger.invoices), on=ITEM)
    assert not owners.select(*CUSTOMER_KEY, "as_of").is_duplicated().any()
    assert (owners["issue_date"] < owners["as_of"]).all()
    by_item = sample_questions(ledger, 500, seed=1, rows=asked.with_columns(f=1))
    assert by_item.join(asked, on=[*ITEM, "as_of"], how="anti").is_empty()
