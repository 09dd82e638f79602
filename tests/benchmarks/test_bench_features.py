"""The benchmark of features writes what it promises."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "bench_features.py"


def test_the_benchmark_writes_a_run_for_every_pipeline_and_size(tmp_path):
    out = tmp_path / "features.json"
    names = ["riskpay", "pandas", "bare_sort"]
    options = ["--sizes", "300,0.6k", "--pipelines", ",".join(names), "--rounds", "1", "--out", out]
    done = subprocess.run([sys.executable, SCRIPT, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert [(run["pipeline"], run["invoices"]) for run in figures["runs"]] == [
        (n, s) for s in (300, 600) for n in names
    ]
    assert all(run["seconds"] > 0 and run["peak_mb"] > 0 for run in figures["runs"])
    assert figures["runs"][1]["features"] == 37
    assert figures["failed"] == []


def test_an_unknown_pipeline_is_refused(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--pipelines", "nosuch"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "riskpay, pandas, bare_sort" in done.stderr
