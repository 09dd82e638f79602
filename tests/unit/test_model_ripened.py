"""Which answer of an item counts, when its truth is out, and that no outcome is counted twice."""

from datetime import date, timedelta

import polars as pl
import pytest

from riskpay.model.ripened import HORIZONS, apart, first_told, late_ripe, months, unpaid_ripe, weeks

DUE = date(2024, 3, 31)


def answers(*rows):
    """Answers (invoice, as_of, due_date), each with chances that name its day."""
    return pl.DataFrame(
        [
            {
                "company_id": "1",
                "invoice_id": invoice,
                "instalment": 1,
                "customer_id": "C1",
                "as_of": as_of,
                "due_date": due,
                "p_late": as_of.day / 100,
                **{f"p_unpaid_{h}": h / 100 for h in HORIZONS},
            }
            for invoice, as_of, due in rows
        ],
        schema_overrides={"instalment": pl.Int32, "p_late": pl.Float32},
    )


def items(**settled):
    """What is known of items: invoice=(settled_on, settled_by)."""
    rows = [
        {"company_id": "1", "invoice_id": k, "instalment": 1, "settled_on": d, "settled_by": by}
        for k, (d, by) in settled.items()
    ]
    schema = {
        "company_id": pl.String,
        "invoice_id": pl.String,
        "instalment": pl.Int32,
        "settled_on": pl.Date,
        "settled_by": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


def nightly(invoice, first, nights, due=DUE):
    return [(invoice, first + timedelta(days=k), due) for k in range(nights)]


def test_the_first_answer_counts_and_only_once():
    told = answers(*nightly("A", date(2024, 3, 4), 40), *nightly("B", date(2024, 3, 6), 3))
    found = first_told(told.sort("as_of", descending=True), grace_days=0)
    assert found.sort("invoice_id").select("invoice_id", "as_of").rows() == [
        ("A", date(2024, 3, 4)),
        ("B", date(2024, 3, 6)),
    ]


@pytest.mark.parametrize(("grace", "kept"), [(0, []), (5, ["A"])])
def test_an_item_first_told_of_when_it_was_late_says_nothing_of_lateness(grace, kept):
    told = answers(*nightly("A", DUE + timedelta(days=3), 2))
    assert first_told(told, grace)["invoice_id"].to_list() == kept


@pytest.mark.parametrize("horizon", HORIZONS)
def test_no_day_of_an_items_future_is_counted_twice(horizon):
    told = answers(*nightly("A", date(2024, 1, 1), 200))
    days = apart(told, horizon)["as_of"].sort()
    assert days.n_unique() == len(days)
    # Blocks count from the epoch: the first one may be cut short by the first night.
    assert days.diff().drop_nulls()[1:].dt.total_days().to_list() == [horizon] * (len(days) - 2)


def test_a_night_that_was_left_out_is_stood_for_by_the_next():
    told = answers(*nightly("A", date(2024, 1, 1), 60))
    whole = apart(told, 30)["as_of"].to_list()
    fewer = apart(told.filter(pl.col("as_of") != whole[1]), 30)["as_of"].to_list()
    assert fewer[1] == whole[1] + timedelta(days=1)


def test_lateness_is_out_when_due_date_grace_and_posting_lag_have_passed():
    told = answers(("A", date(2024, 3, 4), DUE), ("B", date(2024, 3, 4), DUE))
    known = items(A=(DUE, "cash"))
    over = DUE + timedelta(days=2)
    assert late_ripe(told, known, 0, over, lag_days=2).is_empty()
    found = late_ripe(told, known, 0, over + timedelta(days=1), lag_days=2)
    assert found["happened"].to_list() == [False, True]
    assert found["p"].to_list() == pytest.approx([0.04, 0.04])


def test_unpaid_counts_from_the_day_of_the_answer():
    day = date(2024, 5, 1)
    told = answers(("A", day, DUE), ("B", day, DUE))
    known = items(A=(day + timedelta(days=30), "cash"), B=(day + timedelta(days=31), "cash"))
    ripe_on = day + timedelta(days=33)
    assert unpaid_ripe(told, known, 30, ripe_on - timedelta(days=1), lag_days=2).is_empty()
    found = unpaid_ripe(told, known, 30, ripe_on, lag_days=2)
    assert found["happened"].to_list() == [False, True]
    assert found["p"].to_list() == pytest.approx([0.3, 0.3])


def test_what_a_credit_note_ended_is_left_out():
    told = answers(("A", date(2024, 3, 4), DUE), ("B", date(2024, 3, 4), DUE))
    known = items(A=(date(2024, 3, 20), "credit"), B=(DUE + timedelta(days=60), "credit"))
    found = late_ripe(told, known, 0, date(2024, 12, 1), lag_days=2)
    # B was still unpaid when it was due: the credit note came later.
    assert found["happened"].to_list() == [True]


def test_answers_stand_in_the_month_and_week_in_which_they_were_given():
    told = answers(("A", date(2024, 1, 31), DUE), ("B", date(2024, 2, 1), DUE), ("C", date(2024, 2, 29), DUE))
    found = late_ripe(told, items(), 0, date(2024, 12, 1), lag_days=2)
    assert [(day, part.height) for day, part in months(found)] == [(date(2024, 1, 1), 1), (date(2024, 2, 1), 2)]
    assert [day for day, _ in weeks(found)] == [date(2024, 1, 29), date(2024, 2, 26)]
