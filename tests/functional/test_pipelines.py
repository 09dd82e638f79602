"""The scripts for a scheduler: short, with a help page, and together a night's work."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.lists import worklist

FOLDER = Path(__file__).parents[2] / "pipelines"
SCRIPTS = sorted(FOLDER.glob("*.py"))
MOST_LINES = 40


def run(name, *arguments):
    done = subprocess.run(
        [sys.executable, str(FOLDER / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    )
    return done.returncode, done.stdout, done.stderr


def test_every_station_is_in_the_readme():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in SCRIPTS} == {"ingest.py", "train.py", "score.py", "monitor.py"}
    assert not [path.name for path in SCRIPTS if f"`{path.name} HOME" not in readme]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_station_is_short_and_has_a_help_page(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    code, said, _ = run(path.name, "--help")
    assert code == 0
    assert "home" in said


def test_a_fault_is_one_message_and_exit_code_one(tmp_path):
    code, said, fault = run("score.py", tmp_path / "home")
    assert (code, said) == (1, "")
    assert "riskpay ingest" in fault
    assert "Traceback" not in fault


@pytest.mark.slow
def test_a_night_from_export_to_worklist(tmp_path):
    world = synthesise(120, 12, seed=7)
    write_world(world, tmp_path / "export")
    home = tmp_path / "home"
    code, said, fault = run("ingest.py", home, tmp_path / "export", "--loaded-on", world.as_of)
    assert code == 0, fault
    assert "0 rejected" in said
    code, said, fault = run("train.py", home, "--as-of", world.as_of)
    assert code == 0, fault
    assert " promoted: passed" in said
    code, said, fault = run("score.py", home, "--as-of", world.as_of)
    assert code == 0, fault
    assert f"{world.as_of}: " in said
    assert {entry["strategy"] for entry in worklist(home)["entries"]} == {"call_value"}
    code, said, fault = run("monitor.py", home, "--as-of", world.as_of, "--page", tmp_path / "page.html")
    assert code == 0, said + fault
    assert f"{world.as_of}: " in said
    assert "</html>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    code, said, _ = run("monitor.py", home, "--as-of", world.as_of + timedelta(days=20))
    assert (code, "alarm data.facts" in said) == (5, True)


@pytest.mark.slow
def test_a_night_without_a_model_ranks_by_points(tmp_path):
    world = synthesise(30, 6, seed=5)
    write_world(world, tmp_path / "export")
    home = tmp_path / "home"
    code, said, fault = run("ingest.py", home, tmp_path / "export", "--loaded-on", world.as_of)
    assert code == 0, fault
    code, said, fault = run("score.py", home, "--without-model", "--as-of", world.as_of)
    assert code == 0, fault
    assert f"{world.as_of}: " in said
    assert {entry["strategy"] for entry in worklist(home)["entries"]} == {"points"}
