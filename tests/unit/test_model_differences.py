"""Differences of measures over weighted customers, held equal to the slow way that draws rows."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from riskpay.model.differences import MEASURES, differences, intervals, measures
from riskpay.model.evaluation import bootstrap, brier, paired, roc_auc

DRAWS = 40


def asked(seed, n=80, digits=1):
    """What happened, two predictors with many ties, and customers of unlike size."""
    rng = np.random.default_rng(seed)
    happened = rng.random(n) < 0.4
    p = np.round(np.clip(0.3 + 0.3 * happened + rng.normal(0, 0.2, n), 0, 1), digits)
    other = np.round(np.clip(p + rng.normal(0, 0.1, n), 0, 1), digits)
    return happened, p, other, rng.integers(0, 12, n) ** 2


@pytest.mark.parametrize("seed", range(6))
def test_the_fast_way_gives_what_drawing_rows_gives(seed):
    happened, p, other, customers = asked(seed)
    found = differences(happened, p, other, customers, DRAWS)
    for name, measure in (("brier", brier), ("roc_auc", roc_auc)):
        assert found[name].change == pytest.approx(measure(happened, p) - measure(happened, other))
        ends = paired(happened, p, other, customers, measure, DRAWS)
        assert (found[name].low, found[name].high) == pytest.approx(ends)


@pytest.mark.parametrize("seed", range(3))
def test_intervals_are_those_of_drawing_rows(seed):
    happened, p, other, customers = asked(seed)
    own, less = intervals(happened, p, other, customers, DRAWS)
    for name, measure in (("brier", brier), ("roc_auc", roc_auc)):
        assert own[name] == pytest.approx(bootstrap(happened, p, customers, measure, DRAWS))
        assert less[name] == pytest.approx(paired(happened, p, other, customers, measure, DRAWS))


def test_the_log_loss_is_that_of_the_books_and_certainty_that_fails_costs_a_finite_sum():
    happened, p, _, _ = asked(3, digits=6)
    inside = np.clip(p, 0.01, 0.99)
    assert measures(happened, inside)["log_loss"] == pytest.approx(log_loss(happened, inside))
    assert 20 < measures(np.array([True]), np.array([0.0]))["log_loss"] < 21


def test_a_predictor_differs_from_itself_by_nothing():
    happened, p, _, customers = asked(5)
    assert {tuple(d.to_json().values()) for d in differences(happened, p, p, customers).values()} == {(0.0, 0.0, 0.0)}


def test_what_cannot_be_measured_is_none():
    nothing = np.empty(0)
    empty = differences(nothing.astype(bool), nothing, nothing, nothing.astype(np.int64))
    assert {found.change for found in empty.values()} == {None}
    assert measures(nothing.astype(bool), nothing) == dict.fromkeys(MEASURES)
    assert (
        intervals(nothing.astype(bool), nothing, nothing, nothing.astype(np.int64), DRAWS)
        == (dict.fromkeys(MEASURES),) * 2
    )
    p = np.array([0.2, 0.4])
    alike = differences(np.array([True, True]), p, p, np.array([0, 1]))
    assert alike["roc_auc"].to_json() == {"change": None, "low": None, "high": None}
    assert alike["brier"].change == 0
