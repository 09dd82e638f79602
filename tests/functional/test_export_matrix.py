"""The exported matrix is what boosters learn from: on it the same trees grow; and the file is whole or not there."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import date

import lightgbm as lgb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from riskpay.cli import main
from riskpay.model.estimator import PaymentHazardClassifier
from riskpay.model.matrix import KEYS, LEARNT, PersonPeriods
from riskpay.model.training import ask_landmarks, training_rows
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows import export_matrix as exporting
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WORDS = re.compile(r"^pandas_categorical:.*$", re.MULTILINE)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with a synthetic ledger, whose boosters are grown by one thread."""
    place = tmp_path_factory.mktemp("export")
    world = synthesise(60, 12, seed=1)
    write_world(world, place / "ledger")
    ingest(place / "home", place / "ledger", "canonical", world.as_of)
    (place / "home" / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    return place / "home"


@pytest.fixture
def riskpay(home, capsys):
    """Runs a command in that home: (exit code, the JSON it printed)."""

    def run(*arguments):
        code = main.main(["--home", str(home), *map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture(scope="module")
def matrix(home, tmp_path_factory):
    """The matrix without training, as a path."""
    file = tmp_path_factory.mktemp("matrix") / "matrix.parquet"
    exporting.export_matrix(home, file)
    return file


def test_without_training_it_says_what_it_wrote(riskpay, tmp_path):
    code, told = riskpay("train", "--export-matrix", tmp_path / "m.parquet", "--export-only")
    frame = pl.read_parquet(tmp_path / "m.parquet")
    assert code == 0
    assert (told["model_version"], told["promoted"], told["metrics"]) == (None, False, {})
    assert told["matrix"] == {
        "path": str(tmp_path / "m.parquet"),
        "rows": frame.height,
        "columns": frame.width,
        "features": frame.width - len(KEYS) - len(LEARNT),
    }


def test_a_csv_holds_the_same(home, matrix, tmp_path):
    file = tmp_path / "matrix.csv"
    exporting.export_matrix(home, file)
    frame = pl.read_parquet(matrix)
    again = pl.read_csv(file, schema=frame.schema)
    assert again.equals(frame)


def test_parts_and_row_groups_are_bounded_and_change_nothing(home, matrix, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS", 1000)
    for file in (tmp_path / "matrix.parquet", tmp_path / "matrix.csv"):
        exporting.export_matrix(home, file)
    groups = pq.ParquetFile(tmp_path / "matrix.parquet").metadata
    assert groups.num_row_groups == -(-groups.num_rows // 1000)
    whole = pl.read_parquet(matrix)
    assert pl.read_parquet(tmp_path / "matrix.parquet").equals(whole)
    assert pl.read_csv(tmp_path / "matrix.csv", schema=whole.schema).equals(whole)


def test_it_ends_with_the_day_it_is_made_for(home, tmp_path):
    day = date(2024, 10, 1)
    exporting.export_matrix(home, tmp_path / "m.parquet", day)
    frame = pl.read_parquet(tmp_path / "m.parquet")
    assert frame["as_of"].max() < day
    assert frame.select((pl.col("due_date") + pl.duration(days="interval_end")).max()).item() < day


def test_columns_are_the_keys_the_features_and_what_is_learnt(matrix):
    frame, about = pl.read_parquet(matrix), json.loads(pq.read_schema(matrix).metadata[b"riskpay"])
    assert frame.columns == [*KEYS, *about["features"], *LEARNT]
    assert frame["start"].is_null().to_list() == (frame["group"] == "first").to_list()
    assert set(frame["weight"].unique()) == {0.5, 1.0}
    assert frame.filter("at_issue")["weight"].unique().to_list() == [1.0]
    assert frame.select(pl.col(KEYS).null_count()).sum_horizontal()[0] == 0


def text_of(booster):
    return WORDS.sub("", booster.model_to_string())


@pytest.mark.slow
def test_bare_lightgbm_and_the_estimator_grow_the_registered_trees_on_it(home, riskpay, tmp_path):
    file = tmp_path / "matrix.parquet"
    code, told = riskpay("train", "--export-matrix", file)
    assert (code, told["matrix"]["path"]) == (0, str(file))
    model = Home.open(home).registry.read(told["model_version"])
    frame, about = pd.read_parquet(file), json.loads(pq.read_schema(file).metadata[b"riskpay"])
    assert about["train_as_of"] == told["train_as_of"]
    assert told["matrix"]["rows"] == model.training_rows
    for group, members in zip(("first", "later"), model.hazard.boosters, strict=True):
        part = frame[frame.group == group]
        for parameters, member in zip(about["parameters"][group], members, strict=True):
            data = lgb.Dataset(
                part[about["features"]].to_numpy(np.float64),
                label=part[about["label"]].astype(float),
                weight=part[about["weight"]],
                init_score=part[about["start"]] if group == "later" else None,
                feature_name=about["features"],
            )
            bare = lgb.train(parameters, data, num_boost_round=member.num_trees())
            assert text_of(bare) == text_of(member)
    own = PaymentHazardClassifier(rounds=model.rounds).fit(frame[about["features"]], frame.paid, frame.weight)
    assert own.hazard_.offset == model.offset
    rows = read_rows(home, model.train_as_of)
    assert np.array_equal(own.predict_proba(frame[about["features"]])[:, 1], model.hazard.predict(rows))


def read_rows(home, day):
    opened = Home.open(home)
    ledger = opened.ledger.known(day, "start")
    settings = opened.train_settings
    return training_rows(ledger, ask_landmarks(ledger, day, settings), day, settings)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--export-only",), 2, "without --export-matrix"),
        (("--export-matrix", "m.txt"), 2, "m.txt ends in .txt; the matrix is written as .parquet or .csv"),
        (("--export-matrix", "m"), 2, "m ends in nothing"),
        (("--export-matrix", "m.csv", "--export-only", "--as-of", "2000-01-01"), 4, "nothing is known"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_done(
    riskpay, arguments, code, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exporting, "ask_landmarks", lambda *_: pytest.fail("histories were built"))
    found, told = riskpay("train", *arguments)
    assert found == code
    assert message in told["error"]["message"]
    assert not list(tmp_path.iterdir())


def test_a_day_with_too_little_decided_is_told(riskpay, home, tmp_path):
    first = Home.open(home).ledger.invoices["issue_date"].min()
    code, told = riskpay("train", "--export-matrix", tmp_path / "m.csv", "--export-only", "--as-of", first)
    assert code == 3
    assert told["error"]["kind"] == "TooFewLabelsError"
    assert not list(tmp_path.iterdir())


def test_an_error_in_the_middle_leaves_the_old_file(home, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "ROWS", 1000)
    own = PersonPeriods.parts

    def interrupted(given, rows):
        yield next(own(given, rows))
        raise KeyboardInterrupt

    monkeypatch.setattr(PersonPeriods, "parts", interrupted)
    for name in ("m.parquet", "m.csv"):
        (tmp_path / name).write_text("old")
        with pytest.raises(KeyboardInterrupt):
            exporting.export_matrix(home, tmp_path / name)
        assert (tmp_path / name).read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.csv", "m.parquet"]


@pytest.mark.slow
def test_ctrl_c_while_it_is_written_leaves_nothing(home, tmp_path):
    """A process of its own is stopped as soon as the file beside appears."""
    slow = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from riskpay.workflows import export_matrix\n"
        "export_matrix.ROWS = 1\n"  # some thousand row groups: there is time to be stopped in
        "from riskpay.cli.main import run; run()"
    )
    arguments = ["--home", home, "train", "--export-matrix", tmp_path / "m.parquet", "--export-only", "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", slow, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not any(tmp_path.iterdir()):
            pass
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, out
    assert json.loads(out)["error"]["kind"] == "KeyboardInterrupt"
    assert not list(tmp_path.iterdir())
