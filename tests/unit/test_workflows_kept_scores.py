"""Scores of daily runs: kept with the run, once a day, for as long as the setting says."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.model.risk import risk_table
from riskpay.store.engine import writing
from riskpay.store.score_files import ScoreFiles
from riskpay.workflows.book import Scored
from riskpay.workflows.home import Home
from riskpay.workflows.kept_scores import clear_scores, first_kept, keep_scores, read_scores

DAY = date(2024, 5, 1)


@pytest.fixture
def opened(home):
    home.mkdir()
    return Home.open(home)


def scored(day, p=0.25):
    keys = {"company_id": ["1"], "invoice_id": ["A"], "instalment": pl.Series([1], dtype=pl.Int32)}
    rest = {"customer_id": ["C1"], "currency": ["EUR"], "issue_date": [day], "due_date": [day]}
    amounts = {"amount": [100], "open_amount": [70], "days_past_due": [0], "age_days": [0]}
    unpaid = np.linspace(1, 0, 181, dtype=np.float32)[None, :]
    table = risk_table(pl.DataFrame({**keys, "support": [3]}), np.array([p]), unpaid, day, "7")
    return Scored(pl.DataFrame({**keys, **rest, **amounts}), pl.DataFrame(), table)


def run(opened, store, day, p=0.25, *, fails=False):
    with writing(store.engine):
        run_id = store.runs.record(
            day, model_version="7", data_version="d", policy_hash="p", seconds=1.0, counts={"open_items": 1}
        )
        keep_scores(opened, run_id, scored(day, p))
        if fails:
            raise KeyboardInterrupt
    clear_scores(opened, store)


def test_a_run_leaves_what_it_said(opened):
    with opened.store() as store:
        run(opened, store, DAY)
        found = read_scores(opened, store, DAY, DAY).row(0, named=True)
    assert (found["as_of"], found["open_amount"], found["model_version"]) == (DAY, 70, "7")
    assert found["p_unpaid_60"] == pytest.approx(1 - 60 / 180)
    assert (found["p_late"], found["support"]) == (0.25, 3)


def test_a_day_done_again_is_there_once_as_it_was_said_last(opened):
    with opened.store() as store:
        run(opened, store, DAY)
        run(opened, store, DAY, p=0.5)
        assert read_scores(opened, store, DAY, DAY)["p_late"].to_list() == [0.5]
        assert len(ScoreFiles(opened.settings.home).kept()) == 1


def test_a_run_that_is_stopped_after_its_file_leaves_the_day_as_it_was(opened):
    with opened.store() as store:
        run(opened, store, DAY)
        with pytest.raises(KeyboardInterrupt):
            run(opened, store, DAY, p=0.5, fails=True)
        assert read_scores(opened, store, DAY, DAY)["p_late"].to_list() == [0.25]
        assert len(ScoreFiles(opened.settings.home).kept()) == 2
        run(opened, store, DAY + timedelta(days=1))
        assert len(ScoreFiles(opened.settings.home).kept()) == 2
        assert read_scores(opened, store, DAY, DAY)["p_late"].to_list() == [0.25]


def test_days_are_kept_as_long_as_the_setting_says(home):
    home.mkdir()
    (home / "riskpay.toml").write_text("keep_scores_days = 2\n", encoding="utf-8")
    opened = Home.open(home)
    with opened.store() as store:
        for k in range(5):
            run(opened, store, DAY + timedelta(days=k))
        assert first_kept(opened, store) == DAY + timedelta(days=2)
        assert read_scores(opened, store, DAY, DAY + timedelta(days=3)).height == 2


def test_none_are_kept_where_the_setting_says_so_or_no_model_spoke(home):
    home.mkdir()
    (home / "riskpay.toml").write_text("keep_scores_days = 0\n", encoding="utf-8")
    opened = Home.open(home)
    with opened.store() as store:
        run(opened, store, DAY)
        keep_scores(opened, "r", Scored(pl.DataFrame(), pl.DataFrame(), None))
        assert first_kept(opened, store) is None
    assert not (home / "scores").exists()
