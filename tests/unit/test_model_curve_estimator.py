"""Late chances and curves on questions: scikit-learn's tools accept the estimator, and it is riskpay's own model."""

import pickle
from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks as checks

from riskpay.features.labels import Grid, decided, intervals_from
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model import hazard
from riskpay.model.answered import answered, later_parts
from riskpay.model.columns import READ
from riskpay.model.curve_estimator import PaymentCurveEstimator
from riskpay.model.hazard import HazardSettings
from riskpay.model.payment_outcomes import payment_outcomes
from riskpay.model.training import TrainSettings, ask_landmarks, fit_model, training_rows
from riskpay.sources.synthetic.world import synthesise

BEFORE = date(2024, 12, 1)


def questions(number=1500, seed=1):
    """Items asked at their issue day or past due, in order of that day: (features, y, when each was truly paid in days from due)."""
    rng = np.random.default_rng(seed)
    tends = rng.random(number)
    asked = np.sort(rng.integers(0, 300, number))
    at = np.where(rng.random(number) < 0.7, -30, 5)
    paid = np.maximum(rng.geometric(1 / (1 + 20 * tends)) - 6, at + 1)
    due = np.datetime64("2024-01-15") + asked - at
    settled = due + paid
    y = payment_outcomes(
        due, np.where(settled < np.datetime64(BEFORE), settled, np.datetime64("NaT")), BEFORE, lag_days=2
    )
    x = pd.DataFrame({"days_from_due": at, "tends": tends, "noise [%]": rng.random(number)})
    x.loc[rng.random(number) < 0.1, "noise [%]"] = np.nan
    return x, y, paid


@pytest.fixture(scope="module")
def asked():
    return questions()


@pytest.fixture(scope="module")
def model(asked):
    x, y, _ = asked
    return PaymentCurveEstimator(rounds=60, lag_days=2).fit(x, y)


@pytest.mark.parametrize(
    "check",
    [
        checks.check_parameters_default_constructible,
        checks.check_no_attributes_set_in_init,
        checks.check_do_not_raise_errors_in_init_or_set_params,
        checks.check_get_params_invariance,
        checks.check_set_params,
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_valid_tag_types,
    ],
)
def test_scikit_learns_contract_holds_where_it_needs_no_y_of_its_own(check):
    check("PaymentCurveEstimator", PaymentCurveEstimator())


def test_it_tells_who_is_late_and_when_they_pay(asked, model):
    x, y, _ = asked
    fresh, later, truth = questions(seed=9)
    assert model.score(x, y) > 0.2
    assert model.score(fresh, later) > 0.15
    at_issue = (fresh.days_from_due < 0).to_numpy()
    said, true = model.predict_proba(fresh)[at_issue, 1], truth[at_issue] > 0
    assert said.mean() == pytest.approx(true.mean(), abs=0.05)
    unpaid = model.predict_curve(fresh[at_issue], [44])[:, 0]
    assert unpaid.mean() == pytest.approx((truth[at_issue] > 14).mean(), abs=0.05)


def test_chances_and_curve_agree_and_the_curve_falls(asked, model):
    at_issue = asked[0][asked[0].days_from_due < 0]
    curve = model.predict_curve(at_issue)
    assert curve.shape == (len(at_issue), 181)
    assert (curve[:, 0] == 1).all()
    assert (np.diff(curve, axis=1) <= 1e-6).all()
    for late, day in ((0, 30), (30, 60)):
        assert curve[:, day] == pytest.approx(model.predict_proba(at_issue, days_late=late)[:, 1], abs=1e-5)
    assert np.array_equal(model.predict_curve(at_issue, [7, 500]), curve[:, [7, 180]])
    day = model.predict_pay_day(at_issue, 0.5)
    there = np.isfinite(day)
    assert (curve[there, day[there].astype(int)] <= 0.5).all()
    assert (curve[there, day[there].astype(int) - 1] > 0.5).all()
    assert np.array_equal(model.predict(at_issue), model.predict_proba(at_issue)[:, 1] > 0.5)


def test_a_question_past_due_is_late_and_counts_not_in_the_score(asked, model):
    x, y, _ = asked
    past = (x.days_from_due > 0).to_numpy()
    assert (model.predict_proba(x)[past, 1] == 1).all()
    assert model.score(x, y) == model.score(x[~past], y[~past])
    with pytest.raises(ValueError, match="no question was asked and decided"):
        model.score(x[past], y[past])


def test_in_a_pipeline_in_a_search_and_over_time(asked):
    x, y, _ = asked
    for container in ("pandas", "polars"):
        prepared = make_column_transformer(
            (SimpleImputer(), ["noise [%]"]), remainder="passthrough", verbose_feature_names_out=False
        ).set_output(transform=container)
        pipeline = make_pipeline(prepared, PaymentCurveEstimator(rounds=30, ends=(0, 7, 30)))
        scores = cross_val_score(pipeline, x, y, cv=TimeSeriesSplit(3, gap=50))
        assert (scores > 0.05).all()
    found = GridSearchCV(
        pipeline, {"paymentcurveestimator__learning_rate": [1e-6, 0.1]}, cv=TimeSeriesSplit(2), error_score="raise"
    ).fit(x, y)
    assert found.best_params_ == {"paymentcurveestimator__learning_rate": 0.1}
    assert found.score(x, y) > 0.2


def test_score_lets_permutations_say_what_counts(asked, model):
    x, y, _ = asked
    moved = permutation_importance(model, x, y, n_repeats=2, random_state=1).importances_mean
    assert moved[1] > 5 * abs(moved[2])


def test_clones_pickles_and_other_containers_say_the_same(asked, model):
    x, y, _ = asked
    told = model.predict_curve(x, [7, 30])
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_curve(x, [7, 30]), told)  # noqa: S301 - our own
    assert np.array_equal(clone(model).fit(pl.from_pandas(x), y).predict_curve(pl.from_pandas(x), [7, 30]), told)
    bare = clone(model).set_params(days_from_due=0).fit(x.to_numpy(), y)
    assert np.array_equal(bare.predict_curve(x.to_numpy(), [7, 30]), told)


def test_questions_of_weight_zero_count_for_nothing(asked):
    x, y, _ = asked
    half = np.arange(len(x)) % 2 == 0
    few = PaymentCurveEstimator(rounds=10)
    left_out = clone(few).fit(x[half], y[half])
    weightless = clone(few).fit(x, y, sample_weight=half.astype(float))
    assert np.array_equal(left_out.predict_curve(x, [30]), weightless.predict_curve(x, [30]))
    assert left_out.shape_ == weightless.shape_


def test_without_days_known_nothing_is_held_back(asked):
    x, y, _ = asked
    event = np.empty(len(y), dtype=[("event", bool), ("time", float)])
    event["event"], event["time"] = y["paid"], y["days_late"]
    model = PaymentCurveEstimator(rounds=20).fit(x, event)
    assert model.rounds_ == (20, 20)
    assert model.calibration_.slopes == (1.0, 1.0)


def test_later_parts_are_judged_by_what_was_decided_before_them(asked):
    x, y, _ = asked
    frame = pl.DataFrame({"at": pl.Series(x["days_from_due"], dtype=pl.Int32), "weight": 1.0})
    told = answered(frame.with_row_index("question"), y)
    lag, parts = 2, list(later_parts(told, Grid(), 0.1, 3, 2))
    assert len(parts) == 3
    for part in parts:
        early, later = part.early, part.later
        start = later["moment"].min()
        assert early["moment"].max() < start
        # All days are told from the last known one; an interval ends at the due date and interval_end.
        ends = early["moment"] - early["at"] + early["interval_end"] + lag
        assert ends.max() < start
    starts = [part.later["moment"].min() for part in parts]
    assert starts == sorted(starts, reverse=True)
    assert not set(parts[0].later["question"]) & set(parts[1].later["question"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: pd.DataFrame(StandardScaler().fit_transform(x), columns=x.columns), "let it pass unscaled"),
        (lambda x: x.rename(columns={"days_from_due": "at"}), "days_from_due='days_from_due' is no column of X"),
        (lambda x: x.assign(days_from_due=np.nan), "expected whole numbers"),
        (lambda x: x.assign(days_from_due=60), "both kinds are needed"),
    ],
)
def test_questions_without_usable_days_are_refused(asked, change, message):
    x, y, _ = asked
    with pytest.raises(ValueError, match=message):
        PaymentCurveEstimator(rounds=5).fit(change(x), y)


def test_wrong_use_is_told(asked, model):
    x, y, _ = asked
    with pytest.raises(NotFittedError):
        PaymentCurveEstimator().predict_proba(x)
    with pytest.raises(ValueError, match="expected one of the interval ends 0, 3, 7"):
        model.predict_proba(x, days_late=10)
    with pytest.raises(ValueError, match="0 or more"):
        model.predict_curve(x, [-1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        PaymentCurveEstimator().fit(x, y[:-1])
    on_time = y.copy()
    on_time["paid"], on_time["days_late"] = True, -1
    with pytest.raises(ValueError, match="both kinds are needed"):
        PaymentCurveEstimator().fit(x, on_time)


@pytest.fixture(scope="module")
def ledger():
    """A synthetic ledger's landmark questions: (world, what was asked, features, y, weights, settings)."""
    world = synthesise(60, 12, seed=1)
    settings = TrainSettings(hazard=HazardSettings(threads=1))
    asked = ask_landmarks(world.ledger, world.as_of, settings)
    items = latest(item_states(world.ledger.known(world.as_of, "start"))).select(*ITEM_KEY, "settled_on", "settled_by")
    frame = asked.frame.join(items, on=ITEM_KEY, how="left", maintain_order="left").filter(
        pl.col("as_of") < world.as_of
    )
    y = payment_outcomes(frame["due_date"], frame["settled_on"], world.as_of, frame["settled_by"], settings.lag_days)
    blank = settings.hazard.unread(0)
    x = frame.select(feature.name for feature in READ if feature.name not in blank).to_pandas()
    return world, asked, x, y, np.where(frame["at_issue"], 1.0, settings.hazard.other_weight), settings


def test_on_the_catalogues_features_it_grows_riskpays_own_trees(ledger):
    world, asked, x, y, weight, settings = ledger
    model = PaymentCurveEstimator(rounds=25, validation_fraction=None).fit(x, y, sample_weight=weight)
    rows = training_rows(world.ledger, asked, world.as_of, settings)
    (own,) = hazard.grow([hazard.two_members(rows, (25, 25), settings.hazard, tuple(model.hazard_.columns))])
    texts = ([m.model_to_string() for group in h.boosters for m in group] for h in (own, model.hazard_))
    for one, other in zip(*texts, strict=True):
        assert one == other
    assert model.hazard_.offset == own.offset


@pytest.mark.slow
def test_on_the_catalogues_features_it_says_nearly_what_riskpay_says(ledger):
    world, asked, x, y, weight, settings = ledger
    own = fit_model(world.ledger, asked, world.as_of, settings)
    model = PaymentCurveEstimator(lag_days=settings.lag_days).fit(x, y, sample_weight=weight)
    frame = asked.frame.filter(pl.col("as_of") < world.as_of)
    assert model.predict_proba(x)[:, 1] == pytest.approx(own.p_late(frame), abs=0.06)
    assert np.corrcoef(model.predict_proba(x)[:, 1], own.p_late(frame))[0, 1] > 0.999


def test_rows_of_a_question_are_as_wide_as_its_outcome_is_known():
    known = payment_outcomes([BEFORE - timedelta(days=10)], [np.datetime64("NaT")], BEFORE, lag_days=2)
    rows = decided(intervals_from(answered(pl.DataFrame({"at": pl.Series([-30], dtype=pl.Int32)}), known), Grid()))
    assert rows["interval_end"].to_list() == [0, 3, 7]
