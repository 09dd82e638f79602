"""The project's own commands: what they promise before they install anything."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*command, **environ):
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | environ, timeout=60
    )


def test_continuous_integration_fails_without_the_shared_data(tmp_path):
    done = run("bash", ".ci/run", CI="true", RISKPAY_SHARED=str(tmp_path / "nosuch"))
    assert done.returncode == 1
    assert "RISKPAY_SHARED" in done.stderr


def test_make_lists_its_commands():
    done = run("make")
    promised = ("demo", "test", "check", "serve", "docs", "lock", "clean")
    assert all(re.search(rf"^make {name} ", done.stdout, re.MULTILINE) for name in promised)


def test_an_environment_that_is_there_is_not_made_again(tmp_path):
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / ".riskpay-ready").touch()
    assert run("make", "--question", "env", f"VENV={venv}").returncode == 0


def test_an_older_python_is_refused_with_what_to_do(tmp_path):
    old = tmp_path / "python-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1 && exit 0\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    done = run("make", "env", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode == 2
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.1" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()
