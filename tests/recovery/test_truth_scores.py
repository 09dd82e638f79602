"""The measure of chances against known truth: it tells good predictors from bad ones."""

from datetime import date, timedelta

import pytest

from riskpay.errors import NotThereError
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.truth import truth_test


@pytest.fixture(scope="module")
def found():
    return truth_test(synthesise(100, 14, seed=4), date(2025, 1, 1))


@pytest.mark.slow
def test_the_best_that_can_be_known_is_nearest_to_the_truth_and_one_share_for_all_is_farthest(found):
    distance = {name: scores.mean_abs_error for name, scores in found.predictors.items()}
    assert min(distance, key=distance.get) == "best"
    assert max(distance, key=distance.get) == "naive_constant"
    assert distance["model"] < distance["naive_mean"]


@pytest.mark.slow
def test_all_predictors_are_asked_about_the_same_items(found):
    assert len({(scores.happened.n, scores.happened.base_rate) for scores in found.predictors.values()}) == 1
    assert set(found.to_json()["predictors"]) == {"model", "naive_ratio", "naive_mean", "naive_constant", "best"}
    assert found.to_json()["until"] == "2025-02-28"


@pytest.mark.slow
def test_the_band_holds_about_nine_in_ten_true_chances(found):
    assert 0.8 < found.in_band < 0.97


@pytest.mark.slow
def test_no_record_of_customers_is_told_too_high_or_too_low(found):
    assert set(found.records) >= {"reliable", "occasional", "habitual"}
    assert all(abs(told.standard_errors) < 3 for told in found.records.values()), found.records
    assert sum(told.n for told in found.records.values()) == found.predictors["model"].happened.n


@pytest.mark.slow
def test_the_curve_lies_days_not_weeks_from_the_true_one(found):
    assert 0 < found.curve_error < 5
    assert found.to_json()["curve_error"] == pytest.approx(found.curve_error, abs=1e-6)


def test_a_cutoff_after_the_world_is_said():
    world = synthesise(5, 2, seed=1)
    with pytest.raises(NotThereError, match="no invoice issued from"):
        truth_test(world, world.as_of + timedelta(days=1))
