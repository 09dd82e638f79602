"""A synthetic world as files: a canonical folder that can be loaded, and the truth in a folder inside it."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import polars as pl

from riskpay.errors import UsageError
from riskpay.sources.synthetic.world import World

TRUTH: str = "truth"
"""Name of the folder with the truth; loads of the ledger do not look into it."""


def write_world(world: World, out: Path) -> Path:
    """Write a world into a new or empty folder, whole or not at all, and return the folder of its truth.

    ``out`` gets one Parquet file per ledger table that has rows, in canonical columns, and
    ``truth/`` with items.parquet, customers.parquet and scenario.json. Raises UsageError if ``out`` holds anything.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already and not an empty folder", "name a new folder, or empty this one")
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        _write(draft, {name: frame for name, frame in world.ledger.frames().items() if frame.height})
        (draft / TRUTH).mkdir()
        _write(draft / TRUTH, {"items": world.truth, "customers": world.customers_truth})
        said = {"start": world.start, "as_of": world.as_of, "scenario": asdict(world.scenario)}
        (draft / TRUTH / "scenario.json").write_text(json.dumps(said, default=str, indent=2) + "\n", encoding="utf-8")
        draft.chmod(0o755)
        draft.replace(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return out / TRUTH


def _write(folder: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
