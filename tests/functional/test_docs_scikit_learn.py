"""The page on scikit-learn does what it says: its blocks run one after the other."""

import re
from pathlib import Path

import numpy as np
import pytest

from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.export_matrix import export_matrix
from riskpay.workflows.ingest import ingest

PAGE = Path(__file__).parents[2] / "docs" / "scikit-learn.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_blocks_of_the_page_run(tmp_path, monkeypatch):
    world = synthesise(40, 10, seed=1)
    write_world(world, tmp_path / "ledger")
    ingest(tmp_path / "home", tmp_path / "ledger", "canonical", world.as_of)
    export_matrix(tmp_path / "home", tmp_path / "matrix.parquet")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    assert len(BLOCKS) == 5
    assert names["p_paid"].shape == (len(names["frame"]),)
    assert names["unpaid"].shape == (2000, 3)
    assert np.corrcoef(names["late"], names["tends"])[0, 1] > 0.5
    assert np.array_equal(names["again"].predict(names["asked"]), names["pipeline"].predict(names["asked"]))
