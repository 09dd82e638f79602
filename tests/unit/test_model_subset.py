"""Features left out: what a name stands for, and models that are blind to some of the catalogue."""

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from riskpay.errors import UsageError
from riskpay.features.catalogue import FEATURE_NAMES, FEATURES
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.columns import SMALL_UNREAD
from riskpay.model.hazard import Booster, HazardSettings
from riskpay.model.pyfunc import QUESTION_DAYS, CurveModel
from riskpay.model.reasons import explain
from riskpay.model.subset import FAMILIES, blanked, groups
from riskpay.model.training import TrainSettings, ask_landmarks, fit_model
from riskpay.sources.synthetic.world import synthesise

SMALL = HazardSettings(rounds=30, patience=5, unwatched_rounds=10, leaves=7, learning_rate=0.1, threads=1)
HISTORY = groups(["history"])[0].names
WITHOUT = frozenset((*HISTORY, "amount_log"))


@pytest.fixture(scope="module")
def world():
    return synthesise(60, 8, seed=3)


@pytest.fixture(scope="module")
def asked(world):
    return ask_landmarks(world.ledger, world.as_of, TrainSettings())


@pytest.fixture(scope="module")
def blind(world, asked):
    """A model that was learnt without the family history and the amount."""
    return fit_model(world.ledger, asked, world.as_of, TrainSettings(hazard=SMALL, min_settled=50, without=WITHOUT))


def test_a_name_stands_for_a_family_or_for_one_feature_of_it():
    family, single, again = (*groups(["recent", "late_share_30"]), *groups(["recent", "recent"]))
    assert family.names == tuple(f.name for f in FEATURES if f.family == "recent")
    assert family == again
    assert (single.family, single.feature, single.names, single.name) == (
        "recent",
        "late_share_30",
        ("late_share_30",),
        "late_share_30",
    )
    assert [name for group in groups(FAMILIES) for name in group.names] == list(FEATURE_NAMES)


def test_unknown_names_are_told_with_what_is_allowed_and_what_is_near():
    with pytest.raises(UsageError) as refused:
        groups(["history", "late_shar", "nonsense"])
    message = refused.value.message
    assert "'late_shar', 'nonsense'" in message
    assert all(family in message for family in FAMILIES)
    assert "near to 'late_shar': late_share" in message


def test_settings_leave_out_nothing_that_is_no_feature():
    with pytest.raises(UsageError, match="cannot leave out history"):
        TrainSettings(without=frozenset({"history", "late_share"}))


def test_blank_columns_are_null_whether_they_were_there_or_not():
    frame = blanked(pl.DataFrame({"a": [1, 2], "b": [3.0, 4.0]}), {"a", "c"})
    assert frame.select("a", "b", "c").rows() == [(None, 3.0, None), (None, 4.0, None)]


def test_trees_grow_beside_a_blank_column_as_if_it_were_not_there():
    rng = np.random.default_rng(1)
    full = rng.random((2000, 6))
    full[:, 2] = np.nan
    paid = rng.random(2000) < full[:, 0]
    told = []
    for values in (full, np.delete(full, 2, axis=1)):
        grown = lgb.train(SMALL.parameters(2000), lgb.Dataset(values, label=paid.astype(float)), num_boost_round=20)
        told.append(grown.predict(values))
    assert np.array_equal(told[0], told[1])


def test_no_tree_reads_what_was_left_out_nor_the_habit_made_of_it_nor_in_a_small_set_what_it_leaves_unread(blind):
    left_out = WITHOUT | SMALL_UNREAD
    assert blind.without == tuple(sorted(left_out))
    assert blind.reads == tuple(name for name in FEATURE_NAMES if name not in left_out)
    for text in (text for group in blind.booster_texts for text in group):
        booster = Booster(model_str=text)
        used = {n for n, i in zip(booster.feature_name(), booster.feature_importance(), strict=True) if i}
        assert used
        assert not used & {*left_out, "habit_hazard"}


def test_a_set_that_is_not_small_reads_the_whole_catalogue(world, asked):
    large = replace(SMALL, rounds=5, small_rows=100)
    model = fit_model(world.ledger, asked, world.as_of, TrainSettings(hazard=large, min_settled=50))
    assert model.training_rows >= large.small_rows
    assert model.without == ()
    assert model.reads == FEATURE_NAMES


def test_a_bundle_keeps_what_was_left_out_and_answers_a_frame_that_lacks_it(blind, asked, tmp_path):
    write_bundle(blind, tmp_path)
    again = read_bundle(tmp_path)
    frame = asked.frame.tail(40)
    assert again == blind
    assert np.array_equal(again.p_late(frame.drop(WITHOUT)), blind.p_late(frame))


def test_the_door_for_mlflow_asks_only_for_what_is_read(blind, asked):
    frame = asked.frame.tail(20)
    given = frame.select(*QUESTION_DAYS, *blind.reads).to_pandas()
    assert CurveModel(blind).predict(given)["p_late"].to_numpy() == pytest.approx(blind.p_late(frame), abs=1e-6)


def test_reasons_never_name_what_the_model_does_not_see(blind, asked):
    found = explain(blind, asked.frame.filter("at_issue").tail(60), shown=99)
    codes = {reason.code for reasons in found.values() for reason in reasons}
    assert codes
    assert not codes & WITHOUT
