"""Runs by day: what a model scored, and which day it scored before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from riskpay.store.database import Store

DAY = date(2019, 8, 1)


@pytest.fixture
def runs(tmp_path):
    with Store(tmp_path / "store.db") as store:
        yield store.runs


def record(runs, day, model, hour):
    moment = datetime(2019, 8, 9, hour, tzinfo=UTC)
    said = {"model_version": model, "data_version": "d", "policy_hash": "p"}
    return runs.record(day, **said, seconds=1.0, counts={}, created_at=moment)


def test_of_a_day_the_run_recorded_last_counts_and_days_ranked_by_points_do_not(runs):
    record(runs, DAY, "1", 2)
    last = record(runs, DAY, "2", 3)
    record(runs, DAY, "1", 1)
    record(runs, DAY, "points", 4)
    record(runs, DAY + timedelta(days=1), "points", 5)
    assert runs.of_day(DAY).run_id == last
    assert runs.newest().run_id == last
    assert runs.of_day(DAY + timedelta(days=1)) is None


def test_the_day_before_is_the_last_one_scored_however_long_ago(runs):
    friday = record(runs, DAY - timedelta(days=3), "1", 1)
    record(runs, DAY - timedelta(days=9), "1", 3)
    record(runs, DAY, "1", 2)
    assert runs.before(DAY).run_id == friday
    assert runs.before(DAY - timedelta(days=9)) is None


def test_nothing_recorded_is_none(runs):
    assert runs.newest() is None
    assert runs.before(DAY) is None
    assert runs.of_day(DAY) is None
