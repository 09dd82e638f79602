"""The two groups of boosters: who is grown on what, what they say together, and on disk."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from riskpay.errors import DataError
from riskpay.features.catalogue import FEATURE_NAMES, LATE_DAYS, OPTIONAL, FeatureSettings
from riskpay.features.labels import Grid, intervals
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model import hazard
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.calibration import Calibration
from riskpay.model.columns import CLOCKS, COLUMNS, READ, SMALL_UNREAD, matrix
from riskpay.model.habit import habit_hazard
from riskpay.model.hazard import HazardSettings
from riskpay.model.late_model import LateModel
from riskpay.model.paid_shape import EARLIEST, PaidShape
from riskpay.model.reasons import explain
from riskpay.workflows.engines import LocalEngine
from riskpay.workflows.growing import by_engine

SETTINGS = HazardSettings(rounds=30)
DUE = date(2024, 6, 1)


def questions(number, seed=1):
    """Questions at issue and past due, whose customers differ in how late they pay."""
    rng = np.random.default_rng(seed)
    late = rng.random(number)
    shares, left = {}, late
    for days in LATE_DAYS:
        left = left * rng.uniform(0.2, 1.0, number)
        shares[f"late_{days}_share"] = left
    noise = {name: rng.random(number) for name in FEATURE_NAMES}
    asked_after = np.where(np.arange(number) % 3 == 0, 5, -30)
    return pl.DataFrame(
        {
            "company_id": ["1"] * number,
            "invoice_id": [f"i{n}" for n in range(number)],
            "instalment": pl.Series([1] * number, dtype=pl.Int32),
            "due_date": [DUE] * number,
            "as_of": [DUE + timedelta(days=int(after)) for after in asked_after],
            "at_issue": asked_after < 0,
            **(noise | {"late_share": late} | shares),
        }
    )


def person_rows(number, seed=1):
    rows = intervals(questions(number, seed), Grid())
    rng = np.random.default_rng(seed + 1)
    return rows.with_columns(paid=pl.Series(rng.random(rows.height)) < habit_hazard())


@pytest.fixture(scope="module")
def grown():
    return kept(person_rows(1500))


def kept(rows):
    return hazard.grow([hazard.two_members(rows, (20, 30), SETTINGS)])[0]


def model_of(grown):
    return LateModel(
        booster_texts=tuple(tuple(member.model_to_string() for member in group) for group in grown.boosters),
        offset=grown.offset,
        calibration=Calibration((0.1, -0.1), (0.9, 1.1)),
        shape=PaidShape(tuple([1 / (1 - EARLIEST)] * (1 - EARLIEST))),
        grid=Grid(),
        features=FeatureSettings(),
        train_as_of=DUE,
        rounds=(20, 30),
        training_rows=1,
        settled_items=1,
        baselines={},
    )


def test_each_group_has_two_members_and_the_random_one_more_trees(grown):
    assert [[member.num_trees() for member in group] for group in grown.boosters] == [[20, 32], [30, 48]]


def test_boosters_read_all_but_clocks_and_small_sets_nothing_of_items_alike():
    names = {feature.name for feature in READ}
    assert names == set(FEATURE_NAMES) - CLOCKS
    assert names > SMALL_UNREAD
    assert SETTINGS.unread(SETTINGS.small_rows - 1) == SMALL_UNREAD
    assert SETTINGS.unread(SETTINGS.small_rows) == frozenset()


def test_a_row_is_asked_of_its_own_group_and_the_later_one_starts_from_the_habit(grown):
    rows = person_rows(40, seed=9)
    told = grown.predict(rows)
    asked = matrix(rows)
    for number, later in ((0, False), (1, True)):
        here = (rows["interval"] > 0).to_numpy() == later
        raw = np.mean([member.predict(asked[here], raw_score=True) for member in grown.boosters[number]], axis=0)
        start = grown.offset.log_odds(rows)[here] if later else 0.0
        assert told[here] == pytest.approx(expit(raw + start))


def test_it_learns_what_moves_the_outcome_in_both_groups(grown):
    rows = person_rows(400, seed=20)
    told = grown.predict(rows)
    for later in (False, True):
        here = (rows["interval"] > 0).to_numpy() == later
        habit = rows.select(h=habit_hazard())["h"].to_numpy()
        assert told[here & (habit > 0.7)].mean() > told[here & (habit < 0.3)].mean() + 0.2


def test_the_same_rows_grow_the_same_trees(grown):
    again = kept(person_rows(1500))
    assert [b.model_to_string() for g in again.boosters for b in g] == [
        b.model_to_string() for g in grown.boosters for b in g
    ]


def test_optional_features_are_read_where_the_rows_have_them_and_only_then(grown, tmp_path):
    rows = person_rows(1500)
    rng = np.random.default_rng(3)
    more = rows.with_columns(pl.Series(feature.name, rng.random(rows.height)) for feature in OPTIONAL)
    knowing = kept(more)
    assert grown.columns == COLUMNS
    assert knowing.columns == (*COLUMNS[: len(READ)], *(f.name for f in OPTIONAL), *COLUMNS[len(READ) :])
    assert np.array_equal(grown.predict(more), grown.predict(rows))
    assert knowing.contributions(more).shape == (rows.height, len(READ) + len(OPTIONAL))
    (elsewhere,) = hazard.grow([hazard.two_members(more, (20, 30), SETTINGS)], by_engine(LocalEngine(), tmp_path))
    assert np.array_equal(elsewhere.predict(more), knowing.predict(more))


def test_rounds_end_where_a_later_period_gains_nothing_more():
    eager = replace(SETTINGS, rounds=400, patience=5, learning_rate=0.3)
    (trial,) = hazard.grow([hazard.watching(person_rows(600), person_rows(600, seed=50), eager)])
    assert all(1 <= number < 400 for number in hazard.rounds_of(trial))


@pytest.mark.parametrize("patience", [1, 5, 400])
def test_trees_grown_without_watching_end_where_those_that_were_watched_do(patience):
    eager = replace(SETTINGS, rounds=60, patience=patience, learning_rate=0.3)
    plan = hazard.watching(person_rows(600), person_rows(600, seed=50), eager)
    for (growth,) in plan.growths:
        assert growth.ended(replace(growth, watched=None).grown()) == growth.grown()


def test_a_later_period_without_a_late_item_leaves_the_later_group_its_usual_rounds():
    on_time = person_rows(300, seed=7).filter(pl.col("interval") == 0)
    (trial,) = hazard.grow([hazard.watching(person_rows(300), on_time, SETTINGS)])
    assert hazard.rounds_of(trial)[1] == SETTINGS.unwatched_rounds


def test_the_group_without_rows_is_named():
    rows = person_rows(30)
    assert hazard.lacking(rows) is None
    assert hazard.lacking(rows.filter(pl.col("interval") == 0)) == "later"
    assert hazard.lacking(rows.filter(pl.col("interval") > 0)) == "first"


def test_what_each_feature_adds_sums_to_the_log_odds_of_rows_of_one_interval(grown):
    rows = person_rows(300, seed=30).filter(interval=4, first=False)
    odds = np.log(grown.predict(rows) / (1 - grown.predict(rows)))
    added = grown.contributions(rows)
    assert added.shape == (rows.height, len(READ))
    whole = np.mean([b.predict(matrix(rows), pred_contrib=True) for b in grown.boosters[1]], axis=0)
    of_interval = [n for n, name in enumerate(COLUMNS) if name.startswith("interval")]
    rest = whole[:, of_interval].sum(axis=1) + whole[:, -1] + grown.offset.levels[4] + grown.offset.centres[4]
    assert added.sum(axis=1) + rest == pytest.approx(odds)


def test_the_habit_is_told_with_the_share_of_the_interval_that_is_asked(grown):
    found = explain(model_of(grown), questions(60, seed=40))
    codes = {key: {reason.code for reason in reasons} for key, reasons in found.items()}
    at_issue = {key for key in codes if int(key[1][1:]) % 3}
    shown = [sum("late_share" in codes[key] for key in at_issue), len(at_issue)]
    past_due = [key for key in codes if key not in at_issue]
    assert shown[0] > shown[1] / 2
    assert sum("late_7_share" in codes[key] for key in past_due) > len(past_due) / 2


def test_a_bundle_read_back_says_the_same(grown, tmp_path):
    model, frame = model_of(grown), questions(50, seed=60)
    write_bundle(model, tmp_path)
    again = read_bundle(tmp_path)
    assert again == model
    assert np.array_equal(again.hazards(frame)[1], model.hazards(frame)[1], equal_nan=True)


@pytest.mark.parametrize("name", ["booster_first_0.txt", "booster_later_1.txt", "model.json"])
def test_a_bundle_that_lacks_a_file_is_refused(grown, tmp_path, name):
    write_bundle(model_of(grown), tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(DataError, match="cannot be read") as refused:
        read_bundle(tmp_path)
    assert "riskpay train" in refused.value.hint


def test_late_chances_and_curve_agree(grown):
    model, frame = model_of(grown), questions(50, seed=61).filter("at_issue")
    p = model.p_late(frame)
    table = model.risks(frame, DUE - timedelta(days=30), "1")
    assert table.unpaid[:, 30] == pytest.approx(p, abs=1e-6)
    assert table.items.select(ITEM_KEY).equals(frame.select(ITEM_KEY))
