"""The benchmark of the model writes what it promises, and both of its sides do the same work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "bench_model.py"


@pytest.mark.slow
def test_the_benchmark_writes_both_sides_of_scoring_and_training(tmp_path):
    out = tmp_path / "model.json"
    small = ["--items", "0.5k", "--customers", "20", "--months", "8", "--trees", "5", "--rounds", "1"]
    done = subprocess.run([sys.executable, SCRIPT, *small, "--out", out], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text(encoding="utf-8"))
    predict, fit = figures["predict"], figures["fit"]
    assert predict["items"] == 500
    assert 500 < predict["rows"] <= 500 * 8
    assert fit["rows"] > 200
    assert len(fit["boosters"]) >= 6, "those that are kept, and those of a later period"
    assert all(1 <= booster["trees"] <= 8 for booster in fit["boosters"])
    for side in (predict, fit):
        assert min(side["riskpay_s"], side["bare_s"], side["peak_mb"]) > 0
    assert predict["speed"] == pytest.approx(predict["bare_s"] / predict["riskpay_s"], abs=0.01)
    assert fit["overhead"] == pytest.approx(fit["riskpay_s"] / fit["bare_s"], rel=0.05)
    assert "score 500 items" in done.stdout
