"""Rows filled an interval at a time are the rows of the person-period table, and score the same to the last bit."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.features.catalogue import FEATURE_NAMES, LATE_DAYS, FeatureSettings
from riskpay.features.labels import Grid, intervals
from riskpay.model import hazard, late_model
from riskpay.model.calibration import Calibration
from riskpay.model.columns import COLUMNS, matrix
from riskpay.model.curve import late_probability
from riskpay.model.hazard import HazardSettings
from riskpay.model.interval_rows import by_interval, in_order
from riskpay.model.late_model import LateModel
from riskpay.model.paid_shape import EARLIEST, PaidShape

DUE = date(2024, 6, 1)
SHARES = ["late_share", *(f"late_{days}_share" for days in LATE_DAYS)]
GRIDS = (Grid(), Grid.with_grace(5))
DAYS = st.integers(-100, 200) | st.sampled_from(Grid().ends)


def questions(at, seed=1):
    """A question for each of so many days from the due date, one in five features not known."""
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame({name: rng.random(len(at)) for name in FEATURE_NAMES})
    frame = frame.with_columns(pl.Series(name, np.sort(frame[name])[::-1]) for name in SHARES)
    known = pl.DataFrame({name: rng.random(len(at)) < 0.8 for name in FEATURE_NAMES})
    frame = pl.DataFrame([pl.select(pl.when(known[n]).then(frame[n])).to_series().alias(n) for n in FEATURE_NAMES])
    return frame.with_columns(
        company_id=pl.lit("1"),
        invoice_id=pl.Series([f"i{n}" for n in range(len(at))], dtype=pl.String),
        instalment=pl.lit(1, pl.Int32),
        due_date=pl.lit(DUE),
        as_of=pl.Series([DUE + timedelta(days=int(day)) for day in at], dtype=pl.Date),
        at_issue=pl.Series(np.asarray(at) < 0),
    )


@pytest.fixture(scope="module")
def model():
    """A model of real trees, whose calibration moves what they say."""
    rng = np.random.default_rng(2)
    rows = intervals(questions(rng.choice([-30, 1, 8, 31], 800)), Grid())
    rows = rows.with_columns(paid=pl.Series(rng.random(rows.height)) < 1 - pl.col("late_share").fill_null(0.5))
    (grown,) = hazard.grow([hazard.two_members(rows, (12, 15), HazardSettings())])
    return LateModel(
        booster_texts=tuple(tuple(member.model_to_string() for member in group) for group in grown.boosters),
        offset=grown.offset,
        calibration=Calibration((0.1, -0.1), (0.9, 1.1)),
        shape=PaidShape(tuple([1 / (1 - EARLIEST)] * (1 - EARLIEST))),
        grid=Grid(),
        features=FeatureSettings(),
        train_as_of=DUE,
        rounds=(12, 15),
        training_rows=rows.height,
        settled_items=800,
        baselines={},
    )


@given(st.lists(DAYS, min_size=1, max_size=30), st.sampled_from(GRIDS))
def test_they_are_the_rows_of_the_table_interval_by_interval(at, grid):
    asked = questions(at)
    order = in_order(asked, np.array(at))
    asked = asked[order]
    table = intervals(asked, grid).drop("first")
    seen = set()
    for rows in by_interval(asked, np.array(at)[order], grid.ends, COLUMNS):
        same = table.filter(interval=rows.number)
        assert rows.frame.drop("habit_hazard").equals(same.select(rows.frame.drop("habit_hazard").columns))
        assert np.array_equal(rows.matrix, matrix(same, COLUMNS), equal_nan=True)
        seen.add(rows.number)
    assert seen == set(table["interval"])


def test_questions_in_order_are_by_day_and_of_a_day_alike_beside_alike():
    asked = questions([5, -30, 5, -30, 200, -30])
    order = in_order(asked, np.array([5, -30, 5, -30, 200, -30]))
    shares = asked["late_share"].to_list()
    assert [int((asked["as_of"][int(n)] - DUE).days) for n in order] == [-30, -30, -30, 5, 5, 200]
    assert all(shares[a] <= shares[b] for a, b in pairwise(order[:3]) if None not in (shares[a], shares[b]))


@given(st.lists(DAYS, min_size=1, max_size=40))
def test_hazards_are_those_of_the_table_to_the_last_bit(model, at):
    frame = questions(at)
    days, found = model.hazards(frame)
    table = intervals(frame.with_row_index("position"), model.grid)
    slow = np.full(found.shape, np.nan)
    if table.height:
        interval = table["interval"].to_numpy().astype(np.int64)
        told = model.calibration.apply(model.hazard.predict(table), interval)
        slow[table["position"].to_numpy(), interval] = told
    assert days.tolist() == at
    assert np.array_equal(found, slow, equal_nan=True)


@given(st.lists(DAYS, min_size=1, max_size=20), st.sampled_from(Grid().ends))
def test_a_late_probability_asks_no_interval_after_its_day_and_is_the_same(model, at, days_late):
    frame = questions(at)
    assert np.array_equal(
        model.p_late(frame, days_late), late_probability(*model.hazards(frame), model.grid, days_late)
    )


def test_pieces_of_questions_are_scored_as_the_whole(model, monkeypatch):
    frame = questions(np.random.default_rng(4).choice([-30, -7, 0, 8, 31, 300], 100))
    whole = model.hazards(frame)[1]
    monkeypatch.setattr(late_model, "_CHUNK", 7)
    assert np.array_equal(model.hazards(frame)[1], whole, equal_nan=True)


def test_no_question_has_no_hazard(model):
    days, found = model.hazards(questions([1]).clear())
    assert (len(days), found.shape) == (0, (0, len(model.grid.ends)))
