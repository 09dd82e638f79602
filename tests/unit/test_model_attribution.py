"""Contributions carried over to S(t) and p_late: they add up to the last digit, and are those of the boosters."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from riskpay.features.catalogue import FEATURE_NAMES, FEATURES, LATE_DAYS, FeatureSettings
from riskpay.features.labels import Grid, intervals
from riskpay.model import hazard
from riskpay.model.attribution import Contributed, grouped, secant
from riskpay.model.calibration import Calibration
from riskpay.model.columns import COLUMNS, READ, matrix
from riskpay.model.curve import curves, late_probability
from riskpay.model.habit import HabitOffset, habit_hazard
from riskpay.model.hazard import HazardSettings
from riskpay.model.late_model import LateModel
from riskpay.model.paid_shape import PaidShape, Spread
from riskpay.model.reasons import explain, explain_all

GRID = Grid()
SHAPE = PaidShape.observed(pl.Series([-40, -12, -3, -1, 0, 0, 0, 9]), 0)
DUE = date(2024, 6, 1)
READ_HERE = FEATURES[:3]
EXTREMES = st.one_of(st.floats(-4.0, 4.0), st.sampled_from([0.0, 1e-9, -1e-7, 25.0, -25.0]))


@dataclass(frozen=True)
class GivenHazard:
    """Says what it was given, by question and interval: log-odds before any feature, and what three features add."""

    base: np.ndarray
    added: np.ndarray
    read: tuple = READ_HERE

    def contributions(self, rows):
        return self.added[rows["position"].to_numpy(), rows["interval"].to_numpy()]

    def log_odds(self, rows):
        return self.base[rows["position"].to_numpy(), rows["interval"].to_numpy()] + self.contributions(rows).sum(
            axis=1
        )


def model_of(hazard_given, calibration=Calibration()):  # noqa: B008 - frozen
    model = LateModel(
        (), HabitOffset((0.0,), (0.0,)), calibration, SHAPE, GRID, FeatureSettings(), DUE, (1, 1), 1, 1, {}
    )
    model.__dict__["hazard"] = hazard_given
    return model


def asked(at):
    number = len(at)
    features = {feature.name: np.zeros(number) for feature in READ_HERE}
    return pl.DataFrame(
        {
            "company_id": ["1"] * number,
            "invoice_id": [f"i{n}" for n in range(number)],
            "instalment": pl.Series([1] * number, dtype=pl.Int32),
            "due_date": [DUE] * number,
            "as_of": [DUE + timedelta(days=int(days)) for days in at],
            **features,
        }
    )


@st.composite
def questions(draw):
    number = 4
    at = draw(arrays(np.int64, number, elements=st.integers(-120, 200)))
    base = draw(arrays(np.float64, (number, len(GRID.ends)), elements=EXTREMES))
    added = draw(arrays(np.float64, (number, len(GRID.ends), len(READ_HERE)), elements=EXTREMES))
    line = Calibration(
        (draw(st.floats(-1, 1)), draw(st.floats(-1, 1))), (draw(st.floats(0.2, 2)), draw(st.floats(0.2, 2)))
    )
    return at, base, added, line


def by_hand(at, odds, line):
    """Calibrated hazards, NaN for intervals behind as_of, in plain loops."""
    found = np.full(odds.shape, np.nan)
    for item, day in enumerate(at):
        for number, end in enumerate(GRID.ends):
            if end >= day:
                h = expit(odds[item, number])
                found[item, number] = line.apply(np.array([h]), np.array([number]))[0]
    return found


@settings(deadline=None)
@given(questions(), st.sampled_from([1, 7, 30, 60, 90, 180]))
def test_base_and_contributions_add_up_to_the_curve_and_both_are_those_of_a_sum_by_hand(question, days):
    at, base, added, line = question
    found = Contributed.of(model_of(GivenHazard(base, added), line), asked(at), days).unpaid(days)
    assert found.base + found.points.sum(axis=1) == pytest.approx(found.chance, abs=1e-9)
    with_all, without = (
        curves(at, by_hand(at, odds, line), GRID, Spread(SHAPE))[:, days] for odds in (base + added.sum(axis=2), base)
    )
    assert found.chance == pytest.approx(with_all, abs=1e-6)
    assert found.base == pytest.approx(without, abs=1e-6)


@settings(deadline=None)
@given(questions())
def test_base_and_contributions_add_up_to_the_lateness(question):
    at, base, added, line = question
    found = Contributed.of(model_of(GivenHazard(base, added), line), asked(at)).lateness()
    assert found.base + found.points.sum(axis=1) == pytest.approx(found.chance, abs=1e-9)
    hazards = by_hand(at, base + added.sum(axis=2), line)
    assert found.chance == pytest.approx(late_probability(at, hazards, GRID, 0), abs=1e-9)
    assert (found.points[at > 0] == 0).all()


@settings(deadline=None)
@given(questions(), st.sampled_from([1, 30, 90]))
def test_a_feature_that_adds_nothing_to_any_interval_counts_for_nothing(question, days):
    at, base, added, line = question
    added[:, :, 1] = 0.0
    found = Contributed.of(model_of(GivenHazard(base, added), line), asked(at), days).unpaid(days)
    assert (found.points[:, 1] == 0).all()


def test_what_speaks_for_payment_in_every_interval_lowers_the_chance_of_being_unpaid():
    base, added = np.full((2, 8), -1.0), np.zeros((2, 8, 3))
    added[:, :, 0], added[:, :, 2] = 0.5, -0.2
    found = Contributed.of(model_of(GivenHazard(base, added)), asked([-20, 10]), 60).unpaid(60)
    assert (found.points[:, 0] < 0).all()
    assert (found.points[:, 2] > 0).all()
    assert found.points[:, 0] / found.points[:, 2] == pytest.approx([-2.5, -2.5])


@given(arrays(np.float64, 5, elements=EXTREMES), arrays(np.float64, 5, elements=EXTREMES))
def test_a_secant_leads_from_one_point_of_a_function_to_the_other(start, end):
    assert secant(expit, start, end) * (end - start) == pytest.approx(expit(end) - expit(start), abs=1e-12)


def test_groups_are_sums_of_columns():
    assert grouped(np.arange(6.0).reshape(2, 3), [[0, 2], [1]]).tolist() == [[2.0, 1.0], [8.0, 4.0]]


def person_rows(number, seed=1):
    """Questions at issue and past due of customers who differ in how late they pay."""
    rng = np.random.default_rng(seed)
    late = rng.random(number)
    shares, left = {}, late
    for days in LATE_DAYS:
        left = left * rng.uniform(0.2, 1.0, number)
        shares[f"late_{days}_share"] = left
    noise = {name: rng.random(number) for name in FEATURE_NAMES}
    at = np.where(np.arange(number) % 3 == 0, 5, -30)
    frame = (
        asked(at)
        .drop([f.name for f in READ_HERE])
        .with_columns(
            **{name: pl.Series(values) for name, values in (noise | {"late_share": late} | shares).items()},
            at_issue=pl.Series(at < 0),
        )
    )
    rows = intervals(frame, GRID)
    return frame, rows.with_columns(paid=pl.Series(rng.random(rows.height)) < habit_hazard())


@pytest.fixture(scope="module")
def grown():
    settings_ = HazardSettings(rounds=30)
    (kept,) = hazard.grow([hazard.two_members(person_rows(900)[1], (20, 30), settings_)])
    return kept


def test_with_real_boosters_the_base_is_what_they_expect_and_what_the_intervals_add_in_both_groups(grown):
    frame, _ = person_rows(60, seed=5)
    found = Contributed.of(model_of(grown), frame, 60)
    base, rows = found.odds - found.added.sum(axis=1), found.rows
    interval = rows["interval"].to_numpy()
    of_interval = [n for n, name in enumerate(COLUMNS) if name.startswith("interval")]
    for number in (0, 1):
        here = (interval > 0) == bool(number)
        whole = np.mean([b.predict(matrix(rows)[here], pred_contrib=True) for b in grown.boosters[number]], axis=0)
        start = np.asarray(grown.offset.levels)[interval[here]] + np.asarray(grown.offset.centres)[interval[here]]
        expected = whole[:, -1] + whole[:, of_interval].sum(axis=1) + (start if number else 0.0)
        assert base[here] == pytest.approx(expected)
        raw = np.mean([b.predict(matrix(rows)[here], raw_score=True) for b in grown.boosters[number]], axis=0)
        assert (base + found.added.sum(axis=1))[here] == pytest.approx(
            raw + (grown.offset.log_odds(rows)[here] if number else 0.0)
        )


@pytest.mark.parametrize("days", [1, 7, 30, 120])
def test_with_real_boosters_the_curve_is_told_in_full(grown, days):
    model, (frame, _) = model_of(grown, Calibration((0.1, -0.1), (0.9, 1.1))), person_rows(80, seed=6)
    found = Contributed.of(model, frame, days).unpaid(days)
    risks = model.risks(frame, DUE, "1")
    assert found.chance == pytest.approx(risks.unpaid[:, days], abs=1e-6)
    assert found.base + found.points.sum(axis=1) == pytest.approx(found.chance, abs=1e-9)


def test_what_a_model_is_blind_to_is_told_of_nothing(grown):
    frame, _ = person_rows(40, seed=7)
    without = ("amount_log", "late_share")
    blind = replace(model_of(grown), without=without)
    blind.__dict__["hazard"] = grown
    found = Contributed.of(blind, frame, 30)
    assert [f.name for f in found.read] == [f.name for f in READ if f.name not in without]
    told = found.unpaid(30)
    assert told.base + told.points.sum(axis=1) == pytest.approx(told.chance, abs=1e-9)


def test_reasons_of_an_item_past_due_leave_the_lateness_out_and_speak_of_the_curve(grown):
    frame, _ = person_rows(30, seed=8)
    why = explain_all(model_of(grown), frame, 30, 5)
    for row, told in zip(frame.iter_rows(named=True), why.values(), strict=True):
        past_due = row["as_of"] > row["due_date"]
        assert (told.lateness is None) == past_due
        assert all((reason.points is None) == past_due for reason in told.reasons)
        assert all(("payment" in reason.text) for reason in told.reasons if not past_due)
        assert all("points to late payment" not in part.text for part in told.curve.parts)
        assert told.curve.figure == "p_unpaid_30"
        if told.lateness:
            strongest = told.reasons[0]
            [same] = [part for part in told.lateness.parts if part.code == strongest.code]
            assert same.points == pytest.approx(strongest.points)
            assert np.sign(strongest.weight) == np.sign(strongest.points)


def test_reasons_are_the_same_with_and_without_the_sums(grown):
    frame, _ = person_rows(30, seed=9)
    both = explain(model_of(grown), frame, 5), explain_all(model_of(grown), frame, 30, 5)
    assert {key: [r.code for r in found] for key, found in both[0].items()} == {
        key: [r.code for r in found.reasons] for key, found in both[1].items()
    }


def test_an_item_past_the_grid_has_no_reasons_and_stays_unpaid(grown):
    frame, _ = person_rows(3, seed=10)
    old = frame.with_columns(as_of=pl.lit(DUE + timedelta(days=400)))
    assert explain(model_of(grown), old) == {}
    assert {
        (why.reasons, why.lateness, why.curve.start, why.curve.end)
        for why in explain_all(model_of(grown), old).values()
    } == {((), None, 1.0, 1.0)}
    assert explain(model_of(grown), old.clear()) == {} == explain_all(model_of(grown), old.clear())
