"""A synthetic world on disk: whole or not at all, never over something else."""

import json

import polars as pl
import pytest

from riskpay.errors import UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.sources.synthetic import files
from riskpay.sources.synthetic.world import synthesise


@pytest.fixture(scope="module")
def world():
    return synthesise(25, 9, seed=4)


def test_the_ledger_comes_back_as_it_was_written(world, tmp_path):
    truth = files.write_world(world, tmp_path / "a" / "out")
    assert truth == tmp_path / "a" / "out" / "truth"
    back = {file.stem: pl.read_parquet(file) for file in (tmp_path / "a" / "out").glob("*.parquet")}
    assert all(Ledger.of(back).frames()[n].equals(frame) for n, frame in world.ledger.frames().items())
    assert pl.read_parquet(truth / "items.parquet").equals(world.truth)
    assert pl.read_parquet(truth / "customers.parquet").equals(world.customers_truth)
    said = json.loads((truth / "scenario.json").read_text(encoding="utf-8"))
    assert (said["scenario"]["name"], said["as_of"]) == ("base", world.as_of.isoformat())


def test_an_empty_folder_is_taken_and_nothing_else_is_left(world, tmp_path):
    (tmp_path / "out").mkdir()
    files.write_world(world, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_is_there_stays(world, tmp_path, what):
    out = tmp_path / "out"
    if what == "folder":
        out.mkdir()
        (out / "kept").write_text("mine")
    else:
        out.write_text("mine")
    with pytest.raises(UsageError, match="is there already and not an empty folder"):
        files.write_world(world, out)
    assert (out / "kept" if what == "folder" else out).read_text() == "mine"


def test_a_write_that_fails_leaves_nothing(world, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(files.json, "dumps", full)
    with pytest.raises(OSError, match="no space"):
        files.write_world(world, tmp_path / "out")
    assert not list(tmp_path.iterdir())
