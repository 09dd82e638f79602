"""The measures of an assessment, worked out by hand: answers, money, days, capacity, parts, and what pictures show."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from riskpay.features.labels import Grid
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.answers import Answers, Questions, limit_of, targets_of
from riskpay.model.capacity import capacity
from riskpay.model.days_late import days_late, pinball
from riskpay.model.evaluation import brier, paired, roc_auc
from riskpay.model.judged import judged, mean_less
from riskpay.model.parts import PartScores, by_week, group_curve, kaplan_meier
from riskpay.model.plotted import bins, lift
from riskpay.model.ranking import Ranking
from riskpay.model.risk import risk_table
from riskpay.model.training import Asked, TrainSettings

SETTINGS = TrainSettings()
MODEL = SimpleNamespace(grid=Grid(), train_as_of=date(2024, 1, 1))


def answers(happened, model, ratio=None, worth=None, owners=None):
    n = len(happened)
    said = {"model": np.array(model, dtype=float), "naive_ratio": np.array(ratio or [0.5] * n, dtype=float)}
    money = np.array(worth or [1.0] * n, dtype=float)
    return Answers(np.arange(n), np.array(happened, dtype=bool), said, np.array(owners or range(n)), money)


class Quantiles:
    """Past days late of customers who all paid alike."""

    def __init__(self, days):
        self.days = days

    def quantiles(self, asked, _shares, _fewest):
        return np.tile(self.days, (asked.height, 1)), np.zeros(asked.height)


def questions(days, p_late=None, unpaid=None):
    """Questions about items A, B, ... of customer C1, due on 31 January and asked on ``days``."""
    n = len(days)
    frame = pl.DataFrame(
        {
            "company_id": ["1"] * n,
            "invoice_id": [chr(ord("A") + number) for number in range(n)],
            "instalment": pl.Series([1] * n, dtype=pl.Int32),
            "as_of": days,
            "due_date": [date(2024, 1, 31)] * n,
            "customer_id": ["C1"] * n,
        }
    )
    keys = frame.select("company_id", "invoice_id", "instalment", support=pl.lit(3))
    curve = np.linspace(1, 0, 181, dtype=np.float32) if unpaid is None else unpaid
    risks = risk_table(keys, np.array(p_late or [0.5] * n), np.tile(curve, (n, 1)), date(2024, 1, 1), "")
    return Questions(Asked(frame, frame.select("invoice_id")), MODEL, risks, np.ones(n))


FATES = """
    invoices:
    invoice_id | issue_date | due_date   | amount
    A          | 2024-01-01 | 2024-01-31 | 10.00
    B          | 2024-01-01 | 2024-01-31 | 10.00
    C          | 2024-01-01 | 2024-01-31 | 10.00
    D          | 2024-01-01 | 2024-01-31 | 10.00
    payments:
    payment_id | value_date | amount
    P1         | 2024-02-04 | 10.00
    P2         | 2024-02-05 | 10.00
    allocations:
    source_id | invoice_id | allocated_on | amount
    P1        | A          | 2024-02-04   | 10.00
    P2        | B          | 2024-02-05   | 10.00
    write_offs:
    invoice_id | written_off_on | amount
    C          | 2024-02-03     | 10.00
"""


@pytest.fixture
def fates(make_ledger):
    """A paid 4 days late, B 5 days late, C written off 3 days after the due date, D still open."""
    return latest(item_states(make_ledger(FATES)))


def test_a_snapshots_outcome_counts_whole_or_not_at_all_and_a_write_off_before_it_leaves_the_item_out(fates):
    asked = questions([date(2024, 1, 28)] * 4)
    limit = limit_of("unpaid_7", asked.at, SETTINGS)
    assert asked.at.tolist() == [-3] * 4
    assert limit.tolist() == [4] * 4
    # The seventh day is 4 February; with two days of posting lag it is known after 6 February.
    rows, happened = asked.decided(limit, fates, date(2024, 2, 7), 2)
    assert rows.tolist() == [0, 1, 3]
    assert happened.tolist() == [False, True, True]
    assert asked.decided(limit, fates, date(2024, 2, 6), 2)[0].tolist() == []
    # By 2 February the item written off on the 3rd had not been paid: it counts.
    early, unpaid = asked.decided(limit - 2, fates, date(2024, 2, 7), 2)
    assert early.tolist() == [0, 1, 2, 3]
    assert unpaid.all()


def test_late_targets_count_from_the_due_date_and_only_those_that_end_an_interval_can_be_told():
    asked = questions([date(2024, 1, 28), date(2024, 2, 10)])
    assert limit_of("late", asked.at, SETTINGS).tolist() == [0, 0]
    assert limit_of("late_60", asked.at, SETTINGS).tolist() == [60, 60]
    assert targets_of(Grid().ends, SETTINGS) == ("late", "late_30", "late_60", "late_90")
    assert targets_of((0, 7, 30), SETTINGS) == ("late", "late_30")


def test_chances_are_read_off_p_late_and_the_curve_and_a_day_that_has_passed_is_certain():
    asked = questions([date(2024, 1, 28), date(2024, 2, 10)], p_late=[0.4, 1.0])
    curve = np.linspace(1, 0, 181)
    assert asked.unpaid_by(np.array([0, 0])).tolist() == pytest.approx([0.4, 1.0])
    assert asked.unpaid_by(np.array([7, 7])).tolist() == pytest.approx([curve[10], 1.0])
    assert asked.unpaid_by(np.array([30, 30])).tolist() == pytest.approx([curve[33], curve[20]])
    assert asked.unpaid_by(np.array([900, 900])).tolist() == pytest.approx([0.0, 0.0])
    only = asked.where(np.array([False, True]))
    assert only.at.tolist() == [10]
    assert only.unpaid_by(np.array([30])).tolist() == pytest.approx([curve[20]])


def test_money_weighs_each_item_by_its_open_amount():
    told = judged(answers([True, False], [0.6, 0.2], worth=[300.0, 100.0]))
    assert told.money["model"].amount_base_rate == pytest.approx(0.75)
    assert told.money["model"].amount_mean_p == pytest.approx((300 * 0.6 + 100 * 0.2) / 400)
    assert told.money["model"].amount_brier == pytest.approx((300 * 0.16 + 100 * 0.04) / 400)
    assert told.scores["model"].brier == pytest.approx(0.1)
    assert told.less["naive_ratio"]["brier"].change == pytest.approx(0.1 - 0.25)
    assert told.less["naive_ratio"]["roc_auc"].change == pytest.approx(0.5)


def test_without_money_or_without_questions_nothing_is_made_up():
    nothing = judged(answers([], []))
    assert (nothing.n, nothing.customers, nothing.mean_p["model"]) == (0, 0, None)
    assert nothing.to_json()["less"]["naive_ratio"]["brier"] == {"change": None, "low": None, "high": None}
    free = judged(answers([True, False], [0.6, 0.2], worth=[0.0, 0.0]))
    assert free.money["model"].amount_brier is None
    assert free.less["naive_ratio"]["amount_brier"].change is None


@pytest.fixture
def many():
    rng = np.random.default_rng(3)
    happened = rng.random(240) < 0.4
    p = np.round(np.clip(0.3 + 0.3 * happened + rng.normal(0, 0.2, 240), 0, 1), 1)
    ratio = np.round(np.clip(p + rng.normal(0, 0.2, 240), 0, 1), 1)
    owners, worth = rng.integers(0, 30, 240) ** 2, rng.random(240) * 100
    return Answers(np.arange(240), happened, {"model": p, "naive_ratio": ratio}, owners, worth)


def test_intervals_are_those_that_drawing_rows_of_customers_gives(many):
    found = judged(many, draws=40)
    p, ratio = many.predictions["model"], many.predictions["naive_ratio"]
    for name, measure in (("brier", brier), ("roc_auc", roc_auc)):
        ends = paired(many.happened, p, ratio, many.owners, measure, 40)
        told = found.less["naive_ratio"][name]
        assert (told.low, told.high) == pytest.approx(ends)
    square, other = (p - many.happened) ** 2, (ratio - many.happened) ** 2
    alone = mean_less(square, other, many.owners, draws=40)
    assert alone.to_json() == found.less["naive_ratio"]["brier"].to_json()


def test_a_handful_of_customers_has_no_interval():
    one = judged(answers([True, False, True], [0.6, 0.2, 0.9], owners=[1, 1, 1]))
    assert one.intervals["brier"] is None
    assert one.less["naive_ratio"]["brier"].low is None
    assert one.less["naive_ratio"]["brier"].change is not None


def test_a_ranking_weighted_by_owner_is_that_of_the_books(many):
    p, weight = many.predictions["model"], np.random.default_rng(1).integers(0, 4, 900).astype(float)
    expected = roc_auc_score(many.happened, p, sample_weight=weight[many.owners])
    assert Ranking(many.happened, p, many.owners).roc_auc(weight) == pytest.approx(expected)
    assert Ranking(np.array([True, True]), p[:2]).roc_auc(np.ones(2)) is None


def test_pinball_loss_costs_nine_tenths_of_a_day_on_one_side_and_a_tenth_on_the_other():
    assert pinball(np.array([10.0]), np.array([8.0]), 0.9) == pytest.approx(1.8)
    assert pinball(np.array([10.0]), np.array([13.0]), 0.9) == pytest.approx(0.3)
    assert pinball(np.array([10.0, 10.0]), np.array([8.0, 13.0]), 0.5) == pytest.approx((1.0 + 1.5) / 2)


def test_days_late_are_measured_on_items_that_paid_and_the_others_are_counted(fates):
    # The curve falls to .9 on day 1, to .5 on day 6 and to .1 on day 12.
    unpaid = np.concatenate([[1.0], [0.9] * 5, [0.5] * 6, [0.1] * 169]).astype(np.float32)
    asked = questions([date(2024, 1, 31)] * 4, unpaid=unpaid)
    past = SimpleNamespace(
        asked=asked.asked.frame,
        mean_days_late=pl.Series([7.0, None, 7.0, 7.0]),
        days=Quantiles([-2.0, 3.0, 9.0]),
    )
    found = days_late(asked, past, fates)
    assert (found.n, found.unpaid, found.otherwise, found.beyond) == (2, 1, 1, 0)
    model = found.scores["model"]
    assert model.mae == pytest.approx((2 + 1) / 2)
    assert model.pinball == pytest.approx(((0.3 + 0.4) / 2, (1.0 + 0.5) / 2, (0.8 + 0.7) / 2))
    assert model.within == 1.0
    assert found.scores["naive_mean"].mae == pytest.approx((3 + 2) / 2)
    assert found.scores["naive_mean"].to_json() == {"mae": 2.5}
    assert found.scores["naive_quantiles"].mae == pytest.approx((1 + 2) / 2)
    # No rule tells a day before the question: -2 counts as the day itself.
    assert found.scores["naive_quantiles"].pinball[0] == pytest.approx((0.4 + 0.5) / 2)
    assert found.less["naive_mean"].change == pytest.approx(1.5 - 2.5)


def test_a_quantile_beyond_the_horizon_counts_as_its_last_day(fates):
    asked = questions([date(2024, 1, 31)] * 2, unpaid=np.full(181, 0.95, dtype=np.float32))
    past = SimpleNamespace(
        asked=asked.asked.frame,
        mean_days_late=pl.Series([0.0, 0.0]),
        days=Quantiles([0.0, 0.0, 0.0]),
    )
    found = days_late(asked, past, fates)
    assert found.beyond == 2
    assert found.scores["model"].mae == pytest.approx((176 + 175) / 2)


def test_capacity_counts_what_lies_in_the_part_that_is_looked_at():
    # Two days of ten items. By chance the first is right on day 1 and wrong on day 2; a twentieth of ten is half an item.
    happened = [True] + [False] * 8 + [True] + [False] * 9 + [True]
    p = [0.9] + [0.1] * 8 + [0.2] + [0.8] + [0.1] * 8 + [0.3]
    worth = [10.0] + [1.0] * 8 + [90.0] + [500.0] + [1.0] * 8 + [100.0]
    told = answers(happened, p, ratio=[0.4] * 20, worth=worth)
    found = capacity(told, np.repeat([1, 2], 10))
    assert found.days == 2
    assert found.found["model"]["precision_5pct"] == pytest.approx(0.5)
    assert found.found["model"]["precision_50"] == pytest.approx(3 / 20)
    # By chance times amount: 90 x .2 before 10 x .9 on day 1; 500 x .8 before 100 x .3 on day 2.
    assert found.found["model"]["captured_10"] == pytest.approx(90 / 200)
    assert found.found["model"]["captured_20"] == pytest.approx(1.0)
    # A rule that tells nothing apart orders by amount.
    assert found.found["naive_ratio"] == found.found["largest"]
    assert found.found["naive_ratio"]["precision_5pct"] == pytest.approx(0.5)
    assert found.found["best"]["precision_5pct"] == 1.0
    assert found.found["best"]["captured_10"] == pytest.approx(190 / 200)
    assert found.less["captured_10"].change == pytest.approx(0.0)


def test_capacity_draws_a_customer_twice_as_if_it_had_twice_the_items(many):
    day = np.arange(240) // 60
    one = capacity(many, day, draws=30)
    again = capacity(many, day, draws=30)
    assert one == again
    twice = [np.concatenate([part, part]) for part in (many.rows, many.happened, many.owners, many.worth)]
    double = {name: np.concatenate([p, p]) for name, p in many.predictions.items()}
    both = capacity(Answers(twice[0], twice[1], double, twice[2], twice[3]), np.concatenate([day, day]), draws=5)
    for measure in ("precision_5pct", "captured_10", "captured_20"):
        assert both.found["model"][measure] == pytest.approx(one.found["model"][measure])
    assert capacity(answers([], []), np.array([], dtype=int)).found["model"]["captured_10"] is None


def test_parts_hold_the_naive_ratio_beside_the_model():
    part = PartScores.of(answers([True, False], [0.6, 0.2]))
    assert part.mean_p == pytest.approx(0.4)
    assert (part.customers, part.naive_ratio_brier) == (2, 0.25)
    assert PartScores.of(answers([], [])).to_json()["brier"] is None


def test_weeks_run_from_monday_to_sunday():
    as_of = pl.Series([date(2024, 1, 8), date(2024, 1, 14), date(2024, 1, 15)])
    weeks = by_week(answers([True, False, True], [0.6, 0.2, 0.5]), as_of)
    assert [(week.week, week.n) for week in weeks] == [(date(2024, 1, 8), 2), (date(2024, 1, 15), 1)]
    assert (weeks[0].mean_p, weeks[0].base_rate, weeks[0].brier) == pytest.approx((0.4, 0.5, 0.1))


def test_an_observed_curve_counts_who_is_not_seen_any_more_as_long_as_it_was_seen():
    # Paid on days 1 and 3, last seen unpaid on day 2, paid by the day of the question (known a day later).
    found = kaplan_meier(np.array([1, 3, 2, 0]), np.array([True, True, False, True]), 5)
    assert found[:4].tolist() == pytest.approx([1.0, 0.5, 0.5, 0.0])
    assert np.isnan(found[4:]).all()


def test_the_observed_curve_of_a_group_ends_items_at_a_write_off(fates):
    asked = questions([date(2024, 1, 31)] * 4)
    found = group_curve(asked, fates, date(2024, 2, 20), 2)
    assert found.n == 4
    # A paid on day 4 of three that are seen by then (C was written off on day 3), B on day 5 of two.
    assert found.observed[3:6].tolist() == pytest.approx([1.0, 2 / 3, 1 / 3])
    assert found.predicted[:2].tolist() == pytest.approx([1.0, 179 / 180], abs=1e-6)
    assert found.to_json()["observed"]["30"] is None


def test_bins_and_lift_are_what_pictures_show():
    told = bins(np.array([False, True, True, True]), np.array([0.1, 0.2, 0.6, 0.8]), 2)
    assert [(b.n, b.mean_p, b.observed) for b in told] == [(2, pytest.approx(0.15), 0.5), (2, pytest.approx(0.7), 1.0)]
    found = lift(answers([True, False, False, True], [0.9, 0.1, 0.2, 0.25], worth=[10.0, 1.0, 1.0, 30.0]))
    # Steps of 5 %: at 25 % one of four items was looked at, at 50 % two.
    assert found.items["model"][[0, 5, 10, 20]].tolist() == pytest.approx([0.0, 0.5, 1.0, 1.0])
    assert found.money["model"][5] == pytest.approx(0.25)
    assert found.money["largest"][5] == pytest.approx(0.75)
    assert lift(answers([False], [0.5])).to_json() == {"items": {}, "money": {}}
