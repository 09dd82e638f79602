"""Measures of ripened answers against figures worked out by hand, and recovered from known truth."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from riskpay.model.by_customer import Estimate, mean_of
from riskpay.model.performance import calibration_slope, performance, trend


def ripe(p, happened, customers):
    n = len(p)
    return pl.DataFrame(
        {
            "as_of": [date(2024, 1, 1)] * n,
            "company_id": ["1"] * n,
            "customer_id": [f"C{c}" for c in customers],
            "p": np.asarray(p, dtype=float),
            "happened": np.asarray(happened, dtype=bool),
        }
    )


def drawn(n=4000, customers=200, seed=1, bold=1.0):
    """Answers whose log-odds are ``bold`` times the true ones."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-0.3, 1.2, n)
    happened = rng.random(n) < 1 / (1 + np.exp(-odds))
    return ripe(1 / (1 + np.exp(-bold * odds)), happened, rng.integers(0, customers, n))


def test_four_answers_by_hand():
    found = performance(ripe([0.2, 0.4, 0.6, 0.8], [False, True, True, True], [1, 1, 2, 2]))
    assert (found.n, found.customers) == (4, 2)
    assert (found.predicted, found.observed) == (pytest.approx(0.5), 0.75)
    assert found.gap.value == pytest.approx(0.25)
    assert found.ratio.value == pytest.approx(1.5)
    assert found.brier.value == pytest.approx((0.04 + 0.36 + 0.16 + 0.04) / 4)
    assert found.excess.value == pytest.approx(0.15 - (0.16 + 0.24 + 0.24 + 0.16) / 4)
    assert found.roc_auc == 1
    # Residuals -.2 .6 .4 .2 less their mean .25 add up to -.1 and .1: sqrt(2 (.01 + .01)) / 4.
    assert found.gap.error == pytest.approx(0.04**0.5 / 4)


def test_an_error_takes_customers_as_one():
    values = np.repeat([0.0, 1.0], 50)
    alone = mean_of(values, np.arange(100))
    together = mean_of(values, np.repeat(np.arange(4), 25))
    assert alone.error == pytest.approx(np.std(values, ddof=1) / 10)
    assert together.error == pytest.approx(np.std([0, 0, 1, 1], ddof=1) / 2)
    assert mean_of(values, np.zeros(100, dtype=np.int64)).error is None


def test_a_row_of_weight_two_is_two_rows():
    values, owners, weight = np.array([0.1, 0.7, 0.4]), np.array([4, 9, 4]), np.array([2.0, 1.0, 1.0])
    assert mean_of(values, owners, weight) == mean_of(values[[0, 0, 1, 2]], owners[[0, 0, 1, 2]])


def test_calibrated_answers_have_no_gap_no_excess_and_slope_one():
    found = performance(drawn(), ranked=False)
    for estimate, right in ((found.gap, 0), (found.ratio, 1), (found.excess, 0), (found.slope, 1)):
        assert abs(estimate.value - right) < 3 * estimate.error
    assert found.roc_auc_interval is None


def test_bold_answers_have_a_slope_below_one():
    found = performance(drawn(bold=2.0), ranked=False)
    assert found.slope.value == pytest.approx(0.5, abs=3 * found.slope.error)
    assert found.excess.surely_beyond(0, 3)


def test_the_errors_cover_the_truth():
    slopes = [performance(drawn(n=1000, seed=seed), ranked=False).slope for seed in range(150)]
    inside = [abs(slope.value - 1) < 1.96 * slope.error for slope in slopes]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize(
    ("p", "y"),
    [([0.5, 0.5, 0.5], [0, 1, 0]), ([0.2, 0.4, 0.6], [1, 1, 1]), ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])],
    ids=["one answer", "one outcome", "told apart without fail"],
)
def test_no_slope_where_none_can_be_measured(p, y):
    assert calibration_slope(np.array(p), np.array(y, dtype=float), np.arange(len(p))) is None


def test_without_answers_there_is_nothing():
    assert performance(drawn().clear()) is None


def test_the_interval_of_the_ranking_holds_it():
    found = performance(drawn())
    low, high = found.roc_auc_interval
    assert low < found.roc_auc < high


def test_a_trend_is_a_line_weighted_by_errors():
    # A gap of 0, .01 and .02 in the months that are known well; one that is hardly known hardly counts.
    found = trend([Estimate(0.0, 0.01), Estimate(0.01, 0.01), Estimate(0.02, 0.01), Estimate(9.0, 100.0)])
    assert found.value == pytest.approx(0.01, abs=1e-4)
    assert found.error == pytest.approx(0.01 / 2**0.5, rel=0.01)
    assert trend([Estimate(0.0, 0.01), Estimate(0.01, 0.01), Estimate(1.0, None)]) is None


@pytest.mark.parametrize(
    ("value", "error", "said"), [(0.05, 0.01, True), (0.05, 0.02, False), (0.01, 0.001, False), (0.05, None, False)]
)
def test_beyond_a_bound_and_beyond_chance(value, error, said):
    assert Estimate(value, error).surely_beyond(0.02, 3) == said


def test_the_json_is_rounded_and_plain():
    told = performance(drawn()).to_json()
    assert told["gap"].keys() == {"value", "error"}
    assert isinstance(told["roc_auc_interval"], list)
    assert told["brier"]["value"] == round(told["brier"]["value"], 6)
