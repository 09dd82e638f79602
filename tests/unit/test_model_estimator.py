"""The hazard as a scikit-learn classifier: its contract, its groups, and that it is riskpay's own hazard."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.feature_selection import SelectFromModel
from sklearn.utils.estimator_checks import parametrize_with_checks

from riskpay.features.catalogue import FEATURE_NAMES
from riskpay.features.labels import Grid, intervals_from
from riskpay.model import hazard
from riskpay.model.columns import columns_of
from riskpay.model.estimator import PaymentHazardClassifier
from riskpay.model.habit import SHARES
from riskpay.model.hazard import HazardSettings
from riskpay.model.matrix import PersonPeriods

UNEQUAL = {
    "check_sample_weight_equivalence_on_dense_data": "rows are drawn at random and counted by number: a leaf's fewest, a tree's part",
}


@parametrize_with_checks(
    [PaymentHazardClassifier(rounds=40)], expected_failed_checks=lambda _: UNEQUAL, xfail_strict=True
)
def test_scikit_learns_contract_holds(estimator, check):
    check(estimator)


def person_rows(number=600, seed=1):
    """Rows of questions at issue with every feature of the catalogue, paid the likelier the smaller the late share."""
    rng = np.random.default_rng(seed)
    late = rng.random(number)
    shares = np.minimum.accumulate([late, *(late * rng.random(number) for _ in SHARES[1:])])
    features = {name: rng.random(number) for name in FEATURE_NAMES} | dict(zip(SHARES, shares, strict=True))
    keys = {
        "company_id": ["1"] * number,
        "invoice_id": [str(n) for n in range(number)],
        "instalment": pl.Series([1] * number, dtype=pl.Int32),
        "customer_id": ["C"] * number,
        "as_of": [None] * number,
        "due_date": [None] * number,
        "at_issue": rng.random(number) < 0.7,
        "at": pl.Series([-30] * number, dtype=pl.Int32),
    }
    rows = intervals_from(pl.DataFrame(keys | features), Grid((0, 7, 30)))
    chance = np.where(rows["interval"] == 0, 1 - rows["late_share"], 0.4 + 0.4 * rows["amount_log"])
    return rows.with_columns(paid=pl.Series(rng.random(rows.height) < chance))


@pytest.fixture(scope="module")
def rows():
    return person_rows()


@pytest.fixture(scope="module")
def exported(rows):
    """The rows as ``train --export-matrix`` writes them, as a pandas frame."""
    return pl.concat(PersonPeriods(rows, HazardSettings()).parts(500)).to_pandas()


def test_on_an_exported_matrix_it_is_riskpays_own_hazard(rows, exported):
    (own,) = hazard.grow([hazard.two_members(rows, (20, 30), HazardSettings(threads=1))])
    asked = exported[list(columns_of(rows.columns))]
    model = PaymentHazardClassifier(rounds=(20, 30)).fit(asked, exported.paid, sample_weight=exported.weight)
    assert np.array_equal(model.predict_proba(asked)[:, 1], own.predict(rows))
    texts = ([m.model_to_string() for group in h.boosters for m in group] for h in (own, model.hazard_))
    for one, other in zip(*texts, strict=True):
        assert one == other


def test_without_the_habit_shares_are_columns_like_others(rows, exported):
    asked = exported[list(columns_of(rows.columns))]
    model = PaymentHazardClassifier(rounds=20, habit=False).fit(asked, exported.paid)
    renamed = asked.rename(columns={name: f"my {name}" for name in (*SHARES, "habit_hazard")})
    other = PaymentHazardClassifier(rounds=20).fit(renamed, exported.paid)
    assert np.array_equal(model.predict_proba(asked), other.predict_proba(renamed))
    assert not np.array_equal(
        model.predict_proba(asked), PaymentHazardClassifier(rounds=20).fit(asked, exported.paid).predict_proba(asked)
    )


def test_without_an_interval_all_rows_share_their_boosters(exported):
    asked = exported[["amount_log", "late_share"]]
    model = PaymentHazardClassifier(rounds=20).fit(asked, exported.paid)
    assert [len(group) for group in model.hazard_.boosters] == [2]


def test_frames_of_pandas_and_polars_and_names_that_lightgbm_does_not_take(exported):
    asked = exported[["amount_log", "late_share", "interval"]].rename(
        columns={"amount_log": 'the "amount", [log]: {a}'}
    )
    model = PaymentHazardClassifier(rounds=10).fit(asked, exported.paid)
    told = model.predict_proba(asked)
    assert np.array_equal(
        clone(model).fit(pl.from_pandas(asked), exported.paid).predict_proba(pl.from_pandas(asked)), told
    )
    assert list(model.feature_names_in_) == list(asked.columns)


def test_importances_find_what_moves_the_outcome(exported):
    asked = exported[["late_share", "amount_log", "terms_days", "age_days", "interval"]]
    first = exported.interval == 0
    model = PaymentHazardClassifier(rounds=30).fit(asked[first].drop(columns="interval"), exported.paid[first])
    assert model.feature_importances_.sum() == pytest.approx(1.0)
    assert model.feature_importances_.argmax() == 0
    kept = SelectFromModel(clone(model), max_features=1, threshold=-np.inf).set_output(transform="pandas")
    assert list(kept.fit_transform(asked[first].drop(columns="interval"), exported.paid[first])) == ["late_share"]


def test_rows_of_weight_zero_count_for_nothing(exported):
    asked = exported[["late_share", "amount_log", "interval"]]
    half = np.arange(len(asked)) % 2 == 0
    left_out = PaymentHazardClassifier(rounds=10).fit(asked[half], exported.paid[half])
    weightless = PaymentHazardClassifier(rounds=10).fit(asked, exported.paid, sample_weight=half.astype(float))
    assert np.array_equal(left_out.predict_proba(asked), weightless.predict_proba(asked))
    with pytest.raises(ValueError, match="one class"):
        PaymentHazardClassifier().fit(asked, exported.paid, sample_weight=exported.paid.astype(float))


def test_threads_change_nothing_and_seeds_do(exported):
    asked = exported[["late_share", "amount_log"]]
    told = [
        PaymentHazardClassifier(rounds=10, **given).fit(asked, exported.paid).predict_proba(asked)
        for given in ({}, {"n_jobs": 2}, {"random_state": 5}, {"random_state": np.random.RandomState(5)})
    ]
    assert np.array_equal(told[0], told[1])
    assert not np.array_equal(told[0], told[2])
    assert not np.array_equal(told[2], told[3])


def test_parameters_reach_lightgbm_and_its_own_win(exported):
    asked = exported[["late_share", "amount_log"]]
    given = PaymentHazardClassifier(rounds=5, learning_rate=0.2, feature_fraction=0.9, more={"num_leaves": 3})
    text = given.fit(asked, exported.paid).hazard_.boosters[0][0].model_to_string()
    for line in ("[learning_rate: 0.2]", "[feature_fraction: 0.9]", "[num_leaves: 3]"):
        assert line in text


@pytest.mark.parametrize(
    ("change", "parameters", "message"),
    [
        (lambda f: f[f.interval == 0], {}, "no row is of the later group"),
        (lambda f: f[f.interval > 0], {}, "no row is of the first group"),
        (lambda f: f.assign(interval=f.interval + 0.5), {}, "expected whole numbers"),
        (lambda f: f, {"rounds": 0}, "expected a number of at least 1"),
        (lambda f: f, {"rounds": (1, 2, 3)}, "expected a number of at least 1, or two"),
    ],
)
def test_what_cannot_be_learnt_is_refused_with_a_reason(exported, change, parameters, message):
    frame = change(exported)
    with pytest.raises(ValueError, match=message):
        PaymentHazardClassifier(**parameters).fit(frame[["late_share", "interval"]], frame.paid)
