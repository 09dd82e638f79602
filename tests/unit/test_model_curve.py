"""The payment curve: it falls, begins at 1, says at the due date what the late probability says, and is what it is defined as."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskpay.features.labels import Grid
from riskpay.model.curve import curves, late_probability
from riskpay.model.paid_shape import EARLIEST, PaidShape, Spread
from riskpay.model.risk import HORIZON_DAYS, PaymentCurve, first_days

GRID = Grid()
SHAPE = PaidShape.observed(pl.Series([-40, -12, -3, -1, 0, 0, 0, 9]), 0)


@st.composite
def asked(draw):
    """Days from due to as_of, and hazards of the intervals that are not yet over."""
    at = draw(arrays(np.int64, 6, elements=st.integers(-260, 260) | st.sampled_from(GRID.ends)))
    hazards = draw(arrays(np.float64, (6, len(GRID.ends)), elements=st.floats(0.0, 1.0)))
    return at, np.where(np.asarray(GRID.ends)[None, :] < at[:, None], np.nan, hazards)


def habits(rows, seed=0):
    """The shape for customers whose own habits are all different; one hardly pays on the due date."""
    own = np.random.default_rng(seed).uniform(0.1, 3.0, (rows, 4))
    own[0, 2] = 0.05
    return Spread(SHAPE, own)


def weight(own, day):
    """By how much more one customer pays on a day up to the due date."""
    return own[0 if -7 <= day <= -3 else 1 if -2 <= day <= -1 else 2 if day == 0 else 3]


def unpaid_by_definition(at, day, hazards, own):
    """S of one item on one day (both in days from due): of every interval, what is left of the unpaid by then."""
    left = 1.0
    for number, end in enumerate(GRID.ends):
        begin = at if number == 0 else max(at, GRID.ends[number - 1])
        length = max(end - begin, 1)  # what the last day still pays is known a day later
        passed = min(day - begin, length)
        if at > end or passed <= 0:
            continue
        if number:
            left *= (1.0 - min(hazards[number], 1.0 - 1e-12)) ** (passed / length)
        elif at == end:
            left *= 1.0 - hazards[0]
        else:
            days = range(begin + 1, end + 1)
            paid = [SHAPE.share[d - EARLIEST] * weight(own, d) if d >= EARLIEST else 0.0 for d in days]
            left *= 1.0 - hazards[0] * sum(paid[:passed]) / sum(paid)
    return left


@pytest.mark.parametrize("spread", [Spread(SHAPE), habits(6)], ids=["all alike", "own habits"])
@given(question=asked())
def test_every_day_of_a_curve_is_what_it_is_defined_as(spread, question):
    at, hazards = question
    own = np.ones((6, 4)) if spread.own is None else spread.own
    slow = [
        [unpaid_by_definition(a, a + t, h, o) for t in range(HORIZON_DAYS + 1)]
        for a, h, o in zip(at, hazards, own, strict=True)
    ]
    assert curves(at, hazards, GRID, spread) == pytest.approx(np.array(slow), abs=2e-7)


def test_an_item_s_curve_does_not_hang_on_the_items_beside_it():
    rng = np.random.default_rng(3)
    at = rng.choice([-500, -40, -1, 0, 3, 180, 181], 1700, p=[0.1, 0.6, 0.1, 0.05, 0.05, 0.05, 0.05])
    hazards = np.where(np.asarray(GRID.ends) < at[:, None], np.nan, rng.random((1700, len(GRID.ends))))
    spread = habits(1700)
    together = curves(at, hazards, GRID, spread)
    for row in range(0, 1700, 53):
        alone = curves(at[row : row + 1], hazards[row : row + 1], GRID, spread.where(slice(row, row + 1)))
        assert np.array_equal(alone[0], together[row])


def test_no_items_have_no_curves():
    nothing = curves(np.empty(0, dtype=np.int64), np.empty((0, len(GRID.ends))), GRID, Spread(SHAPE))
    assert nothing.shape == (0, HORIZON_DAYS + 1)


@given(asked())
def test_a_curve_starts_at_one_and_never_rises(question):
    unpaid = curves(*question, GRID, Spread(SHAPE))
    assert unpaid.shape == (6, HORIZON_DAYS + 1)
    assert (unpaid[:, 0] == 1.0).all()
    assert (np.diff(unpaid, axis=1) <= 1e-6).all()
    assert ((unpaid >= 0) & (unpaid <= 1)).all()


@given(asked(), st.sampled_from(GRID.ends))
def test_at_the_end_of_an_interval_the_curve_is_the_late_probability(question, end):
    at, hazards = question
    day = end - at
    within = (day > 0) & (day <= HORIZON_DAYS)
    unpaid = curves(at, hazards, GRID, Spread(SHAPE))[np.arange(6), np.clip(day, 0, HORIZON_DAYS)]
    assert unpaid[within] == pytest.approx(late_probability(at, hazards, GRID, end)[within], abs=1e-5)


@given(asked(), st.sampled_from(GRID.ends))
def test_what_is_past_its_day_is_late(question, end):
    at, hazards = question
    assert (late_probability(at, hazards, GRID, end)[at > end] == 1.0).all()


def test_paying_before_the_due_date_follows_the_observed_shape():
    hazards = np.full((1, len(GRID.ends)), np.nan)
    hazards[0, :] = [0.8, *[0.1] * 7]
    unpaid = curves(np.array([-20]), hazards, GRID, Spread(SHAPE))[0]
    share = np.asarray(SHAPE.share)[-20 - EARLIEST + 1 :]
    paid = np.cumsum(share) / share.sum()
    assert unpaid[1:21] == pytest.approx(1 - 0.8 * paid, abs=1e-6)
    assert unpaid[20] < unpaid[19] - 0.2, "the due date itself, on which most of them pay"


def test_a_shape_without_observations_is_even():
    assert set(PaidShape.observed(pl.Series([5, 9], dtype=pl.Int64), 0).share) == {1 / (1 - EARLIEST)}
    assert sum(SHAPE.share) == pytest.approx(1.0)


@given(asked(), st.floats(0.01, 0.99), st.booleans())
def test_first_days_of_many_curves_are_those_of_each(question, share, strictly):
    unpaid = curves(*question, GRID, Spread(SHAPE))
    wanted = np.float32(share)
    slow = [
        next((t for t, paid in enumerate(1 - curve) if (paid > wanted if strictly else paid >= wanted)), len(curve))
        for curve in unpaid
    ]
    assert first_days(unpaid, share, strictly=strictly).tolist() == slow
    assert first_days(unpaid, np.full(6, share), strictly=strictly).tolist() == slow


def test_first_days_of_more_curves_than_are_looked_at_together_are_those_of_each():
    unpaid = np.linspace(1.0, 0.0, 2500, dtype=np.float32)[:, None] ** np.arange(4, dtype=np.float32)
    share = np.linspace(0.2, 0.8, 2500)
    found = first_days(unpaid, share)
    assert set(found) == {1, 2, 3, 4}
    assert found.tolist() == [first_days(unpaid[row : row + 1], share[row : row + 1])[0] for row in range(2500)]


def test_a_quantile_is_the_first_day_on_which_so_much_is_paid():
    curve = PaymentCurve((1.0, 0.95, 0.5, 0.5, 0.2))
    assert [curve.quantile(share) for share in (0.05, 0.1, 0.5, 0.75, 0.9)] == [1, 2, 2, 4, None]
    assert curve.at(400) == 0.2


OWN_COLUMNS = ("early_3_7_share", "early_1_2_share", "on_due_share", "late_share")


def asked_about(*rows):
    return pl.DataFrame(rows, schema=dict.fromkeys(OWN_COLUMNS, pl.Float64), orient="row")


def test_a_customer_s_own_habit_takes_the_place_of_everyone_s():
    """Of 0.8 paid in time, 0.4 on the due date: half. Pooled, the part that trust leaves."""
    shape = PaidShape(SHAPE.share, trust=0.95)
    day = np.arange(EARLIEST, 1)
    everyone = {"span": [sum(SHAPE.share[d - EARLIEST] for d in day if lo <= d <= hi) for lo, hi in ((-7, -3), (0, 0))]}
    spread = shape.of(asked_about((0.1, 0.2, 0.4, 0.2)))
    on_due = 1.0 - spread.paid_by(np.array([EARLIEST - 1]), np.array([-1]), 0)
    assert on_due == pytest.approx(0.95 * 0.5 + 0.05 * everyone["span"][1])
    week = spread.paid_by(np.array([EARLIEST - 1] * 1), np.array([-3]), 0) - spread.paid_by(
        np.array([EARLIEST - 1]), np.array([-8]), 0
    )
    assert week == pytest.approx(0.95 * 0.125 + 0.05 * everyone["span"][0])


@pytest.mark.parametrize("row", [(None, None, None, None), (0.0, 0.0, 0.0, 1.0), (0.1, None, 0.2, 0.3)])
def test_of_whom_nothing_is_known_pays_as_everyone(row):
    spread = PaidShape(SHAPE.share, trust=0.95).of(asked_about(row))
    assert spread.own == pytest.approx(np.ones((1, 4)))


def test_without_trust_or_the_features_everyone_pays_alike():
    assert SHAPE.of(asked_about((0.1, 0.2, 0.4, 0.2))).own is None
    assert PaidShape(SHAPE.share, trust=0.95).of(pl.DataFrame({"late_share": [0.1]})).own is None
