"""What is sure of a feature holds in the trees; and what is old counts less."""

from dataclasses import replace
from datetime import date

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from riskpay.model import hazard
from riskpay.model.columns import COLUMNS, matrix
from riskpay.model.habit import HabitOffset
from riskpay.model.hazard import Growth, HazardSettings, recency_weighted, weights
from riskpay.model.monotone import SIGNS, constraints

ROUNDS = 25
FREE = HazardSettings(threads=1, learning_rate=0.2, more={"min_data_in_leaf": 5, "num_leaves": 15})
HELD = replace(FREE, monotone=True)
OFFSET = HabitOffset((0.0,) * 9, (0.0,) * 9)


def rows(number=600, *, later=False, seed=1):
    """Rows of noise in which lateness and the hazard move the wrong way for some customers."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.random(number) for name in COLUMNS if name != "habit_hazard"}
    days = {
        "interval": pl.Series([int(later)] * number, dtype=pl.Int32),
        "interval_start": pl.Series([0 if later else -30] * number, dtype=pl.Int32),
        "interval_end": pl.Series([3 if later else 0] * number, dtype=pl.Int32),
    }
    days["interval_days"] = days["interval_end"] - days["interval_start"]
    asked = {"as_of": [date(2024, 1, 1)] * number, "at_issue": [True] * number}
    return pl.DataFrame({**columns, **days, **asked, "paid": rng.random(number) < 0.3 + 0.5 * columns["late_share"]})


def moves(settings, name):
    """Steps of the hazard's log-odds as ``name`` goes from 0 to 1, for 40 rows, shape (40, 20)."""
    known = rows()
    text = Growth(known, OFFSET, settings, ROUNDS).grown()
    booster = lgb.Booster(model_str=text)
    asked = np.repeat(matrix(known.head(40)), 21, axis=0)
    asked[:, COLUMNS.index(name)] = np.tile(np.linspace(0, 1, 21), 40)
    return np.diff(booster.predict(asked, raw_score=True).reshape(40, 21), axis=1)


def test_signs_stand_at_their_columns():
    signs = constraints(COLUMNS)
    assert len(signs) == len(COLUMNS)
    assert {name: sign for name, sign in zip(COLUMNS, signs, strict=True) if sign} == SIGNS
    assert constraints(("terms_days", "habit_hazard", "late_share")) == [0, 1, -1]


def test_no_tree_up_to_the_due_date_goes_against_what_is_sure():
    assert moves(FREE, "late_share").max() > 0.1  # the planted data would lead it there
    assert moves(HELD, "late_share").max() <= 1e-9


def test_free_settings_name_no_constraint():
    assert "monotone_constraints" not in Growth(rows(), OFFSET, FREE, 1).parameters
    both = hazard.two_members(pl.concat([rows(), rows(later=True)]), (1, 1), HELD)
    held = [[growth.parameters.get("monotone_constraints") for growth in group] for group in both.growths]
    assert held == [[constraints(COLUMNS)] * 2, [None] * 2]  # given that an item is late already, nothing is sure


def test_a_row_counts_half_after_the_half_life():
    asked = pl.DataFrame(
        {"as_of": [date(2024, 4, 10), date(2024, 1, 1), date(2023, 9, 23)], "at_issue": [True, True, False]}
    )
    settings = replace(FREE, recency_half_life_days=100.0)
    known = recency_weighted(asked, date(2024, 4, 10), settings)
    assert weights(known, settings) == pytest.approx([1.0, 0.5, 0.5 * 0.25])


def test_without_a_half_life_all_rows_count_alike():
    asked = pl.DataFrame({"as_of": [date(2024, 4, 10), date(2014, 1, 1)], "at_issue": [True, False]})
    assert recency_weighted(asked, date(2024, 4, 10), FREE) is asked
    assert weights(asked, FREE).tolist() == [1.0, 0.5]


def test_trees_learn_more_from_what_is_recent():
    old, new = rows(seed=1), rows(seed=2).with_columns(as_of=date(2024, 12, 31))
    both = pl.concat([old.with_columns(paid=True), new.with_columns(paid=False)])
    asked = matrix(rows(seed=3))

    def mean(settings):
        known = recency_weighted(both, date(2025, 1, 1), settings)
        growth = Growth(known, OFFSET, settings, ROUNDS)
        return lgb.Booster(model_str=growth.grown()).predict(asked).mean()

    assert mean(FREE) == pytest.approx(0.5, abs=0.05)
    assert mean(replace(FREE, recency_half_life_days=90.0)) < 0.1
