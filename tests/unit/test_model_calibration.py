"""Calibration: it finds the line it should, and takes no level over."""

import numpy as np
import pytest
from scipy.special import expit, logit

from riskpay.model.calibration import Calibration, agreed, fit_calibration
from riskpay.model.groups import group_of

RNG = np.random.default_rng(11)


def test_the_intervals_after_the_first_are_one_group():
    assert group_of(np.array([0, 1, 2, 7])).tolist() == [0, 1, 1, 1]


def test_the_line_between_chances_and_outcomes_is_found_in_each_group():
    odds = RNG.normal(0.0, 1.5, 40_000)
    interval = np.arange(40_000) % 2
    true = np.where(interval == 0, 0.4 + 0.6 * odds, -0.2 + 1.3 * odds)
    paid = RNG.random(40_000) < expit(true)
    found = fit_calibration(expit(odds), interval, paid, np.ones(40_000))
    assert found.intercepts == pytest.approx((0.4, -0.2), abs=0.06)
    assert found.slopes == pytest.approx((0.6, 1.3), abs=0.06)
    assert found.apply(expit(odds), interval) == pytest.approx(expit(true), abs=0.03)


def test_few_rows_change_little():
    paid = np.array([True, True, False])
    found = fit_calibration(np.array([0.1, 0.1, 0.9]), np.zeros(3, int), paid, np.ones(3))
    assert abs(found.intercepts[0]) < 0.3
    assert found.slopes[0] == pytest.approx(1.0, abs=0.4)
    assert (found.intercepts[1], found.slopes[1]) == (0.0, 1.0), "a group without rows stays as it is"


def test_the_periods_mean_slope_turns_about_the_level_of_training():
    periods = [Calibration((2.0, 0.0), (0.5, 1.0)), Calibration((-1.0, 0.0), (0.7, 1.4))]
    interval, paid = np.array([0] * 10 + [3] * 10), np.array([True] * 8 + [False] * 2 + [True] * 5 + [False] * 5)
    found = agreed(periods, interval, paid)
    assert found.slopes == pytest.approx((0.6, 1.2))
    assert found.apply(np.array([0.8, 0.5]), np.array([0, 3])) == pytest.approx([0.8, 0.5]), "levels stay"
    assert logit(found.apply(np.array([0.9]), np.array([0]))) == pytest.approx(
        logit(0.8) + 0.6 * (logit(0.9) - logit(0.8))
    )


def test_without_later_periods_nothing_is_changed():
    p = np.array([0.01, 0.5, 0.99])
    found = agreed([], np.array([0]), np.array([True]))
    assert found.apply(p, np.array([0, 1, 7])) == pytest.approx(p)
