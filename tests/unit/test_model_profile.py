"""What is kept of a population, and how far later questions lie from it."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.errors import DataError
from riskpay.model.drift import psi
from riskpay.model.profile import SAMPLE_ROWS, WINDOW_DAYS, Profile, usual
from riskpay.model.reference import AT_ISSUE, Reference, read_reference

UNTIL = date(2024, 12, 1)
DAYS = 10 * WINDOW_DAYS


def questions(n=6000, shift=0.0, seed=1, first=UNTIL - timedelta(days=DAYS), days=DAYS):
    """Questions spread over days: a steady column, one that drifts with time, and one that is mostly null."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, days, n))
    steady = rng.normal(shift, 1, n)
    return pl.DataFrame(
        {
            "company_id": ["1"] * n,
            "invoice_id": [f"I{first}{k:06}" for k in range(n)],
            "instalment": pl.Series([1] * n, dtype=pl.Int32),
            "as_of": [first + timedelta(days=int(d)) for d in day],
            "steady": steady,
            "clock": (np.array([(first - UNTIL).days] * n) + day + rng.normal(0, 3, n)).astype(float),
            "rare": pl.Series(np.where(rng.random(n) < 0.8, np.nan, steady)).fill_nan(None),
        }
    )


COLUMNS = ("steady", "clock", "rare")


@pytest.fixture(scope="module")
def profile():
    return Profile.of(questions(), COLUMNS, UNTIL)


def moved(profile, frame, first=UNTIL):
    return {one.column: one for one in profile.moved(frame, first)}


def later(**more):
    return questions(n=600, seed=2, first=UNTIL, days=WINDOW_DAYS, **more)


def test_what_is_the_same_has_not_moved(profile):
    found = moved(profile, later())["steady"]
    assert found.psi < 0.05
    assert found.psi < found.usual
    assert found.q > 0.01
    assert (found.n_before, found.n_now) == (6000, 600)


def test_a_shift_is_beyond_the_bounds_the_usual_and_chance(profile):
    found = moved(profile, later(shift=1.0))["steady"]
    assert found.psi > 0.25
    assert found.psi > found.usual
    assert found.q < 1e-6


def test_what_moves_with_time_by_itself_is_usual(profile):
    found = moved(profile, later())["clock"]
    assert found.psi > 0.25
    assert found.psi < found.usual


def test_null_is_counted(profile):
    frame = later()
    filled = frame.with_columns(rare=pl.col("rare").fill_null(0.0))
    assert moved(profile, frame)["rare"].psi < 0.05
    assert moved(profile, filled)["rare"].psi > 1


def test_questions_from_the_first_day_on_are_left_out_of_the_reference(profile):
    first = UNTIL - timedelta(days=20)
    found = moved(profile, later(), first)["steady"]
    assert found.n_before == questions().filter(pl.col("as_of") < UNTIL - timedelta(days=WINDOW_DAYS)).height


def test_nothing_asked_later_than_the_training_day_is_kept():
    frame = pl.concat([questions(), later()])
    assert Profile.of(frame, COLUMNS, UNTIL).counts["count"].sum() == 6000 * len(COLUMNS)


def test_the_sample_is_small_spread_over_time_and_the_same_in_any_order(profile):
    shuffled = Profile.of(questions().sample(fraction=1.0, shuffle=True, seed=3), COLUMNS, UNTIL)
    assert shuffled.sample.equals(profile.sample)
    assert profile.sample.height == SAMPLE_ROWS
    assert profile.sample["as_of"].n_unique() > DAYS * 0.9
    assert Profile.of(questions(n=50), COLUMNS, UNTIL).sample.height == 50


def test_columns_that_are_not_asked_any_more_are_left_out(profile):
    assert set(moved(profile, later().drop("clock"))) == {"steady", "rare"}


def test_usual_is_mean_and_three_deviations_of_the_newer_half_against_what_lay_before():
    windows = np.array([[40, 60], [50, 50], [45, 55], [60, 40], [50, 50], [50, 50], [50, 50], [50, 50]])
    found = [float(psi(windows[k + 1 :].sum(axis=0), windows[k])) for k in range(4)]
    assert usual(windows, gap=0) == pytest.approx(np.mean(found) + 3 * np.std(found, ddof=1))


def test_usual_keeps_the_distance_in_time():
    windows = np.array([[100 - 5 * k, 5 * k + 1] for k in range(16)])
    assert usual(windows, gap=4) > usual(windows, gap=0)


@pytest.mark.parametrize("windows", [np.full((7, 2), 50), np.full((12, 2), 3)], ids=["few windows", "few rows"])
def test_without_enough_windows_nothing_is_usual(windows):
    assert usual(windows, gap=0) is None


def test_a_reference_comes_back_from_its_files(profile, tmp_path):
    kept = Reference(UNTIL, {AT_ISSUE: profile}, {}, {AT_ISSUE: profile}, {"late": {"model": {"brier": 0.1}}})
    kept.write(tmp_path / "reference")
    found = read_reference(tmp_path / "reference")
    assert (found.train_as_of, found.tested) == (UNTIL, kept.tested)
    for profiles in (found.asked, found.held):
        assert profiles[AT_ISSUE].edges == profile.edges
        assert profiles[AT_ISSUE].moved(later(), UNTIL) == profile.moved(later(), UNTIL)


def test_a_damaged_reference_is_said(profile, tmp_path):
    Reference(UNTIL, {AT_ISSUE: profile}, {}).write(tmp_path)
    (tmp_path / "asked_at_issue_counts.parquet").write_bytes(b"cut off")
    with pytest.raises(DataError, match="cannot be read"):
        read_reference(tmp_path)
