"""The customer's own hazard of an interval, and the log-odds that the later trees start from."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit

from riskpay.model.habit import SHARES, TRUST, HabitOffset, habit_hazard, share_read

SHARE = {"late_share": 0.5, "late_3_share": 0.4, "late_7_share": 0.4, "late_15_share": 0.2}
SHARE |= {"late_30_share": 0.1, "late_60_share": 0.05, "late_90_share": 0.0}
EDGES = (0, 3, 7, 15, 30, 60, 90, 180)


def rows(number, **values):
    """A question's rows, one an interval, as often as asked."""
    intervals = pl.DataFrame(
        {
            "interval": pl.Series(range(len(EDGES)), dtype=pl.Int32),
            "interval_start": pl.Series([-30, *EDGES[:-1]], dtype=pl.Int32),
            "interval_end": pl.Series(EDGES, dtype=pl.Int32),
        }
    )
    return pl.concat([intervals] * number).with_columns(**{name: pl.lit(x) for name, x in (SHARE | values).items()})


def test_the_habit_of_an_interval_is_the_part_of_those_unpaid_at_its_start_that_paid_by_its_end():
    found = rows(1).select(h=habit_hazard())["h"].to_list()
    assert found[:-1] == pytest.approx([0.5, 0.2, 0.0, 0.5, 0.5, 0.5, 1.0], abs=1e-12)
    assert found[-1] is None, "nobody was unpaid at its start"


def test_an_interval_that_begins_between_two_edges_reads_the_share_of_the_edge_before():
    from_day_five = rows(1).filter(interval=2).with_columns(interval_start=pl.lit(5))
    assert from_day_five.select(h=habit_hazard())["h"].item() == pytest.approx(0.0)


@pytest.mark.parametrize(("start", "days"), [(15, 15), (20, 10), (29, 1), (30, 1)])
def test_an_item_asked_within_an_interval_has_what_is_left_of_it(start, days):
    asked = rows(1).filter(interval=4).with_columns(interval_start=pl.lit(start))
    assert asked.select(h=habit_hazard())["h"].item() == pytest.approx(1.0 - 0.5 ** (days / 15))


def test_a_customer_without_history_has_no_habit():
    blank = rows(1).with_columns(pl.lit(None, pl.Float64).alias(name) for name in SHARE)
    assert blank.select(h=habit_hazard().fill_null(-1.0))["h"].to_list()[0] == -1.0
    assert np.isfinite(HabitOffset((0.0,), (0.0,)).log_odds(blank)).all()


def test_the_share_that_a_reason_names_is_that_of_the_interval_s_end():
    named = [SHARES[n] for n in rows(1).select(s=share_read())["s"]]
    assert named == ["late_share", *(f"late_{day}_share" for day in (3, 7, 15, 30, 60, 90, 90))]


def test_where_rows_abound_and_are_alike_the_start_is_the_share_paid():
    asked = rows(1000)
    paid = np.random.default_rng(5).random(asked.height) < 0.3
    offset = HabitOffset.fitted(asked.with_columns(paid=pl.Series(paid)), np.full(asked.height, 1000.0))
    start = expit(offset.log_odds(asked))
    for interval in range(1, len(EDGES)):
        here = (asked["interval"] == interval).to_numpy()
        assert start[here].mean() == pytest.approx(paid[here].mean(), abs=0.01)


def test_few_rows_leave_the_start_near_the_habit():
    asked = rows(20).with_columns(paid=pl.lit(value=False))
    offset = HabitOffset.fitted(asked, np.ones(asked.height))
    assert -0.02 < min(offset.levels) < 0.0


def test_habit_s_part_counts_for_so_much_and_is_nothing_for_a_mean_customer():
    asked = rows(50).with_columns(paid=pl.col("interval") % 2 == 0)
    offset = HabitOffset.fitted(asked, np.ones(asked.height))
    assert offset.contribution(asked) == pytest.approx(np.zeros(asked.height), abs=1e-12)
    slow = rows(1, late_60_share=0.09).filter(interval=5)
    apart = TRUST * (logit(0.1) - logit(0.5))
    assert offset.contribution(slow) == pytest.approx([apart], abs=1e-9)
    assert offset.log_odds(slow) - offset.log_odds(rows(1).filter(interval=5)) == pytest.approx([apart], abs=1e-9)


def test_an_interval_that_training_never_saw_takes_the_level_of_the_last_it_saw():
    seen = rows(200).filter(pl.col("interval") <= 2).with_columns(paid=pl.col("interval") == 2)
    offset = HabitOffset.fitted(seen, np.ones(seen.height))
    assert len(offset.levels) == 3
    beyond = rows(1, late_90_share=0.02).filter(interval=7)
    assert offset.log_odds(beyond)[0] == pytest.approx(TRUST * logit(0.003) + offset.levels[2])


def test_few_rows_leave_the_level_near_the_habit():
    one = rows(1).with_columns(paid=pl.lit(value=True))
    assert np.abs(HabitOffset.fitted(one, np.ones(one.height)).levels).max() < 3.0
