"""The payment curve: it falls, begins at 1, and says at the due date what the late probability says."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskpay.features.labels import Grid
from riskpay.model.curve import EARLIEST, PaidShape, curves, late_probability
from riskpay.model.risk import HORIZON_DAYS, PaymentCurve

GRID = Grid()
SHAPE = PaidShape.observed(pl.Series([-40, -12, -3, -1, 0, 0, 0, 9]), 0)


@st.composite
def asked(draw):
    """Days from due to as_of, and hazards of the intervals that are not yet over."""
    at = draw(arrays(np.int64, 6, elements=st.integers(-120, 260)))
    hazards = draw(arrays(np.float64, (6, len(GRID.ends)), elements=st.floats(0.0, 1.0)))
    return at, np.where(np.asarray(GRID.ends)[None, :] < at[:, None], np.nan, hazards)


@given(asked())
def test_a_curve_starts_at_one_and_never_rises(question):
    unpaid = curves(*question, GRID, SHAPE)
    assert unpaid.shape == (6, HORIZON_DAYS + 1)
    assert (unpaid[:, 0] == 1.0).all()
    assert (np.diff(unpaid, axis=1) <= 1e-6).all()
    assert ((unpaid >= 0) & (unpaid <= 1)).all()


@given(asked(), st.sampled_from(GRID.ends))
def test_at_the_end_of_an_interval_the_curve_is_the_late_probability(question, end):
    at, hazards = question
    day = end - at
    within = (day > 0) & (day <= HORIZON_DAYS)
    unpaid = curves(at, hazards, GRID, SHAPE)[np.arange(6), np.clip(day, 0, HORIZON_DAYS)]
    assert unpaid[within] == pytest.approx(late_probability(at, hazards, GRID, end)[within], abs=1e-5)


@given(asked(), st.sampled_from(GRID.ends))
def test_what_is_past_its_day_is_late(question, end):
    at, hazards = question
    assert (late_probability(at, hazards, GRID, end)[at > end] == 1.0).all()


def test_paying_before_the_due_date_follows_the_observed_shape():
    hazards = np.full((1, len(GRID.ends)), np.nan)
    hazards[0, :] = [0.8, *[0.1] * 7]
    unpaid = curves(np.array([-20]), hazards, GRID, SHAPE)[0]
    share = np.asarray(SHAPE.share)[-20 - EARLIEST + 1 :]
    paid = np.cumsum(share) / share.sum()
    assert unpaid[1:21] == pytest.approx(1 - 0.8 * paid, abs=1e-6)
    assert unpaid[20] < unpaid[19] - 0.2, "the due date itself, on which most of them pay"


def test_a_shape_without_observations_is_even():
    assert set(PaidShape.observed(pl.Series([5, 9], dtype=pl.Int64), 0).share) == {1 / (1 - EARLIEST)}
    assert sum(SHAPE.share) == pytest.approx(1.0)


def test_a_quantile_is_the_first_day_on_which_so_much_is_paid():
    curve = PaymentCurve((1.0, 0.95, 0.5, 0.5, 0.2))
    assert [curve.quantile(share) for share in (0.05, 0.1, 0.5, 0.75, 0.9)] == [1, 2, 2, 4, None]
    assert curve.at(400) == 0.2
