"""A model leaves one home and enters another as one file; nothing else enters."""

import hashlib
import json
import os

import joblib
import numpy as np
import pytest

from riskpay.cli import main
from riskpay.model import portable
from riskpay.model.training import ask_landmarks
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with a champion."""
    place = tmp_path_factory.mktemp("trained")
    world = synthesise(60, 12, seed=1)
    write_world(world, place / "ledger")
    ingest(place / "home", place / "ledger", "canonical", world.as_of)
    (place / "home" / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    learnt = train(place / "home").model_version
    Home.open(place / "home").registry.champions.promote(learnt, "train", "")
    return place / "home"


@pytest.fixture(scope="module")
def file(trained, tmp_path_factory):
    """The champion as a file, with what the command said."""
    place = tmp_path_factory.mktemp("file") / "model.joblib"
    assert main.main(["--home", str(trained), "models", "export", "champion", str(place)]) == 0
    return place


@pytest.fixture
def riskpay(capsys):
    """Runs a command in a home: (exit code, the JSON it printed)."""

    def run(home, *arguments):
        code = main.main(["--home", str(home), *map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_a_model_enters_another_home_as_challenger_and_says_the_same(trained, file, riskpay, tmp_path):
    sum_ = hashlib.sha256(file.read_bytes()).hexdigest()
    code, told = riskpay(tmp_path / "other", "models", "import", file, "--sha256", sum_)
    assert (code, told["model_version"], told["sha256"], told["differing"]) == (0, "1", sum_, [])
    one, other = Home.open(trained), Home.open(tmp_path / "other")
    assert other.registry.champions.champion() is None
    assert other.registry.read("1") == one.registry.read("1")
    assert other.registry.read_trial("1") == one.registry.read_trial("1")
    assert told["about"]["data_version"] == one.data_version
    assert told["about"]["policy_hash"] == one.policy_hash


def test_the_file_answers_without_a_home(trained, file):
    opened = Home.open(trained)
    day, settings = opened.last_day(), opened.train_settings
    frame = ask_landmarks(opened.ledger.known(day, "start"), day, settings).frame.tail(200)
    told = portable.load(file, hashlib.sha256(file.read_bytes()).hexdigest())
    late = told.predict_proba(frame.select("as_of", "due_date", *told.reads).to_pandas())[:, 1]
    assert np.array_equal(late, opened.registry.read("1").p_late(frame))


def test_export_says_the_sum_and_where_it_is(trained, riskpay, tmp_path):
    code, told = riskpay(trained, "models", "export", "1", tmp_path / "one.joblib")
    assert code == 0
    assert told["sha256"] == hashlib.sha256((tmp_path / "one.joblib").read_bytes()).hexdigest()
    assert (tmp_path / "one.joblib.sha256").read_text() == f"{told['sha256']}  one.joblib\n"
    assert (told["sidecar"], told["trial"]) == (str(tmp_path / "one.joblib.sha256"), True)


@pytest.mark.parametrize(("version", "code"), [("99", 4), ("two", 4)])
def test_a_version_that_is_not_there_is_told(trained, riskpay, tmp_path, version, code):
    found, told = riskpay(trained, "models", "export", version, tmp_path / "none.joblib")
    assert found == code
    assert "versions are there from 1 to" in told["error"]["message"]
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_not_written_over(trained, file, riskpay):
    before = file.read_bytes()
    code, told = riskpay(trained, "models", "export", "1", file)
    assert (code, told["error"]["message"]) == (2, f"{file} is there already")
    assert file.read_bytes() == before


class Evil:
    """Makes a file where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_nothing_is_registered_of_a_file_that_is_not_what_it_should_be(file, riskpay, tmp_path):
    home, mark, evil = tmp_path / "home", tmp_path / "mark", tmp_path / "evil.joblib"
    joblib.dump(Evil(mark), evil, compress=("gzip", 3))
    right = hashlib.sha256(evil.read_bytes()).hexdigest()
    for given in (("--sha256", "0" * 64), ("--sha256", "abc"), ("--sha256", right)):
        code, told = riskpay(home, "models", "import", evil, *given)
        assert (code, told["error"]["kind"]) == (3, "DataError")
    assert riskpay(home, "models", "import", evil)[0] == 4
    assert not mark.exists()
    assert not (home / "mlflow.db").exists()


def test_the_sum_beside_the_file_is_said_to_prove_little(file, tmp_path, capsys):
    assert main.main(["--home", str(tmp_path / "home"), "models", "import", str(file)]) == 0
    said = capsys.readouterr()
    assert "proves that the file is whole, not who made it" in said.err
    assert "registered as challenger" in said.out
