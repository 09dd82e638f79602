"""Scores of runs on disk: whole or not there, each day's once, cleared when they are of no use."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from riskpay.errors import DataError
from riskpay.store import score_files
from riskpay.store.runs import Run
from riskpay.store.score_files import COLUMNS, ScoreFiles

DAY = date(2024, 5, 1)
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def run(run_id, day=DAY, minutes=0):
    moment = NOON + timedelta(minutes=minutes)
    return Run(run_id, day, "1", "data", "policy", moment, 1.0, {})


def scores(rows=3, **more):
    said = {
        "company_id": "1",
        "invoice_id": "A",
        "instalment": 1,
        "customer_id": "C1",
        "as_of": DAY,
        "issue_date": DAY,
        "due_date": DAY,
        "open_amount": 100,
        "currency": "EUR",
        "p_late": 0.25,
        "p_unpaid_7": 0.9,
        "p_unpaid_30": 0.5,
        "p_unpaid_60": 0.4,
        "p_unpaid_90": 0.3,
        "pay_in_p10": 1,
        "pay_in_p50": 20,
        "pay_in_p90": None,
        "support": 4,
        "model_version": "1",
    }
    return pl.DataFrame([said | {"invoice_id": f"A{k}"} | more for k in range(rows)])


@pytest.fixture
def files(tmp_path):
    return ScoreFiles(tmp_path)


def test_scores_come_back_in_their_columns(files):
    files.write("a", scores())
    found = files.read(["a"])
    assert found.schema == pl.Schema(COLUMNS)
    assert found["p_late"].to_list() == [0.25] * 3
    assert files.read([]).schema == pl.Schema(COLUMNS)


def test_columns_of_later_versions_are_kept_in_the_file_and_not_in_the_way(files, tmp_path):
    files.write("a", scores(band="likely"))
    files.write("b", scores())
    assert files.read(["a", "b"]).height == 6
    assert pl.read_parquet(tmp_path / "scores" / "a.parquet")["band"][0] == "likely"


def test_a_write_that_is_stopped_leaves_nothing_that_is_read(files, tmp_path, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    for name, where in (("flush", score_files), ("replace", Path)):
        with monkeypatch.context() as patch:
            patch.setattr(where, name, stopped)
            with pytest.raises(KeyboardInterrupt):
                files.write("a", scores())
        assert files.kept() == set()
    files.clear(())
    assert list((tmp_path / "scores").iterdir()) == []


def test_of_a_day_the_newest_run_with_scores_counts(files):
    for name in ("early", "late", "other"):
        files.write(name, scores())
    runs = [run("late", minutes=2), run("early"), run("without", minutes=5), run("other", DAY - timedelta(days=1))]
    assert [found.run_id for found in files.counting(runs)] == ["other", "late"]


def test_a_file_whose_run_is_not_in_the_store_counts_for_nothing(files):
    files.write("orphan", scores())
    assert files.counting([run("a")]) == []


def test_clearing_keeps_what_is_named(files):
    for name in ("a", "b", "c"):
        files.write(name, scores())
    files.clear({"b"})
    assert files.kept() == {"b"}


def test_without_a_folder_nothing_is_kept_and_nothing_is_cleared(files):
    assert files.kept() == set()
    files.clear(())


def test_a_damaged_file_is_said_by_its_run(files, tmp_path):
    files.write("a", scores())
    (tmp_path / "scores" / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="scores of run a"):
        files.read(["a"])
