"""What became of questions, as arrays: censored as riskpay's own labels are."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.features.labels import Grid, decided, intervals_from, person_period
from riskpay.model.answered import answered
from riskpay.model.payment_outcomes import OUTCOME, late_outcomes, outcomes_of, payment_outcomes

DUE, BEFORE, LAG = date(2024, 6, 1), date(2024, 8, 1), 2
KNOWN = (BEFORE - DUE).days - LAG - 1
GRID = Grid((0, 3, 7, 30))


def told(settled, by="cash", due=DUE):
    day = np.datetime64("NaT") if settled is None else np.datetime64(due + timedelta(days=settled))
    return payment_outcomes([due], [day], BEFORE, [by], LAG)[0]


@pytest.mark.parametrize(
    ("settled", "by", "expected"),
    [
        (5, "cash", (True, 5, KNOWN)),
        (-40, "cash", (True, -40, KNOWN)),
        (None, None, (False, KNOWN, KNOWN)),
        (5, "credit", (False, 4, KNOWN)),
        (5, "mixed", (False, 4, KNOWN)),
        (KNOWN + 1, "cash", (False, KNOWN, KNOWN)),
        (KNOWN + 1, "write_off", (False, KNOWN, KNOWN)),
    ],
)
def test_a_payment_counts_once_it_is_known_and_anything_else_ends_the_item_the_day_before(settled, by, expected):
    assert tuple(told(settled, by)) == expected


outcome = st.tuples(st.one_of(st.none(), st.integers(-60, 90)), st.sampled_from(["cash", "credit"]))


@given(st.lists(st.tuples(outcome, st.integers(-40, 40), st.integers(0, 90)), min_size=1, max_size=12))
def test_rows_are_those_of_riskpays_own_labels(asked):
    dues = [BEFORE - timedelta(days=ago) for _, _, ago in asked]
    key = {"company_id": "1", "instalment": pl.Series([1] * len(asked), dtype=pl.Int32)}
    ids = {**key, "invoice_id": [str(n) for n in range(len(asked))]}
    settled = [
        None if day is None else due + timedelta(days=day) for ((day, _), _, _), due in zip(asked, dues, strict=True)
    ]
    by = [how if day is not None else None for (day, how), _, _ in asked]
    as_of = [due + timedelta(days=at) for (_, at, _), due in zip(asked, dues, strict=True)]
    questions = pl.DataFrame({**ids, "as_of": as_of, "due_date": dues})
    items = pl.DataFrame(
        {**ids, "settled_on": settled, "settled_by": by},
        schema_overrides={"settled_on": pl.Date, "settled_by": pl.String},
    )
    expected = person_period(questions, items, GRID, BEFORE, LAG)
    y = payment_outcomes(dues, [np.datetime64("NaT") if day is None else day for day in settled], BEFORE, by, LAG)
    at = pl.DataFrame({"invoice_id": ids["invoice_id"], "at": pl.Series([at for _, at, _ in asked], dtype=pl.Int32)})
    found = decided(intervals_from(answered(at, y), GRID))
    columns = ["invoice_id", "interval", "interval_start", "paid"]
    assert found.select(columns).rows() == expected.select(columns).rows()


def test_a_frame_of_the_same_columns_is_taken():
    y = payment_outcomes([DUE, DUE], [DUE, np.datetime64("NaT")], BEFORE)
    assert np.array_equal(outcomes_of(pd.DataFrame(y)), y)
    assert np.array_equal(outcomes_of(pl.DataFrame({name: y[name] for name in OUTCOME.names})), y)


def test_what_scikit_survival_takes_is_taken_and_knows_no_last_day():
    y = np.array([(True, 4.0), (False, 9.0)], dtype=[("event", bool), ("time", float)])
    found = outcomes_of(y)
    assert found["known_days"].tolist() == [np.inf, np.inf]
    late, counts = late_outcomes(found, 7)
    assert (late.tolist(), counts.tolist()) == ([False, True], [True, True])
    assert late_outcomes(found, 30)[1].tolist() == [True, False]


@pytest.mark.parametrize("y", [np.zeros(3), [1, 0], pd.Series([True]), np.zeros(2, dtype=[("a", float), ("b", float)])])
def test_anything_else_is_refused_with_what_is_expected(y):
    with pytest.raises(ValueError, match="paid, days_late, known_days"):
        outcomes_of(y)


def test_missing_days_are_refused():
    with pytest.raises(ValueError, match="holds NaN"):
        outcomes_of(pd.DataFrame({"paid": [True], "days_late": [np.nan], "known_days": [3.0]}))
