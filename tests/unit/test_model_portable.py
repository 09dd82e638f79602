"""Models as one file: nothing in it is read before its SHA-256 is right, and no model runs code."""

import gzip
import hashlib
import os
import pickletools
import shutil
import subprocess
from dataclasses import replace
from datetime import date

import joblib
import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from riskpay.errors import DataError, NotThereError
from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
from riskpay.features.labels import Grid
from riskpay.model import portable
from riskpay.model.calibration import Calibration
from riskpay.model.columns import COLUMNS
from riskpay.model.habit import HabitOffset
from riskpay.model.late_model import LateModel
from riskpay.model.paid_shape import EARLIEST, PaidShape
from riskpay.model.portable_model import PortableModel

LEVELS = (0.0,) * len(Grid().ends)


class Evil:
    """Makes a file where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@pytest.fixture(scope="module")
def late_model():
    rng = np.random.default_rng(1)
    values, paid = rng.random((400, len(COLUMNS))), rng.random(400)
    grown = lgb.train(
        {"verbose": -1, "objective": "binary"}, lgb.Dataset(values, paid < values[:, 0], feature_name=list(COLUMNS)), 3
    )
    text = grown.model_to_string()
    return LateModel(
        booster_texts=((text, text), (text, text)),
        offset=HabitOffset(LEVELS, LEVELS),
        calibration=Calibration(),
        shape=PaidShape(tuple([1 / (1 - EARLIEST)] * (1 - EARLIEST))),
        grid=Grid(),
        features=FeatureSettings(),
        train_as_of=date(2024, 6, 1),
        rounds=(3, 3),
        training_rows=400,
        settled_items=400,
        baselines={},
    )


@pytest.fixture(scope="module")
def questions():
    rng = np.random.default_rng(2)
    days = {"as_of": ["2024-06-01"] * 30, "due_date": ["2024-06-20"] * 30}
    return pd.DataFrame(days | {name: rng.random(30) for name in FEATURE_NAMES})


@pytest.fixture
def file(tmp_path, late_model):
    """A model's file with its sum beside it."""
    place = tmp_path / "model.joblib"
    portable.dump(
        PortableModel.of(late_model),
        place,
        {"model_version": "7"},
        PortableModel.of(replace(late_model, rounds=(2, 2))),
    )
    return place


def sum_of(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def packed(held, file):
    """Any object as a file that joblib reads, its sum beside it."""
    joblib.dump(held, file, compress=("gzip", 3))
    file.with_name(f"{file.name}.sha256").write_text(f"{sum_of(file)}  {file.name}\n")
    return file


def test_a_model_answers_frames_without_a_home(file, late_model, questions):
    told = portable.load(file, sum_of(file))
    assert told.late_model == late_model
    proba = told.predict_proba(questions[["due_date", *reversed(told.reads), "as_of"]])
    assert proba.shape == (30, 2)
    assert proba.sum(axis=1) == pytest.approx(1.0)
    assert np.array_equal(proba[:, 1], told.predict(questions)["p_late"])
    assert np.unique(proba[:, 1]).size > 1


def test_joblib_itself_reads_it(file, questions):
    held = joblib.load(file)
    assert held["about"] == {"model_version": "7"}
    assert held["model"].predict_proba(questions).shape == (30, 2)


def test_what_was_answered_before_is_not_in_the_file(file, tmp_path, late_model, questions):
    used = PortableModel.of(late_model)
    used.predict(questions)
    portable.dump(
        used, tmp_path / "used.joblib", {"model_version": "7"}, PortableModel.of(replace(late_model, rounds=(2, 2)))
    )
    assert (tmp_path / "used.joblib").read_bytes() == file.read_bytes()


def test_the_file_of_a_model_names_one_class_and_holds_text(file):
    data = gzip.decompress(file.read_bytes())
    named = [
        op.name
        for op, _, _ in pickletools.genops(data)
        if op.name in {"GLOBAL", "STACK_GLOBAL", "REDUCE", "INST", "OBJ"}
    ]
    assert named == ["STACK_GLOBAL"]


def test_a_model_comes_back_with_its_trial_and_where_it_is_from(file, late_model):
    found = portable.load_model(file)
    assert found.model == PortableModel.of(late_model)
    assert found.trial.late_model.rounds == (2, 2)
    assert found.about == {"model_version": "7"}
    assert found.differing() == ()


def test_the_sum_beside_it_is_what_sha256sum_writes_and_reads(file):
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("there is no sha256sum here")
    done = subprocess.run([tool, "-c", f"{file.name}.sha256"], cwd=file.parent, capture_output=True, check=False)
    assert done.stdout == f"{file.name}: OK\n".encode()


@pytest.mark.parametrize(
    "line", ["{sum}", "{sum}\n", "{SUM}  {name}\n", "{sum} *{name}\n", "{other}  other.joblib\n{sum}  {name}\n"]
)
def test_sums_are_read_as_people_write_them(file, line):
    given = {"sum": sum_of(file), "SUM": sum_of(file).upper(), "other": "0" * 64, "name": file.name}
    file.with_name(f"{file.name}.sha256").write_text(line.format(**given))
    assert portable.load(file).reads
    assert portable.load(file, f"sha256:{given['SUM']} ").reads


@pytest.mark.parametrize("line", ["", "no sum", "{other}  other.joblib\n", "{other}  {name}\n{sum}  {name}\n"])
def test_a_sidecar_that_tells_no_one_sum_is_refused(file, line):
    file.with_name(f"{file.name}.sha256").write_text(line.format(sum=sum_of(file), other="0" * 64, name=file.name))
    with pytest.raises(DataError, match="sums of"):
        portable.load(file)


@pytest.mark.parametrize("read", [portable.load, portable.load_model])
class TestWhatIsRefused:
    """Both ways of reading refuse the same files before they read anything."""

    def test_a_file_that_runs_code_with_another_sum(self, tmp_path, read):
        mark = tmp_path / "mark"
        evil = packed(Evil(mark), tmp_path / "model.joblib")
        with pytest.raises(DataError, match="Nothing of it was read"):
            read(evil, "0" * 64)
        evil.with_name("model.joblib.sha256").write_text(f"{'0' * 64}  model.joblib\n")
        with pytest.raises(DataError, match="Nothing of it was read"):
            read(evil)
        assert not mark.exists()
        joblib.load(evil)
        assert mark.exists(), "the file would have run code, had it been read"

    def test_a_file_without_any_sum(self, file, read):
        file.with_name(f"{file.name}.sha256").unlink()
        with pytest.raises(NotThereError, match="no sum was given"):
            read(file)

    def test_one_bit_that_fell_over(self, file, read):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        with pytest.raises(DataError, match="another file, or damaged"):
            read(file)

    def test_a_file_that_is_not_there(self, tmp_path, read):
        for told in ("0" * 64, None):
            with pytest.raises(NotThereError, match="there is no file"):
                read(tmp_path / "none.joblib", told)

    @pytest.mark.parametrize("given", ["", "abc", "g" * 64, "0" * 63])
    def test_a_sum_that_is_none(self, file, read, given):
        with pytest.raises(DataError, match="is no SHA-256"):
            read(file, given)

    @pytest.mark.parametrize(
        "data",
        [b"", b"not a file of joblib", gzip.compress(b"cut")[:-6], gzip.compress(b"\x80\x04.")],
        ids=["empty", "text", "cut short", "empty pickle"],
    )
    def test_a_file_with_the_right_sum_that_is_none_of_ours(self, tmp_path, read, data):
        other = tmp_path / "other.joblib"
        other.write_bytes(data)
        with pytest.raises(DataError):
            read(other, sum_of(other))

    def test_an_object_that_riskpay_did_not_write(self, tmp_path, read):
        with pytest.raises(DataError, match=r"not written by riskpay|holds no model"):
            read(packed({"a": 1}, tmp_path / "other.joblib"))


def hostile(model, **beside):
    return {"format": portable.FORMAT, "model": model, "about": {}, "trial": None, "versions": {}, **beside}


def test_no_model_runs_code_even_with_the_right_sum(tmp_path):
    mark = tmp_path / "mark"
    for held in (
        Evil(mark),
        hostile(Evil(mark)),
        hostile(None, about=Evil(mark)),
        hostile(PortableModel({"a.txt": Evil(mark)})),
    ):
        evil = packed(held, tmp_path / "model.joblib")
        with pytest.raises(DataError, match=r"names (posix|nt)\.system.*nothing of it was run"):
            portable.load_model(evil, sum_of(evil))
    assert not mark.exists()


def test_a_file_changes_no_class(tmp_path):
    """BUILD on the class itself would set its attributes."""
    name = f"{PortableModel.__module__}\n{PortableModel.__qualname__}\n".encode()
    state = b"N}(S'reads'\nS'x'\nu\x86b"  # (None, {"reads": "x"}): attributes to be set
    evil = tmp_path / "model.joblib"
    evil.write_bytes(gzip.compress(b"\x80\x02c" + name + state + b"."))
    with pytest.raises(DataError, match="holds no model"):
        portable.load_model(evil, sum_of(evil))
    assert isinstance(PortableModel.reads, property)


@pytest.mark.parametrize(
    "files", [{"../out.txt": "x"}, {"/out.txt": "x"}, {"model.json": 1}, {1: "x"}, ["model.json"], {}]
)
def test_texts_that_are_no_bundle_are_refused_and_written_nowhere(tmp_path, files):
    evil = packed(hostile(PortableModel(files) if isinstance(files, dict) else None), tmp_path / "model.joblib")
    with pytest.raises(DataError):
        assert portable.load_model(evil, sum_of(evil)).model.late_model
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.joblib", "model.joblib.sha256"]


def test_what_unpacks_to_too_much_is_refused(file, monkeypatch):
    monkeypatch.setattr(portable, "_MOST_BYTES", 1000)
    with pytest.raises(DataError, match="unpacks to more than 1,000 bytes"):
        portable.load_model(file)


def test_the_file_that_was_hashed_is_the_file_that_is_read(file, tmp_path, monkeypatch):
    """Another file put in its place after the sum was taken is never opened."""
    mark = tmp_path / "mark"
    evil = packed(Evil(mark), tmp_path / "evil.joblib")
    own = hashlib.sha256

    def swapping(data):
        shutil.copy(evil, file)
        return own(data)

    wanted = sum_of(file)
    monkeypatch.setattr(portable.hashlib, "sha256", swapping)
    assert portable.load(file, wanted).reads
    assert not mark.exists()


def test_other_versions_are_warned_of(file):
    held = joblib.load(file)
    held["versions"] |= {"lightgbm": "3.1.0", "numpy": np.__version__ + ".post1"}
    packed(held, file)
    with pytest.warns(portable.OtherVersionsWarning, match=r"written with lightgbm 3\.1\.0 \(here [0-9.]+\)$"):
        portable.load(file)
    assert portable.load_model(file).differing()[0].startswith("lightgbm 3.1.0")


def test_a_pipeline_of_any_kind_goes_the_same_way(tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.random((50, 2)), rng.integers(0, 2, 50)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    told = portable.dump(pipeline, str(tmp_path / "pipeline.joblib"))
    again = portable.load(str(tmp_path / "pipeline.joblib"), told)
    assert np.array_equal(again.predict_proba(x), pipeline.predict_proba(x))
    with pytest.raises(DataError, match=r"riskpay\.model\.portable\.load"):
        portable.load_model(tmp_path / "pipeline.joblib", told)


def test_what_cannot_be_unpickled_here_is_told_with_the_versions_there_are(tmp_path):
    broken = tmp_path / "model.joblib"
    broken.write_bytes(gzip.compress(b"\x80\x02cno.such.module\nName\n."))
    with pytest.raises(DataError, match="ModuleNotFoundError") as told:
        portable.load(broken, sum_of(broken))
    assert "lightgbm" in told.value.hint
