"""Intervals for the pay date: what they are on a curve, how they are found, and that they hold as often as they say."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.model.hindsight import NEVER, Hindsight, joined
from riskpay.model.pay_days import NOMINAL, PayDayLevels, fit_levels, known_weights
from riskpay.model.records import MOMENTS, RECORDS, moment, record

DAYS = 181


def exponential(rates):
    """Curves with a constant hazard of payment."""
    return np.exp(-np.asarray(rates)[:, None] * np.arange(DAYS)).astype(np.float32)


def hindsight(paid_in, rates, *, watched=400, at=-30, settled=50, late_share=0.1):
    """Questions with exponential curves; scalars stand for all of them."""
    n = len(paid_in)
    rows = pl.DataFrame(
        {
            "company_id": ["1"] * n,
            "customer_id": [f"c{number}" for number in range(n)],
            "at_issue": [True] * n,
            "settled_count": pl.Series(np.broadcast_to(settled, n), dtype=pl.Int64),
            "late_share": pl.Series(np.broadcast_to(late_share, n), dtype=pl.Float64),
            "at": pl.Series(np.broadcast_to(at, n), dtype=pl.Int64),
            "p_late": [0.5] * n,
            "paid_in": pl.Series(paid_in, dtype=pl.Int64),
            "watched": pl.Series(np.broadcast_to(watched, n), dtype=pl.Int64),
            "late": [False] * n,
        }
    )
    return Hindsight(rows, exponential(rates))


def drawn(number, seed, rate=0.05, factor=1.0):
    """Payments by true hazards that are ``factor`` times those of the curves; rates differ between questions."""
    rng = np.random.default_rng(seed)
    rates = rate * rng.uniform(0.5, 2.0, number)
    return np.maximum(1, np.ceil(rng.exponential(1.0 / (factor * rates)))).astype(int), rates


def test_without_later_periods_the_curve_is_taken_at_its_word():
    rows = hindsight([1, 1], [0.1, 0.001]).rows
    first, last = PayDayLevels().between(rows, exponential([0.1, 0.001]))
    # 1 - e^-0.2 is the first share of .1 or more; 1 - e^-2.4 the first above .9; a hazard of .001 a day never gets there.
    assert first.to_list() == [2, 106]
    assert last.to_list() == [24, None]


def test_where_the_curve_hardly_falls_the_interval_begins_on_its_last_day():
    unpaid = exponential([0.0001])
    first, last = PayDayLevels().between(hindsight([1], [0.0001]).rows, unpaid)
    assert (first.to_list(), last.to_list()) == ([unpaid.shape[1] - 1], [None])


def test_past_due_a_payment_may_be_on_its_way():
    found = hindsight([1, 1], [0.5, 0.5], at=np.array([0, 1]))
    first, _ = PayDayLevels().between(found.rows, found.unpaid)
    assert first.to_list() == [1, 0]


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.5])
def test_curves_that_are_too_fast_or_too_slow_get_intervals_that_hold(factor):
    levels = fit_levels(hindsight(*drawn(4000, 1, factor=factor)))
    later = hindsight(*drawn(4000, 2, factor=factor))
    assert levels.covers(later).mean() == pytest.approx(NOMINAL, abs=0.02)
    assert PayDayLevels().covers(later).mean() != pytest.approx(NOMINAL, abs=0.02) or factor == 1.0


def test_what_is_not_paid_yet_is_made_up_for():
    """Half of the questions were watched for ten days only: leaving their open payments out would favour fast payers."""
    paid_in, rates = drawn(8000, 3)
    watched = np.where(np.arange(8000) % 2, 10, 400)
    seen = np.where(paid_in <= watched, paid_in, NEVER)
    whole, part = fit_levels(hindsight(paid_in, rates)), fit_levels(hindsight(seen, rates, watched=watched))
    naive = fit_levels(hindsight(paid_in[paid_in <= watched], rates[paid_in <= watched]))
    assert part.high[0][1] == pytest.approx(whole.high[0][1], abs=0.02)
    assert naive.high[0][1] < whole.high[0][1] - 0.03


def test_weights_stand_for_those_not_watched_so_long():
    found = hindsight([5, 30, 5, NEVER], [0.05] * 4, watched=np.array([10, 40, 40, 10]))
    # On day 5 all four are watched; on day 30 two of four; the last was not seen to pay within its ten days.
    assert known_weights(found).tolist() == pytest.approx([1.0, 2.0, 1.0, 0.0])


def test_each_class_of_questions_has_its_own_levels():
    slow, quick = drawn(2000, 4, factor=0.5), drawn(2000, 5, factor=2.0)
    both = joined([hindsight(*slow, late_share=0.7), hindsight(*quick, late_share=0.1)])
    levels = fit_levels(both)
    assert levels.high[0][RECORDS.index("habitual")] > levels.high[0][RECORDS.index("reliable")]
    assert levels.high[1] == (levels.high[1][0],) * len(RECORDS), "a moment nobody was asked in takes the levels of all"


def test_few_questions_say_nothing_of_their_own():
    assert fit_levels(hindsight(*drawn(20, 6, factor=9.0))) == PayDayLevels()


def test_an_interval_that_goes_on_is_not_missed_by_what_is_still_unpaid():
    found = hindsight([NEVER, NEVER], [0.05, 0.05], watched=np.array([20, 170]))
    assert PayDayLevels().covers(found).tolist() == [True, False]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), st.floats(0.0005, 0.5))
def test_covered_is_what_lies_between_the_two_days(paid_in, rate):
    found = hindsight(paid_in, [rate] * len(paid_in))
    first, last = PayDayLevels().between(found.rows, found.unpaid)
    inside = (pl.Series(paid_in) >= first) & (pl.Series(paid_in) <= last.fill_null(10**9))
    # A day beyond the curve's end may lie in an interval whose first day is beyond it as well.
    known = first < DAYS
    assert PayDayLevels().covers(found)[known.to_numpy()].tolist() == inside.filter(known).to_list()


def test_classes_by_moment_and_record():
    asked = pl.DataFrame(
        {
            "at": [-30, -8, -7, 0, 1],
            "settled_count": [None, 2, 3, 3, 3],
            "late_share": [None, 0.9, 0.19, 0.2, 0.5],
        }
    )
    told = asked.select(moment=moment(), record=record())
    assert [MOMENTS[n] for n in told["moment"]] == ["early", "early", "near", "near", "overdue"]
    assert [RECORDS[n] for n in told["record"]] == ["new", "new", "reliable", "occasional", "habitual"]
