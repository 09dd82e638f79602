"""The closed form of the law of payment against a slow, obvious day-by-day reckoning."""

import itertools
import math

import numpy as np
import pytest

from riskpay.sources.synthetic.hazards import UNPAID, Effort, Intent, cumulative, sampled_intent, survival

DAYS = np.array([-3, 0, 6, 13, 30, 55, 90])


def effort(calls, reach, kappa=2.5, alpha=0.03, half_life=8.0):
    def one(value):
        return np.array([value], dtype=float)

    return Effort(np.array([calls]), np.array([reach], dtype=float), one(kappa), one(alpha), one(half_life))


def intent(mean=4.0, scale=5.0, issued=-30):
    return Intent(np.array([mean]), np.array([scale]), np.array([issued]))


def plain_hazard(who, day):
    def total(t):
        return math.log1p(math.exp((t - who.mean[0]) / who.scale[0]))

    return total(day) - total(day - 1)


def hazard(who, how, heard, day):
    """The hazard of one day, given which calls were heard."""
    base = 0.0 if who is None else plain_hazard(who, day)
    before = [call for call, hit in zip(how.days[0], heard, strict=True) if hit and call < day]
    if not before:
        return base
    d = 2.0 ** (-(day - 1 - max(before)) / how.half_life[0])
    return base * (1 + (how.kappa[0] - 1) * d) + how.alpha[0] * d


def slow_survival(who, how, day, issued):
    """Every pattern of heard calls, every day."""
    total = 0.0
    for heard in itertools.product((False, True), repeat=how.days.shape[1]):
        chance = math.prod(r if hit else 1 - r for r, hit in zip(how.reach[0], heard, strict=True))
        total += chance * math.exp(-sum(hazard(who, how, heard, u) for u in range(issued + 1, day + 1)))
    return total


@pytest.mark.parametrize("mean", [-20.0, -3.0, 4.0, 40.0])
@pytest.mark.parametrize("scale", [0.2, 3.0, 12.0])
def test_the_closed_form_is_the_day_by_day_sum_over_all_patterns_of_calls(mean, scale):
    who, how = intent(mean, scale), effort([9, 25, 45], [0.3, 0.5, 0.2])
    expected = [slow_survival(who, how, int(day), -30) for day in DAYS]
    assert survival(who, how, DAYS[None, :])[0] == pytest.approx(expected, abs=1e-9)


def test_a_forgotten_item_is_paid_only_after_a_call():
    how = effort([9, 25, 45], [0.3, 0.5, 0.2], alpha=0.1)
    curve = survival(None, how, DAYS[None, :])[0]
    assert curve == pytest.approx([slow_survival(None, how, int(day), -30) for day in DAYS], abs=1e-12)
    assert (curve[:3] == 1.0).all()
    assert curve[-1] < 0.8


def test_calls_that_reach_nobody_change_nothing():
    who = intent()
    expected = np.exp(-cumulative(who, DAYS))
    assert survival(who, effort([9, 25, 45], [0, 0, 0]), DAYS[None, :])[0] == pytest.approx(expected)


def test_no_intent_before_issue():
    assert cumulative(intent(issued=-30), np.array([-60, -30])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("mean", "forgotten"), [(4.0, False), (25.0, False), (4.0, True)])
def test_samples_follow_the_closed_form(mean, forgotten):
    n = 40_000
    rng = np.random.default_rng(7)
    how = effort([9, 25, 45], [0.4, 0.5, 0.6], alpha=0.08)
    who = intent(mean)
    many = np.zeros(n, dtype=np.intp)
    reached = rng.random((n, 3)) < how.reach
    day = sampled_intent(
        who.take(many), how.take(many), reached, rng.standard_exponential(n), np.full(n, forgotten), 240
    )
    expected = survival(None if forgotten else who, how, DAYS[None, :])[0]
    seen = (day[:, None] > DAYS).mean(axis=0)
    assert np.abs(seen - expected).max() < 4 * np.sqrt(0.25 / n)


def test_nothing_is_paid_beyond_the_horizon():
    who, how = intent(mean=500.0), effort([9, 25, 45], [0, 0, 0])
    never = np.zeros((1, 3), dtype=bool)
    assert sampled_intent(who, how, never, np.array([1.0]), np.array([False]), 240)[0] == UNPAID
