"""Writes the model card, its figures and the model's signature anew: `make card`. Takes minutes."""

import json
import os
import sys
import tempfile
from pathlib import Path

from riskpay.reporting.model_card import plots, render, signature, with_figures
from riskpay.workflows.card import card

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("RISKPAY_SHARED") or HERE.parents[2] / "shared")


def say(text: str, done: int = 0, total: int = 0) -> None:
    """Progress on stderr."""
    sys.stderr.write(f"{text} ({done + 1} of {total})\n" if total else f"{text}\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        found = card(SHARED / "data", Path(place), say)
    for name, value in (("golden_metrics.json", found), ("signature.json", signature())):
        (HERE / name).write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    (HERE / "README.md").write_text(render(found), encoding="utf-8")
    (HERE / "plots").mkdir(exist_ok=True)
    for name, picture in plots(found).items():
        (HERE / "plots" / name).write_text(picture, encoding="utf-8")
    front = HERE.parents[1] / "README.md"
    front.write_text(with_figures(front.read_text(encoding="utf-8"), found), encoding="utf-8")
