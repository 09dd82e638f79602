"""Features part by part, on this machine and on a real Dask cluster: the same to the last bit as in one piece."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import psutil
import pytest
from distributed import LocalCluster

from riskpay.errors import NotThereError, UsageError
from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
from riskpay.features.histories import QUESTION_KEY, features
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import FILE_TABLES, ITEM_KEY
from riskpay.sources.intake import read_source
from riskpay.sources.mapping import load_mapping
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows import feature_build
from riskpay.workflows.cluster import cluster_engine
from riskpay.workflows.feature_build import build

SHARED = Path(os.environ.get("RISKPAY_SHARED", Path(__file__).parents[2].parent / "shared"))
RISKPAY = Path(sys.executable).parent / "riskpay"
SETTINGS = FeatureSettings(tolerance=100)
PART = 3_000
"""Items of a part: twelve parts of sample B."""

pytestmark = [pytest.mark.real, pytest.mark.cluster]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    place = tmp_path_factory.mktemp("home")
    source = read_source(SHARED / "data" / "highradius_sample_b.csv", load_mapping("highradius"), date(2020, 4, 1))
    LedgerFiles(place).load(source.frames, full=False, loaded_on=date(2020, 4, 1))
    return place


@pytest.fixture(scope="module")
def ledger(home):
    folder = LedgerFiles(home).folder()
    return Ledger.of({t.name: pl.read_parquet(folder / f"{t.name}.parquet") for t in FILE_TABLES})


@pytest.fixture(scope="module")
def at_issue(ledger):
    items = ledger.invoices.unique(ITEM_KEY, keep="first", maintain_order=True)
    return in_order(features(ledger, items.select(*ITEM_KEY, as_of="issue_date"), "start", SETTINGS))


def in_order(frame):
    return frame.select(*QUESTION_KEY, *FEATURE_NAMES).sort(QUESTION_KEY)


def answers(folder):
    return in_order(pl.read_parquet(folder / "*.parquet"))


def made(home, out, questions="issue", cut="start", **how):
    return build(LedgerFiles(home).folder(), out, questions, cut, SETTINGS, items=PART, **how)


def test_part_by_part_is_as_in_one_piece(home, at_issue, tmp_path):
    result = made(home, tmp_path / "out")
    assert result.parts == 12
    assert result.questions == at_issue.height == 34_217
    assert answers(tmp_path / "out").equals(at_issue)
    assert [place.name for place in tmp_path.iterdir()] == ["out"]


def test_items_open_on_a_day(home, ledger, tmp_path):
    made(home, tmp_path / "out", date(2019, 8, 1), "end")
    found = answers(tmp_path / "out")
    assert found.height == 2066
    assert found.equals(in_order(features(ledger, found.select(QUESTION_KEY), "end", SETTINGS)))


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_questions_of_a_file(home, ledger, tmp_path, kind):
    days = pl.Series([date(2019, 5, 1), date(2019, 9, 30)])
    items = ledger.invoices.sample(500, seed=1).select(ITEM_KEY)
    asked = items.with_columns(as_of=days.sample(500, with_replacement=True, seed=2))
    stranger = asked.head(1).with_columns(invoice_id=pl.lit("nobody's"))
    file = tmp_path / f"asked.{kind}"
    getattr(pl.concat([asked, stranger]), f"write_{kind}")(file)
    made(home, tmp_path / "out", file)
    assert answers(tmp_path / "out").equals(in_order(features(ledger, asked, "start", SETTINGS)))


def test_a_cluster_gives_the_same_and_outlives_killed_workers(home, at_issue, tmp_path):
    with cluster_engine(None, 2, "2GiB") as engine:
        before = set(engine._client.run(os.getpid).values())
        left = sorted(before)

        def kill_one(text, done=0, _total=0):
            # Once among the parts that are gathered, once among those that are answered.
            if text in {"gathering", "answering"} and done in {1, 13}:
                os.kill(left.pop(), signal.SIGKILL)

        result = made(home, tmp_path / "out", engine=engine, tell=kill_one)
        engine._client.wait_for_workers(2, timeout=60)
        after = set(engine._client.run(os.getpid, on_error="ignore").values())
    assert left == []
    assert before.isdisjoint(after)
    assert result.questions == at_issue.height
    assert answers(tmp_path / "out").equals(at_issue)


def test_a_cluster_by_its_address_from_the_command_line(home, at_issue, tmp_path):
    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        done = command(home, tmp_path / "out", "--engine", "dask", "--scheduler", cluster.scheduler_address)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["questions"] == at_issue.height
    # The policy's tolerance is 0, the fixture's is not.
    assert answers(tmp_path / "out").select(QUESTION_KEY).equals(at_issue.select(QUESTION_KEY))


def test_no_scheduler_at_the_address(home, tmp_path):
    done = command(home, tmp_path / "out", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 4
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_an_interrupt_leaves_nothing(home, tmp_path, engine):
    options = ["--engine", engine, "--items", "1000"]
    with subprocess.Popen(
        [RISKPAY, "--home", home, "features", tmp_path / "out", *options], stderr=subprocess.PIPE, text=True
    ) as running:
        for line in running.stderr:
            if line.startswith("gathering"):
                break
        children = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
    assert running.returncode == 130
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def test_a_folder_that_is_there_is_left_alone(home, tmp_path):
    with pytest.raises(UsageError, match="is there already"):
        made(home, tmp_path)


def test_questions_that_cannot_be_read(home, tmp_path):
    (tmp_path / "asked.csv").write_text("invoice_id,as_of\n1,2019-01-01\n")
    with pytest.raises(UsageError, match="no column company_id, instalment"):
        made(home, tmp_path / "out", tmp_path / "asked.csv")
    (tmp_path / "bad.parquet").write_text("no Parquet")
    with pytest.raises(UsageError, match="cannot be read"):
        made(home, tmp_path / "out", tmp_path / "bad.parquet")
    (tmp_path / "days.csv").write_text("company_id,invoice_id,instalment,as_of\n1,2,1,yesterday\n")
    with pytest.raises(UsageError, match="cannot be read"):
        made(home, tmp_path / "out", tmp_path / "days.csv")
    assert not (tmp_path / "out").exists()


def test_an_empty_ledger(tmp_path):
    files = LedgerFiles(tmp_path)
    with pytest.raises(NotThereError):
        files.folder()
    files.load({}, full=False, loaded_on=date(2024, 1, 1))
    with pytest.raises(NotThereError, match="no invoice"):
        build(files.folder(), tmp_path / "out", "issue", "start", SETTINGS)


def command(home, out, *options):
    return subprocess.run(
        [RISKPAY, "--home", home, "features", out, "--json", *options], capture_output=True, text=True, check=False
    )


def test_a_worker_still_writing_leaves_nothing_either(tmp_path, monkeypatch):
    """While the folder is removed for the first time a worker that is not stopped yet puts one more file there."""
    room = tmp_path / "room"
    room.mkdir()
    remove, passes = shutil.rmtree, []

    def with_a_late_file(place, **options):
        remove(place, **options)
        passes.append(place)
        if len(passes) == 1:
            place.mkdir()
            (place / "late.parquet").touch()

    monkeypatch.setattr(feature_build.shutil, "rmtree", with_a_late_file)
    feature_build._remove(room)
    assert list(tmp_path.iterdir()) == []
    assert len(passes) == 2
