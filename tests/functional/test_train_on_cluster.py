"""Boosters grown by a real Dask cluster: each by one worker, to the last tree; or by all together, as good; workers killed."""

import json
import os
import signal
from dataclasses import replace
from threading import Thread
from time import sleep

import lightgbm.dask
import numpy as np
import polars as pl
import pytest

from riskpay.cli import main
from riskpay.errors import NotThereError
from riskpay.features.catalogue import FEATURE_NAMES, LATE_DAYS
from riskpay.features.labels import Grid, intervals
from riskpay.model import hazard
from riskpay.model.habit import habit_hazard
from riskpay.model.hazard import HazardSettings
from riskpay.model.registry import Registry
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows import spread
from riskpay.workflows.cluster import cluster_engine
from riskpay.workflows.growing import by_engine, read_rows
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest

SETTINGS = HazardSettings(rounds=40, patience=8, learning_rate=0.1)
AS_GOOD = 0.003
"""Log loss on held-out rows by which spread trees may differ; two seeds differ by half of it (.0015)."""

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def engine():
    with cluster_engine(None, 2, "2GiB") as started:
        yield started


def person_rows(number, seed):
    """Rows of questions at issue whose customers differ in how late they pay, and who pay by habit."""
    rng = np.random.default_rng(seed)
    left = rng.random(number)
    shares = {"late_share": left}
    for days in LATE_DAYS:
        shares[f"late_{days}_share"] = left = left * rng.uniform(0.2, 1.0, number)
    asked = pl.DataFrame({name: rng.random(number) for name in FEATURE_NAMES} | shares).with_columns(
        due_date=pl.date(2024, 6, 1), as_of=pl.date(2024, 5, 2), at_issue=True
    )
    rows = intervals(asked, Grid())
    return rows.with_columns(paid=pl.Series(rng.random(rows.height)) < habit_hazard())


@pytest.fixture(scope="module")
def rows():
    return person_rows(1500, 1)


@pytest.fixture(scope="module")
def later():
    return person_rows(1500, 2)


@pytest.fixture(scope="module")
def here(rows, later):
    """What this process grows of ``plans``."""
    return hazard.grow(plans(rows, later))


def plans(rows, later):
    return [hazard.watching(rows, later, SETTINGS), hazard.two_members(rows, (30, 20), SETTINGS)]


def texts(grown):
    return [member.model_to_string() for one in grown for members in one.boosters for member in members]


def log_loss(grown, rows):
    told, paid = grown.predict(rows), rows["paid"].to_numpy()
    return -np.log(np.where(paid, told, 1 - told)).mean()


class Killer:
    """Kills one worker as soon as the cluster works on something of that name."""

    def __init__(self, engine, name):
        self.client, self.name = engine.client, name
        self.before = set(self.client.run(os.getpid).values())
        Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while not any(self.name in str(key) for keys in self.client.processing().values() for key in keys):
            sleep(0.02)
        sleep(0.2)
        os.kill(min(self.before), signal.SIGKILL)

    def killed(self):
        self.client.wait_for_workers(2, timeout=60)
        return min(self.before) not in self.client.run(os.getpid, on_error="ignore").values()


@pytest.mark.parametrize("killing", [False, True])
def test_each_booster_by_one_worker_has_the_same_trees(engine, rows, later, here, home, killing):
    home.mkdir()
    killer = Killer(engine, "grow_task") if killing else None
    found = hazard.grow(plans(rows, later), by_engine(engine, home))
    assert texts(found) == texts(here)
    assert [one.offset for one in found] == [one.offset for one in here]
    assert list(home.iterdir()) == []
    assert killer is None or killer.killed()


def test_all_workers_together_grow_trees_that_are_as_good_and_do_not_tell_where(engine, rows, later, here, home):
    home.mkdir()
    held_out = person_rows(4000, 3)
    found = hazard.grow(plans(rows, later), spread.by_spreading(engine, home))
    for one, local in zip(found, here, strict=True):
        assert log_loss(one, held_out) == pytest.approx(log_loss(local, held_out), abs=AS_GOOD)
    assert hazard.rounds_of(found[1]) == hazard.rounds_of(here[1])
    assert "127.0.0.1" not in "".join(texts(found))
    assert list(home.iterdir()) == []


def test_a_worker_killed_in_training_together_costs_an_attempt(engine, rows, home):
    home.mkdir()
    plan = hazard.one_member(rows, (150, 5), SETTINGS)
    killer = Killer(engine, "_train_part")
    (found,) = hazard.grow([plan], spread.by_spreading(engine, home))
    assert hazard.rounds_of(found) == (150, 5)
    assert killer.killed()


def test_a_worker_killed_before_it_listens_does_not_leave_the_others_waiting(engine, rows, home, monkeypatch):
    home.mkdir()
    choose, left = lightgbm.dask._assign_open_ports_to_workers, [min(engine.client.run(os.getpid).values())]

    def choose_and_kill(**which):
        chosen = choose(**which)
        if left:
            os.kill(left.pop(), signal.SIGKILL)
        return chosen

    monkeypatch.setattr(lightgbm.dask, "_assign_open_ports_to_workers", choose_and_kill)
    (found,) = hazard.grow([hazard.one_member(rows, (5, 5), SETTINGS)], spread.by_spreading(engine, home))
    assert hazard.rounds_of(found) == (5, 5)
    assert left == []


def test_an_attempt_that_takes_too_long_is_ended_and_the_third_is_the_last(engine, rows, home, monkeypatch):
    home.mkdir()
    anew = []
    monkeypatch.setattr(spread, "_start_anew", lambda _client, workers: anew.append(workers))
    monkeypatch.setattr(spread, "_fit", lambda *_: None)
    with pytest.raises(NotThereError, match=r"3 attempts .* the last one: it was not grown within 0 minutes"):
        hazard.grow([hazard.one_member(rows, (5, 5), SETTINGS)], spread.by_spreading(engine, home, minutes=0))
    assert anew == [2, 2, 2]
    assert list(home.iterdir()) == []


def test_workers_that_do_not_come_back_are_said():
    class Gone:
        def restart(self, **_):
            raise TimeoutError

    with pytest.raises(NotThereError, match=r"2 workers were started anew .* not there within 180 s\n.*nannies"):
        spread._start_anew(Gone(), 2)


def test_few_rows_are_for_few_workers(engine, home):
    home.mkdir()
    few = person_rows(150, 4)
    (found,) = hazard.grow([hazard.one_member(few, (3, 3), SETTINGS)], spread.by_spreading(engine, home))
    assert hazard.rounds_of(found) == (3, 3)


def test_a_worker_that_does_not_see_the_rows_says_where_and_what(home):
    with pytest.raises(NotThereError, match=r"does not see .*rows-0.arrow\nput the home"):
        read_rows(home / "rows-0.arrow")


@pytest.fixture(scope="module")
def ledger_home(tmp_path_factory):
    place = tmp_path_factory.mktemp("trained")
    world = synthesise(60, 10, seed=7)
    write_world(world, place / "export")
    ingest(place / "home", place / "export", "canonical", world.as_of)
    return place / "home"


def test_the_model_of_the_command_is_the_same_byte_for_byte(engine, ledger_home, monkeypatch, capsys):
    own = Home.train_settings.fget
    monkeypatch.setattr(Home, "train_settings", property(lambda home: replace(own(home), hazard=SETTINGS)))
    address = engine.client.scheduler.address
    versions = [
        trained(capsys, ledger_home, *options)["model_version"]
        for options in ([], ["--engine", "dask", "--scheduler", address])
    ]
    registry = Registry(Home.open(ledger_home).settings.mlflow, ledger_home / "artifacts")
    local, dask = (registry.read(version) for version in versions)
    assert dask == local
    assert registry.read_trial(versions[0]) == registry.read_trial(versions[1])
    assert bundle_files(ledger_home, 2) == 2 * 2 * 5
    assert [place for place in ledger_home.iterdir() if place.name.startswith(".")] == []


def trained(capsys, home, *options):
    assert main.main(["--home", str(home), "train", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def bundle_files(home, runs):
    """How many files the bundles with boosters have, each found with the same bytes in every run."""
    contents = {}
    for bundle in {booster.parent for booster in (home / "artifacts").rglob("booster_*")}:
        for file in bundle.iterdir():
            contents.setdefault(("trial" in file.parts, file.name), []).append(file.read_bytes())
    assert all(len(found) == runs and len(set(found)) == 1 for found in contents.values())
    return sum(map(len, contents.values()))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rows", "spread"], "--rows spread without --engine dask"),
        (["--scheduler", "tcp://127.0.0.1:9"], "--scheduler tcp://127.0.0.1:9 without --engine dask"),
    ],
)
def test_options_that_contradict_are_refused(ledger_home, capsys, options, said):
    assert main.main(["--home", str(ledger_home), "train", *options]) == 2
    assert said in capsys.readouterr().err
