"""What moved an item's chances between two days: every step is told, the parts add up, what did not change counts for nothing."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import permutations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskpay.features.catalogue import FEATURES, FeatureSettings
from riskpay.features.labels import Grid
from riskpay.model.calibration import Calibration
from riskpay.model.chances import chances
from riskpay.model.changes import Questions, changes, furthest, with_days_passed
from riskpay.model.habit import SHARES, HabitOffset
from riskpay.model.interval_rows import INTERVAL_COLUMNS
from riskpay.model.late_model import LateModel
from riskpay.model.paid_shape import PaidShape

SHAPE = PaidShape.observed(pl.Series([-12, -3, -1, 0, 0, 9]), 0)
THEN, NOW = date(2024, 6, 3), date(2024, 6, 5)
NAMES = ("age_days", "days_from_due", "open_count", "last_days_late", "late_share_30", "days_since_settled")
READ = tuple(feature for feature in FEATURES if feature.name in NAMES)


@dataclass(frozen=True)
class Formula:
    """A hazard whose log-odds are sums of features and of products of two, of an interval and of the days since the due date."""

    single: tuple[float, ...]
    pairs: float = 0.0
    triple: float = 0.0
    read: tuple = READ

    def log_odds(self, rows):
        x = rows.select(pl.col(feature.name).cast(pl.Float64) for feature in self.read).to_numpy() / 10.0
        found = x @ np.asarray(self.single) - 1.0 + 0.1 * rows["interval"].to_numpy()
        found += self.pairs * (x[:, 2] * x[:, 3] - x[:, 3] * x[:, 4])
        return found + self.triple * x[:, 2] * x[:, 3] * x[:, 4]

    @property
    def columns(self):
        return INTERVAL_COLUMNS

    def predict(self, rows):
        return 1 / (1 + np.exp(-self.log_odds(rows)))

    def of_interval(self, rows):
        return self.predict(rows.frame)


def model_of(formula, grid=Grid()):  # noqa: B008 - frozen
    model = LateModel(
        (), HabitOffset((0.0,), (0.0,)), Calibration(), SHAPE, grid, FeatureSettings(), THEN, (1, 1), 1, 1, {}
    )
    model.__dict__["hazard"] = formula
    return model


def frame_of(as_of, due, figures):
    """Items due on the days ``due``; ``figures``: three a item, beside which stands what counts days."""
    number = len(due)
    columns = dict(
        zip(("open_count", "last_days_late", "late_share_30"), np.asarray(figures, dtype=float).T, strict=True)
    )
    return pl.DataFrame(
        {
            "company_id": ["1"] * number,
            "invoice_id": [f"i{n}" for n in range(number)],
            "instalment": pl.Series([1] * number, dtype=pl.Int32),
            "due_date": due,
            "as_of": [as_of] * number,
            **columns,
            "age_days": [float((as_of - (day - timedelta(days=30))).days) for day in due],
            "days_from_due": [float((as_of - day).days) for day in due],
            **dict.fromkeys(SHARES, [0.5] * number),
            "days_since_settled": [float((as_of - date(2024, 5, 20)).days)] * number,
        }
    )


WEIGHTS = st.tuples(*[st.floats(-1.5, 1.5)] * len(READ))
FIGURES = st.lists(st.tuples(st.integers(0, 12), st.integers(-9, 30), st.floats(0, 1)), min_size=3, max_size=3)
DUES = st.lists(st.integers(-100, 60).map(lambda n: NOW + timedelta(days=n)), min_size=3, max_size=3)


@settings(deadline=None, max_examples=60)
@given(WEIGHTS, WEIGHTS, st.floats(-2, 2), FIGURES, FIGURES, DUES, DUES, st.integers(1, 180), st.integers(0, 3))
def test_the_parts_lead_from_then_to_now_whatever_happened(old, new, pairs, before, after, due, moved, days, most):
    then, now = frame_of(THEN, due, before), frame_of(NOW, moved, after)
    models = model_of(Formula(old)), model_of(Formula(new, pairs))
    found = changes(Questions(models[0], "1", then), Questions(models[1], "2", now), then, days, most)
    ends = chances(models[0], then, days), chances(models[1], now, days)
    for row in range(3):
        for figure, start, end in (
            ("p_late", ends[0].p_late[row], ends[1].p_late[row]),
            (f"p_unpaid_{days}", ends[0].unpaid[row], ends[1].unpaid[row]),
        ):
            bridge = found.bridge(figure, row)  # which refuses parts that do not add up
            assert (bridge.start, bridge.end) == (start, end)
            assert sum(part.points for part in bridge.parts) == pytest.approx(end - start, abs=1e-9)


def news(formula, before, after, due=date(2024, 6, 20), days=30):
    """The parts of P(unpaid) by code of one item whose figures changed."""
    model = model_of(formula)
    then, now = frame_of(THEN, [due], [before]), frame_of(NOW, [due], [after])
    found = changes(Questions(model, "1", then), Questions(model, "1", now), then, days)
    return {part.code: part for part in found.bridge(f"p_unpaid_{days}", 0).parts}


def shapley(formula, before, after, days=30, due=date(2024, 6, 20)):
    """The Shapley value of each of the three figures by going through every order."""
    model, totals = model_of(formula), np.zeros(3)

    def at(taken):
        figures = [a if number in taken else b for number, (b, a) in enumerate(zip(before, after, strict=True))]
        return chances(model, frame_of(NOW, [due], [figures]), days).unpaid[0]

    orders = list(permutations(range(3)))
    for order in orders:
        for number, one in enumerate(order):
            totals[one] += at(set(order[: number + 1])) - at(set(order[:number]))
    return totals / len(orders)


SINGLE = (0.4, -0.3, 0.5, -0.4, 0.3, 0.1)


def test_a_mean_over_an_order_and_its_reverse_is_near_to_the_mean_over_all_orders():
    before, after = (3, 2, 0.2), (8, 12, 0.6)
    parts = news(Formula(SINGLE, pairs=0.5, triple=0.2), before, after)
    told = [parts[code].points for code in ("open_count", "last_days_late", "late_share_30")]
    assert told == pytest.approx(shapley(Formula(SINGLE, pairs=0.5, triple=0.2), before, after), abs=2e-3)


def test_of_two_changed_figures_it_is_the_shapley_value():
    before, after = (3, 2, 0.2), (8, 12, 0.2)
    formula = Formula(SINGLE, pairs=2.0)
    parts = news(formula, before, after)
    assert "late_share_30" not in parts
    exact = shapley(formula, before, after)
    assert [parts[code].points for code in ("open_count", "last_days_late")] == pytest.approx(exact[:2], abs=1e-12)


def test_a_quiet_day_is_told_as_a_day_and_nothing_else():
    parts = news(Formula(SINGLE, pairs=1.0), (3, 2, 0.2), (3, 2, 0.2))
    assert set(parts) == {"days_passed"}
    assert parts["days_passed"].text == "2 days passed"


def test_a_due_date_that_passed_is_said_and_makes_late_certain():
    model = model_of(Formula(SINGLE))
    due = [date(2024, 6, 4)]
    then, now = frame_of(THEN, due, [(3, 2, 0.2)]), frame_of(NOW, due, [(4, 2, 0.2)])
    found = changes(Questions(model, "1", then), Questions(model, "1", now), then, 30).bridge("p_late", 0)
    [part] = found.parts
    assert (part.code, part.text, found.end) == ("days_passed", "its due date passed", 1.0)


def test_a_due_date_that_was_moved_is_a_part_of_its_own():
    model = model_of(Formula(SINGLE))
    then, now = (
        frame_of(day, [due], [(3, 2, 0.2)]) for day, due in ((THEN, date(2024, 6, 8)), (NOW, date(2024, 7, 8)))
    )
    found = changes(Questions(model, "1", then), Questions(model, "1", now), then, 30)
    parts = {part.code: part for part in found.bridge("p_late", 0).parts}
    assert parts["due_date"].text == "its due date was moved (from 2024-06-08 to 2024-07-08)"
    assert parts["due_date"].points < 0


def test_another_model_is_told_as_of_the_first_day():
    old, new = model_of(Formula(SINGLE)), model_of(Formula((0.2,) * 6))
    then, now = (frame_of(day, [date(2024, 6, 20)], [(3, 2, 0.2)]) for day in (THEN, NOW))
    found = changes(Questions(old, "7", then), Questions(new, "8", now), then, 30).bridge("p_unpaid_30", 0)
    parts = {part.code: part for part in found.parts}
    assert parts["model"].text == "model 8 in place of model 7"
    assert parts["model"].points == chances(new, then, 30).unpaid[0] - chances(old, then, 30).unpaid[0]


def test_what_is_said_alike_before_and_after_is_one_part():
    parts = news(Formula(SINGLE), (3, 2.1, 0.301), (3, 2.2, 0.302))
    assert set(parts) == {"days_passed", "small_changes"}
    assert parts["small_changes"].text == "small changes of 2 figures"


def test_news_beyond_the_most_that_are_split_are_one_part():
    model = model_of(Formula(SINGLE))
    due = [date(2024, 6, 20)] * 2
    then, now = frame_of(THEN, due, [(3, 2, 0.2)] * 2), frame_of(NOW, due, [(4, 2, 0.2), (9, 20, 0.9)])
    found = changes(Questions(model, "1", then), Questions(model, "1", now), then, 30, most=1)
    codes = [{part.code for part in found.bridge("p_unpaid_30", row).parts} for row in (0, 1)]
    assert codes == [{"days_passed", "news"}, {"days_passed", "open_count", "last_days_late", "late_share_30"}]


def test_only_what_counts_days_moves_with_the_days():
    then, now = (frame_of(day, [date(2024, 6, 20)], [(3, 2, 0.2)]) for day in (THEN, NOW))
    settled_since = now.with_columns(days_since_settled=pl.lit(1.0), open_count=pl.lit(9.0))
    assert with_days_passed(then, now).equals(now)
    passed = with_days_passed(then, settled_since)
    assert passed["as_of"].to_list() == [NOW]
    assert passed.select("age_days", "days_from_due").equals(now.select("age_days", "days_from_due"))
    assert passed.select("days_since_settled", "open_count").equals(then.select("days_since_settled", "open_count"))


def test_the_furthest_comes_first_and_of_two_alike_the_earlier():
    assert furthest(np.array([0.1, -0.4, 0.4, 0.0])).tolist() == [1, 2, 0, 3]
