"""The value of a call against a slow reckoning by hand, and its properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.decisions.call_value import CHUNK, ContactResponse, call_terms
from riskpay.decisions.policy_file import load_policy

POLICY = load_policy("grace_days: 0")
RULES = POLICY.call_value


def _response(kappa: float, alpha: float, half_life: float, n: int = 1) -> ContactResponse:
    return ContactResponse(np.full(n, kappa), np.full(n, alpha), np.full(n, half_life))


def _curve(daily: float) -> np.ndarray:
    return np.exp(-daily * np.arange(181))[None, :]


def _by_hand(amount: float, curve: list[float], kappa: float, alpha: float, half_life: float, tau: int) -> list[float]:
    """The formula day by day."""
    usual, called = [curve[0]], [curve[0]]
    for day in range(1, 181):
        hazard = 1 - curve[day] / curve[day - 1]
        fade = 2 ** (-(day - tau) / half_life) if day >= tau else 0.0
        usual.append(curve[day])
        called.append(called[-1] * (1 - min(1.0, hazard * (1 + (kappa - 1) * fade) + alpha * fade)))
    gained = [one - other for one, other in zip(usual, called, strict=True)]
    days = sum((gained[t - 1] + gained[t]) / 2 for t in range(1, RULES.horizon_days + 1))
    return [
        amount * gained[RULES.horizon_days],
        amount * RULES.cost_of_money / 365 * days,
        amount * RULES.lgd * gained[RULES.loss_horizon_days],
    ]


@pytest.mark.parametrize("tau", [0, 4])
@pytest.mark.parametrize(("kappa", "alpha"), [(1.5, 0.0), (1.0, 0.01), (2.5, 0.02)])
def test_the_terms_are_the_formula(kappa, alpha, tau):
    rules = RULES.model_copy(update={"contact_day": tau})
    found = call_terms(np.array([100_000.0]), _curve(0.03), _response(kappa, alpha, 7.0), rules)[0]
    assert found == pytest.approx(_by_hand(100_000.0, _curve(0.03)[0].tolist(), kappa, alpha, 7.0, tau), rel=1e-9)


def test_no_response_brings_exactly_nothing():
    curve = np.random.default_rng(1).uniform(0.9, 1.0, (50, 181)).cumprod(axis=1).astype(np.float32)
    assert not call_terms(np.full(50, 1e6), curve, _response(1.0, 0.0, 7.0, 50), RULES).any()


def test_weights_scale_their_terms():
    rules = load_policy("call_value: {weights: {extra_cash: 2, cash_days: 0, loss_avoided: 3}}").call_value
    one = call_terms(np.array([1000.0]), _curve(0.02), _response(1.5, 0.01, 7.0), RULES)[0]
    other = call_terms(np.array([1000.0]), _curve(0.02), _response(1.5, 0.01, 7.0), rules)[0]
    assert other == pytest.approx(one * [2, 0, 3])


def test_an_item_without_a_score_brings_nothing():
    curves = np.concatenate([_curve(0.02), np.full((1, 181), np.nan)])
    terms = call_terms(np.array([100.0, 100.0]), curves, _response(1.5, 0.01, 7.0, 2), RULES)
    assert terms[0].all()
    assert not terms[1].any()


def test_a_curve_that_ends_in_nought_and_one_that_never_moves():
    done = np.zeros((1, 181))
    done[0, :3] = 1.0
    for curve in (done, np.ones((1, 181)), np.zeros((1, 181))):
        terms = call_terms(np.array([100.0]), curve, _response(3.0, 0.0, 7.0), RULES)
        assert np.isfinite(terms).all()
        assert (terms >= 0).all()


def test_chunks_do_not_change_the_figures():
    n = CHUNK + 7
    curves = np.repeat(_curve(0.02), n, axis=0)
    terms = call_terms(np.full(n, 10.0), curves, _response(1.5, 0.01, 7.0, n), RULES)
    assert np.ptp(terms, axis=0) == pytest.approx(0.0)


@given(
    amount=st.floats(0, 1e12),
    more=st.floats(0, 1e12),
    daily=st.floats(0, 0.5),
    kappa=st.floats(1, 10),
    alpha=st.floats(0, 1),
    half_life=st.floats(0.5, 60),
)
def test_a_larger_amount_never_lowers_the_value(amount, more, daily, kappa, alpha, half_life):
    amounts = np.array([amount, amount + more])
    response = _response(kappa, alpha, half_life, 2)
    small, large = call_terms(amounts, np.repeat(_curve(daily), 2, axis=0), response, RULES).sum(axis=1)
    assert large >= small >= 0


@given(daily=st.floats(0, 0.5), kappa=st.floats(1, 9), alpha=st.floats(0, 0.5), half_life=st.floats(0.5, 60))
def test_a_stronger_response_never_lowers_the_value(daily, kappa, alpha, half_life):
    def value(k: float, a: float) -> float:
        return call_terms(np.array([1000.0]), _curve(daily), _response(k, a, half_life), RULES).sum()

    assert value(kappa + 1, alpha) >= value(kappa, alpha) - 1e-9
    assert value(kappa, alpha + 0.1) >= value(kappa, alpha) - 1e-9
