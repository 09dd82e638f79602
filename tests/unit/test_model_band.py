"""The band of a chance: its width by what is known of the customer, and the part of it that later periods show."""

import numpy as np
import polars as pl
import pytest

from riskpay.model.band import LEAST, SUPPORT, TRUTH, Band, fit_band
from riskpay.model.hindsight import Hindsight


def decided(customers, items, ratio, seed, support=50, p=0.4):
    """Items of customers whose own chance is drawn about ``p`` with the ratio (beta law)."""
    rng = np.random.default_rng(seed)
    strength = 1.0 / ratio - 1.0 if ratio else np.inf
    own = rng.beta(p * strength, (1 - p) * strength, customers) if ratio else np.full(customers, p)
    late = rng.random((customers, items)) < own[:, None]
    n = customers * items
    rows = pl.DataFrame(
        {
            "company_id": ["1"] * n,
            "customer_id": np.repeat(np.arange(customers), items).astype(str),
            "at_issue": [True] * n,
            "settled_count": [support] * n,
            "late_share": [p] * n,
            "at": [-30] * n,
            "p_late": [p] * n,
            "paid_in": [1] * n,
            "watched": [400] * n,
            "late": late.ravel(),
        }
    )
    return Hindsight(rows, np.ones((n, 181), dtype=np.float32))


def test_the_variance_is_a_share_of_p_times_one_less_p():
    low, high = Band((0.1,) * 5).around(np.array([0.5, 0.1, 0.0, 1.0]), np.array([5, 5, 0, 0]))
    half = 1.2816 * np.sqrt(0.1 * 0.25)
    assert (low[0], high[0]) == pytest.approx((0.5 - half, 0.5 + half))
    assert low[1] == 0.0, "a chance is never below 0"
    assert (low[2:].tolist(), high[2:].tolist()) == ([0.0, 1.0], [0.0, 1.0]), "a fact has no width"


@pytest.mark.parametrize(("support", "place"), [(0, 0), (2, 0), (3, 1), (29, 2), (100, 4), (5000, 4)])
def test_the_width_goes_by_settled_items(support, place):
    _, high = Band(TRUTH).around(np.array([0.5]), np.array([support]))
    assert high[0] == pytest.approx(0.5 + 1.2816 * np.sqrt(TRUTH[place] * 0.25))


@pytest.mark.parametrize("ratio", [0.15, 0.4])
def test_what_customers_share_is_found(ratio):
    found = fit_band(decided(800, 12, ratio, seed=1)).ratios
    assert found[SUPPORT.index(30)] == pytest.approx(ratio, abs=0.04)


def test_customers_that_pay_as_told_leave_what_worlds_of_known_truth_show():
    assert fit_band(decided(800, 12, 0.0, seed=2)) == Band(TRUTH)


def test_less_support_is_never_surer():
    ratios = fit_band(decided(800, 12, 0.5, seed=3, support=200)).ratios
    assert ratios == tuple(sorted(ratios, reverse=True))
    assert min(ratios) == pytest.approx(0.5, abs=0.05)


def test_few_customers_say_nothing():
    assert fit_band(decided(LEAST - 1, 12, 0.6, seed=4)) == Band(TRUTH)


def test_a_large_customer_does_not_decide_alone():
    many, giant = decided(400, 6, 0.0, seed=5), decided(1, 3000, 0.0, seed=6)
    rows = giant.rows.with_columns(customer_id=pl.lit("giant"), late=pl.lit(value=True))
    both = Hindsight(pl.concat([many.rows, rows]), np.ones((many.rows.height + 3000, 181), dtype=np.float32))
    alone = fit_band(many).ratios[3]
    assert fit_band(both).ratios[3] < 1.0
    assert alone == TRUTH[3]


def test_undecided_items_and_those_asked_later_do_not_count():
    found = decided(800, 12, 0.4, seed=7)
    blank = Hindsight(found.rows.with_columns(late=pl.lit(None, pl.Boolean)), found.unpaid)
    later = Hindsight(found.rows.with_columns(at_issue=pl.lit(value=False)), found.unpaid)
    assert fit_band(blank) == fit_band(later) == Band(TRUTH)
