"""The gate's rules, one by one, on questions made by hand: what passes, what fails, and in which words."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.model.champions import Version
from riskpay.model.differences import Difference, brier_difference, differences
from riskpay.model.freshness import check_freshness
from riskpay.model.gate import (
    Finding,
    GateRules,
    Held,
    Verdict,
    against_champion,
    against_naive,
    any_held,
    by_segment,
)
from riskpay.model.gate_calibration import calibration_error, level, level_miss, luck
from riskpay.model.recipe import recipe_of
from riskpay.model.suspects import Learnt, check_labels, telling
from riskpay.model.training import TrainSettings
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.gate import relation_to

RULES = GateRules(
    min_brier_gain=0.0,
    min_champion_gain=0.001,
    max_brier_loss=0.005,
    max_segment_loss=0.02,
    min_segment_questions=100,
    max_level_error=0.05,
    max_ece=0.05,
    max_feature_auc=0.97,
    max_data_age_days=14,
    min_recent_volume=0.5,
)
N, CUSTOMERS = 6000, 150


def drawn(seed=1):
    """True chances, what happened, and whose questions they are."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.05, 0.95, N)
    return truth, rng.uniform(size=N) < truth, rng.integers(0, CUSTOMERS, N)


def held(model=None, champion=None, segments=None, naive=0.5, seed=1):
    """Questions whose chances ``model`` and ``champion`` know up to a blur; the naive ratio says one share of all."""
    truth, happened, customers = drawn(seed)
    p = truth if model is None else model(truth)
    rival = None if champion is None else champion(truth)
    names = np.full(N, "all") if segments is None else segments
    return Held(happened, customers, names, p, np.full(N, naive), rival)


def blurred(by, seed=3):
    """The true chances, each off by up to ``by``."""
    return lambda truth: np.clip(truth + np.random.default_rng(seed).uniform(-by, by, N), 0.01, 0.99)


def test_a_verdict_promotes_only_if_every_rule_was_passed_and_there_was_one():
    passed, failed = Finding("naive", passed=True, said="good"), Finding("ece", passed=False, said="bad")
    assert Verdict((passed,)).promoted
    assert not Verdict(()).promoted
    both = Verdict((passed, failed), ("a note",))
    assert (both.promoted, both.failed, both.why) == (False, ("ece",), ("passed: good", "failed: bad", "a note"))


def test_brier_differences_are_those_of_the_slower_function():
    truth, happened, customers = drawn()
    other = blurred(0.3)(truth)
    fast, slow = (brier_difference(happened, truth, other, customers), differences(happened, truth, other, customers))
    assert fast.to_json() == slow["brier"].to_json()


@pytest.mark.parametrize(
    ("difference", "below", "above", "ruled_out"),
    [
        (Difference(-0.02, -0.03, -0.01), True, False, True),
        (Difference(-0.02, -0.05, 0.01), False, False, False),
        (Difference(-0.0005, -0.0009, -0.0001), False, False, True),
        (Difference(0.02, 0.01, 0.03), False, True, False),
        (Difference(0.004, 0.003, 0.0049), False, False, True),
        (Difference(None, None, None), False, False, False),
        (Difference(0.02, None, None), False, False, False),
    ],
)
def test_a_difference_counts_beyond_its_bound_and_where_its_interval_excludes_zero(difference, below, above, ruled_out):
    told = difference.shows_below(-0.001), difference.shows_above(0.005), difference.rules_out(0.005)
    assert told == (below, above, ruled_out)


def test_nothing_held_back_is_not_tested():
    empty = Held(*(np.empty(0, dtype=kind) for kind in (bool, np.int64, np.str_, float, float)))
    assert not any_held(empty).passed
    assert "load more history" in any_held(empty).said
    assert any_held(held()).passed


def test_the_naive_ratio_must_be_beaten_beyond_luck_and_margin():
    good = held()
    assert against_naive(good, RULES).passed
    assert not against_naive(good, replace(RULES, min_brier_gain=0.2)).passed
    alike = held(lambda truth: 0.501 + 0.0 * truth)
    assert not against_naive(alike, RULES).passed
    assert "95 % by customers" in against_naive(alike, RULES).said


@pytest.mark.parametrize(("customers", "passed"), [(1, False), (4, False), (5, True)])
def test_few_customers_do_not_tell_a_gain_from_luck(customers, passed):
    """One customer drawn again and again is always the same: its interval would be a point, and any gain sure."""
    truth, happened, _ = drawn()
    few = Held(happened, np.arange(N) % customers, np.full(N, "all"), truth, np.full(N, 0.5), np.full(N, 0.5))
    assert against_naive(few, RULES).passed is passed
    assert against_champion(few, "other", RULES).passed is passed
    if not passed:
        assert "too few customers to tell it from luck" in against_naive(few, RULES).said


def test_a_segment_of_one_customer_fails_no_challenger():
    truth, happened, customers = drawn()
    lone = customers == customers[0]
    found = Held(happened, customers, np.where(lone, "lone", "rest"), np.where(lone, 1 - truth, truth), truth)
    assert by_segment(found, replace(RULES, min_segment_questions=1)).passed


def test_without_a_champion_nothing_is_compared():
    assert against_champion(held(), "other", RULES) is None


@pytest.mark.parametrize(
    ("relation", "model", "champion", "passed"),
    [
        ("other", 0.0, 0.3, True),
        ("other", 0.1, 0.1, False),
        ("refresh", 0.1, 0.1, True),
        ("refresh", 0.02, 0.0, True),
        ("refresh", 0.3, 0.0, False),
        ("aged", 0.02, 0.0, True),
        ("aged", 0.3, 0.0, False),
        ("prior", 0.1, 0.1, True),
    ],
)
def test_another_recipe_must_be_better_a_refresh_no_worse(relation, model, champion, passed):
    found = against_champion(held(blurred(model), blurred(champion)), relation, RULES)
    assert found.passed == passed
    words = {"other": "another recipe", "refresh": "a refresh", "aged": "an aged champion", "prior": "a prior model"}
    assert words[relation] in found.said


def champion(recipe="r", day=date(2024, 6, 3), kind="hazard"):
    return Version("1", day, "run", created_at=None, kind=kind, recipe=recipe)


@pytest.mark.parametrize(
    ("there", "relation"),
    [
        (None, "other"),
        (champion(), "refresh"),
        (champion(recipe="s"), "other"),
        (champion(recipe="s", day=date(2024, 1, 1)), "aged"),
        (champion(day=date(2024, 1, 1)), "aged"),
        (champion(kind="prior"), "prior"),
    ],
)
def test_how_a_challenger_stands_to_the_champion(there, relation):
    assert relation_to(there, "r", date(2024, 6, 10), timedelta(days=90)) == relation


def test_a_recipe_is_settings_and_kind_and_not_how_many_threads_grow_it():
    settings = TrainSettings()
    own = recipe_of(settings, "hazard")
    assert own == recipe_of(replace(settings, hazard=replace(settings.hazard, threads=7), min_settled=5), "hazard")
    others = {
        recipe_of(settings, "prior"),
        recipe_of(replace(settings, lag_days=5), "hazard"),
        recipe_of(replace(settings, without=frozenset({"terms_days"})), "hazard"),
        recipe_of(replace(settings, hazard=replace(settings.hazard, leaves=9)), "hazard"),
        recipe_of(replace(settings, features=replace(settings.features, disputes=True)), "hazard"),
    }
    assert len(others) == 5
    assert own not in others


def by_size(large, small):
    return np.array(["large"] * large + ["small"] * small)


def test_one_segment_worse_beyond_bound_and_luck_fails_and_is_named():
    names = np.where(np.arange(N) % 10 == 0, "turned", "kept")
    turned = held(lambda truth: np.where(names == "turned", 1.0 - truth, truth), blurred(0.05), names)
    found = by_segment(turned, RULES)
    assert not found.passed
    assert "turned (600 questions" in found.said
    assert "kept (" not in found.said
    assert by_segment(held(blurred(0.05), blurred(0.05, seed=4), names), RULES).passed


def test_small_segments_are_not_looked_at_and_without_any_there_is_no_finding():
    names = by_size(N - 99, 99)
    wrong_in_small = held(lambda truth: np.where(names == "small", 1.0 - truth, truth), None, names)
    assert by_segment(wrong_in_small, RULES).passed
    assert by_segment(held(), replace(RULES, min_segment_questions=N + 1)) is None


def test_a_level_that_is_off_fails_beyond_bound_and_three_standard_errors():
    assert level(held(), RULES).passed
    assert level(held(lambda truth: np.clip(truth + 0.04, 0, 1)), RULES).passed
    off = level(held(lambda truth: np.clip(truth + 0.12, 0, 1)), RULES)
    assert not off.passed
    assert "mean chance" in off.said


def test_a_level_that_one_customer_makes_is_luck():
    """A single customer is half of the questions: how far off it is says little of the rest."""
    truth, happened, customers = drawn()
    lone = np.arange(N) < N // 2
    happened = np.where(lone, truth < 0.2, happened)
    found = Held(happened, np.where(lone, CUSTOMERS + 1, customers), np.full(N, "all"), truth, truth)
    miss, error = level_miss(found.model - found.happened, found.customers)
    assert miss > 0.1
    assert miss < 3 * error
    assert level(found, RULES).passed


def test_standard_errors_by_customers_are_those_of_draws():
    """Customers with an own level of lateness: the error by rows would be far too small."""
    rng = np.random.default_rng(5)
    customers = rng.integers(0, CUSTOMERS, N)
    residual = rng.normal(0, 0.2, CUSTOMERS)[customers] + rng.normal(0, 0.3, N)
    sums, counts = np.bincount(customers, weights=residual), np.bincount(customers)
    picks = rng.integers(0, CUSTOMERS, size=(4000, CUSTOMERS))
    drawn_means = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    assert level_miss(residual, customers)[1] == pytest.approx(drawn_means.std(), rel=0.06)
    assert level_miss(residual, np.zeros(N, dtype=int))[1] == np.inf


def test_a_calibration_error_fails_beyond_bound_and_luck():
    assert calibration_error(held(), RULES).passed
    too_sure = held(lambda truth: np.where(truth > 0.5, 0.98, 0.02))
    assert not calibration_error(too_sure, RULES).passed
    assert not calibration_error(too_sure, replace(RULES, max_ece=0.1)).passed
    assert calibration_error(too_sure, replace(RULES, max_ece=0.6)).passed


def test_a_calibrated_model_stays_below_luck_nearly_always():
    found = [held(seed=seed) for seed in range(40)]
    beyond = sum(not calibration_error(one, replace(RULES, max_ece=0.0)).passed for one in found)
    assert beyond <= 1
    assert 0.005 < np.mean([luck(one) for one in found]) < 0.06


def test_labels_that_were_shuffled_are_named_and_a_weak_model_is_not_accused():
    truth, happened, _ = drawn()
    naive = blurred(0.5)(truth)
    random = np.random.default_rng(9).permutation(truth)
    weak = blurred(0.9)(truth)
    assert not check_labels(Learnt(happened, random, naive)).passed
    assert check_labels(Learnt(happened, random, naive)).said.startswith("shuffled labels:")
    assert check_labels(Learnt(happened, weak, naive)).passed
    assert check_labels(Learnt(happened, truth, naive)).passed
    assert check_labels(Learnt(np.ones(N, dtype=bool), truth, naive)) is None


@pytest.mark.parametrize("told", [lambda h: h, lambda h: ~h])
def test_a_feature_that_tells_the_outcome_alone_is_named_either_way_round(told):
    truth, happened, _ = drawn()
    frame = pl.DataFrame({"honest": truth, "leaked": told(happened).astype(float), "unread": happened.astype(float)})
    assert telling(frame, happened, truth, {"honest", "leaked"}, 0.97) == ["leaked"]


def test_what_is_not_known_of_the_unpaid_tells_too():
    """Days late that only what is paid has: null for most of the late ones."""
    truth, happened, _ = drawn()
    days = pl.Series(np.where(happened, 5.0, -5.0)).set(pl.Series(happened & (np.arange(N) % 3 > 0)), None)
    assert telling(pl.DataFrame({"leaked": days}), happened, truth, {"leaked"}, 0.97) == ["leaked"]


def test_where_customers_never_vary_a_telling_feature_is_no_leak():
    _, happened, _ = drawn()
    frame = pl.DataFrame({"late_share": happened * 0.8 + 0.1})
    assert telling(frame, happened, happened * 0.6 + 0.2, {"late_share"}, 0.97) == []


@pytest.fixture(scope="module")
def world():
    return synthesise(60, 8, seed=4)


def fresh(ledger, as_of):
    return check_freshness(ledger.known(as_of, "start"), as_of, RULES)


def without_payments(ledger, lost):
    """The ledger as if ``lost`` of its payments, and what they were applied to, had never come."""
    kept = ledger.payments.filter(~lost)
    applied = pl.col("source_id").is_in(kept["payment_id"].implode()) | (pl.col("source_type") != "payment")
    return ledger.with_tables(payments=kept, allocations=ledger.allocations.filter(applied))


def test_data_that_reach_up_to_the_day_are_fresh(world):
    for back in (0, 40, 100):
        assert fresh(world.ledger, world.as_of - timedelta(days=back)).passed


def test_training_long_after_the_newest_fact_is_stale(world):
    found = fresh(world.ledger, world.as_of + timedelta(days=30))
    assert not found.passed
    assert found.said.startswith("stale data: the newest payment")
    assert "the newest invoice" in found.said


def test_a_bank_feed_that_stopped_is_stale_though_invoices_came(world):
    stopped = without_payments(world.ledger, pl.col("known_on") > world.as_of - timedelta(days=35))
    found = fresh(stopped, world.as_of)
    assert "stale data: the newest payment" in found.said
    assert "the newest invoice" not in found.said


def test_a_bank_feed_that_lost_most_of_its_payments_is_stale(world):
    recent = pl.col("known_on") > world.as_of - timedelta(days=28)
    lost = recent & (pl.col("payment_id").hash(1) % 10 < 7)
    assert (
        "payments became known in the last 28 days, usually"
        in fresh(without_payments(world.ledger, lost), world.as_of).said
    )


def test_a_legal_entity_whose_feed_stopped_is_named(world):
    companies = world.ledger.payments.group_by("company_id").len().sort("len")["company_id"].to_list()
    quiet = companies[-1]
    lost = (pl.col("company_id") == quiet) & (pl.col("known_on") > world.as_of - timedelta(days=60))
    assert f"of company {quiet} became known" in fresh(without_payments(world.ledger, lost), world.as_of).said
