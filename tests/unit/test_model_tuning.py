"""Folds of the past, what a model loses on them, and what settings change: by hand, and where it is known."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.errors import TooFewLabelsError
from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
from riskpay.features.labels import Grid, person_period
from riskpay.model.differences import differences
from riskpay.model.hazard import HazardSettings
from riskpay.model.search_space import SPACE, Choice, space_of
from riskpay.model.splits import TEST_SHARE, later_period
from riskpay.model.training import TrainSettings, ask_landmarks
from riskpay.model.tuning import MEASURES, Fold, changes, folds, lost, means, shared_ends, trained_on
from riskpay.sources.synthetic.world import synthesise

QUICK = HazardSettings(rounds=30, patience=5, unwatched_rounds=10, leaves=7, learning_rate=0.2, threads=1)
SETTINGS = TrainSettings(hazard=QUICK, min_settled=50)
DUE = date(2024, 6, 1)


class Told:
    """Stands for a model whose hazards are given, one for each interval of its grid or the same for all."""

    training_rows = 1

    def __init__(self, hazard, grid):
        self.grid, self._hazard = grid, hazard

    def hazards(self, frame):
        at = (frame["as_of"] - frame["due_date"]).dt.total_days().to_numpy()
        return at, np.tile(np.broadcast_to(self._hazard, len(self.grid.ends)), (frame.height, 1))


def item(invoice, settled, by="cash"):
    days = None if settled is None else DUE + timedelta(days=settled)
    return {"company_id": "1", "invoice_id": invoice, "instalment": 1, "settled_on": days, "settled_by": by}


def fold_of(items, before):
    schema = {"instalment": pl.Int32, "settled_on": pl.Date, "settled_by": pl.String}
    known = pl.DataFrame(items, schema_overrides=schema)
    frame = known.select(
        "company_id",
        "invoice_id",
        "instalment",
        customer_id=pl.col("invoice_id"),
        due_date=DUE,
        as_of=DUE - timedelta(30),
    )
    numbered = frame.with_row_index("question")
    rows = person_period(numbered, known, shared_ends(TrainSettings()), before, 2)
    decided = {
        "late": pl.DataFrame({"question": [0, 1], "happened": [False, True]}),
        "late_30": pl.DataFrame({"question": [1], "happened": [False]}),
    }
    return Fold(DUE - timedelta(30), DUE, frame, rows.select("question", "interval", "paid"), decided)


@pytest.mark.parametrize(
    ("settled", "by", "before", "log_loss"),
    [
        (-3, "cash", 400, -np.log(0.5)),  # paid in time
        (20, "cash", 400, -np.log(0.5) - np.log(0.5)),  # not in time, then within 30 days
        (70, "cash", 400, -4 * np.log(0.5)),
        (20, "cash", 10, -np.log(0.5)),  # of the 30 days nothing is decided yet
        (None, "cash", 63, -3 * np.log(0.5)),  # unpaid as far as it is known
        (40, "credit", 400, -2 * np.log(0.5)),  # a credit note ends it after 30 days
        (-3, "credit", 400, None),
        (-3, "cash", 2, None),
    ],
)
def test_the_log_loss_is_how_unlikely_what_is_known_was_held(settled, by, before, log_loss):
    items = [item("a", settled, by), item("b", -1), item("c", 5)]
    found = fold_of(items, DUE + timedelta(days=before)).losses(Told(0.5, Grid((0, 30, 60, 90))), TrainSettings())
    assert found["log_loss"][0] == (None if log_loss is None else pytest.approx(log_loss))


def test_any_grid_is_asked_the_same():
    """Two intervals between shared ends, whose chances together come to one half."""
    fold = fold_of([item("a", 20), item("b", None)], DUE + timedelta(days=400))
    half = 1 - np.sqrt(0.5)
    finer = Told([0.5, *[half] * 6], Grid((0, 7, 30, 45, 60, 75, 90)))
    coarse = fold.losses(Told(0.5, Grid((0, 30, 60, 90, 180))), TrainSettings())
    assert fold.losses(finer, TrainSettings())["log_loss"].to_list() == pytest.approx(coarse["log_loss"].to_list())


def test_squared_errors_are_those_of_the_decided_targets():
    fold = fold_of([item("a", -3), item("b", 5), item("c", 5)], DUE + timedelta(days=400))
    found = fold.losses(Told(0.2, Grid((0, 30, 60, 90))), TrainSettings())
    assert found["brier_late"].to_list() == [pytest.approx(0.64), pytest.approx(0.04), None]
    assert found["brier_late_30"].to_list() == [None, pytest.approx(0.64**2), None]
    assert means(found)["brier_late"] == pytest.approx(0.34)


def test_certainty_that_fails_costs_much_but_not_everything():
    fold = fold_of([item("a", -3), item("b", 5)], DUE + timedelta(days=400))
    assert np.isfinite(fold.losses(Told(0.0, Grid((0, 30, 60, 90))), TrainSettings())["log_loss"].to_numpy()).all()


def test_grace_days_are_a_shared_end():
    assert shared_ends(TrainSettings()).ends == (0, 30, 60, 90)
    assert shared_ends(TrainSettings(features=FeatureSettings(grace_days=45))).ends == (45, 60, 90)


def test_changes_are_those_of_paired_differences():
    rng = np.random.default_rng(3)
    happened, ours, theirs = rng.random(300) < 0.3, rng.random(300), rng.random(300)
    customers = rng.integers(0, 40, 300)

    def losses(p):
        square = (p - happened) ** 2
        return pl.DataFrame(
            {"company_id": ["1"] * 300, "customer_id": customers.astype(str)} | dict.fromkeys(MEASURES, square)
        )

    expected = differences(happened, ours, theirs, np.unique(customers.astype(str), return_inverse=True)[1])["brier"]
    for found in changes(losses(ours), losses(theirs)).values():
        assert (found.change, found.low, found.high) == pytest.approx((expected.change, expected.low, expected.high))


def test_what_is_decided_of_nothing_changes_nothing():
    nothing = pl.DataFrame(
        {"company_id": ["1"], "customer_id": ["C"]} | {name: pl.Series([None], dtype=pl.Float64) for name in MEASURES}
    )
    assert {found.change for found in changes(nothing, nothing).values()} == {None}


def test_only_shares_of_columns_that_are_read_are_tried():
    assert set(space_of([100, 200], 150)) == set(SPACE)
    assert set(SPACE) - set(space_of([100], 150)) == {"feature_fraction"}
    assert set(SPACE) - set(space_of([200], 150)) == {"small_feature_fraction"}


def test_the_defaults_are_among_what_is_tried():
    assert all(getattr(HazardSettings(), key) in given for key, given in SPACE.items())
    assert [SPACE["leaves"].said(8.0), SPACE["ridge"].said(12.3456), SPACE["monotone"].said(True)] == [8, 12.3, True]
    assert 300 not in SPACE["leaves"]
    assert 30.0 not in Choice((0.0, 90.0))


@pytest.fixture(scope="module")
def world():
    return synthesise(80, 10, seed=5)


@pytest.fixture(scope="module")
def asked(world):
    return ask_landmarks(world.ledger, world.as_of, SETTINGS)


@pytest.mark.slow
def test_folds_follow_one_another_and_end_before_the_weeks_that_training_holds_back(world, asked):
    found = folds(world.ledger, asked, world.as_of, SETTINGS)
    held_back = later_period(asked.frame, SETTINGS.lag_days, world.as_of, TEST_SHARE)
    assert len(found) > 1
    assert [fold.until + timedelta(days=1) for fold in found] == [*(fold.start for fold in found[1:]), held_back]
    items = pl.concat([fold.frame.select("company_id", "invoice_id", "instalment") for fold in found])
    assert items.is_unique().all()


@pytest.mark.slow
def test_nothing_known_from_the_end_of_the_folds_on_is_used(world, asked):
    held_back = later_period(asked.frame, SETTINGS.lag_days, world.as_of, TEST_SHARE)
    cut = folds(world.ledger.known(held_back, "start"), asked, world.as_of, SETTINGS)
    for whole, less in zip(folds(world.ledger, asked, world.as_of, SETTINGS), cut, strict=True):
        assert whole.rows.equals(less.rows)
        assert all(whole.decided[target].equals(less.decided[target]) for target in whole.decided)


@pytest.mark.slow
def test_settings_that_learn_nothing_lose_and_the_same_ones_change_nothing(world, asked):
    fold = folds(world.ledger, asked, world.as_of, SETTINGS)[-1]
    ours = lost(world.ledger, asked, fold, SETTINGS)
    blind = replace(SETTINGS, without=frozenset(FEATURE_NAMES))
    assert changes(lost(world.ledger, asked, fold, blind), ours)["log_loss"].low > 0
    assert {change.change for change in changes(lost(world.ledger, asked, fold, SETTINGS), ours).values()} == {0.0}
    assert trained_on([ours]) == [int(ours["training_rows"][0])]
    assert ours["training_rows"][0] > 100


@pytest.mark.slow
def test_too_little_history_is_told(world):
    early = date(2024, 2, 1)
    with pytest.raises(TooFewLabelsError, match="too few decided items"):
        folds(world.ledger, ask_landmarks(world.ledger, early, SETTINGS), early, SETTINGS)
