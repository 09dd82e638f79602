"""How fast the model is beside bare LightGBM: ``make bench-model``.

Scoring: a million open items, each asked on one day on which it was open (at issue, before its due date or after it), 18 months
of a synthetic world of its own. Training: a ledger of the size of sample B, synthetic too. Nothing is learnt from the scored items.

- ``predict.riskpay_s``: ``LateModel.risks``, from features to the whole risk table: person-period rows, boosters, habit,
  calibration, curves of 181 days, late probabilities, pay dates and bands.
- ``predict.bare_s``: ``Booster.predict`` of the same boosters on the same person-period rows, whose matrix lies ready (float64, row
  after row, which LightGBM reads fastest). Its rows come 100,000 items at a time; that costs it nothing.
- ``fit.riskpay_s``: ``fit_model``, from answered questions to a model: labels and person-period rows, offsets, matrices, all boosters
  (the kept ones and those of later periods), calibration, intervals and bands. ``grown_s``: the growing of boosters alone.
- ``fit.bare_s``: ``lgb.Dataset`` and ``lgb.train`` of the same boosters on matrices that lie ready, each right beside riskpay's; their
  texts are compared, so that both sides are known to have grown the same trees.

Both sides have LightGBM's threads as they are used: all cores to predict, ``HazardSettings.threads`` to train. Each measurement is a
fresh process (in ``fit`` both sides share one and take turns booster by booster); sides take turns, and figures are medians over the rounds.
``speed`` is bare_s / riskpay_s, ``overhead`` riskpay_s / bare_s. ``cpu_s`` is of all threads: what other work on the machine disturbs least. ``peak_mb`` is the most that the process held: in scoring, the features
of the items (0.8 kB each) and their curves (0.7 kB each) are most of it.

What scoring costs beside the boosters, for n items, f features, k intervals and 181 days: n log n to order them, n f to lay out
their features, n k for what differs between intervals, and 181 n for the curves. The boosters take 2 n k times their trees.

Writes build/bench/model.json: ``machine``, ``predict`` and ``fit`` with rows and these figures.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from running import how_many, machine, run_script

from riskpay.model.hazard import HazardSettings

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "build" / "bench" / "model.json"
PROGRESS = Console(stderr=True)

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints a table and writes the figures."""
    asked = _options(arguments)
    learnt = (asked.customers, asked.months, asked.trees)
    sides: dict[str, list[Figures]] = {"fit": [], "riskpay": [], "bare": []}
    with TemporaryDirectory(prefix="riskpay-bench-") as place:
        _measured("items", place, asked.items)
        for number in range(1, asked.rounds + 1):
            for side, rounds in sides.items():
                PROGRESS.print(f"round {number} of {asked.rounds}: {side}", highlight=False)
                rounds.append(_measured(side, place, *(learnt if side == "fit" else ())))
    figures = {
        "machine": machine("lightgbm", "numpy", "polars"),
        "predict": _predict(sides["riskpay"], sides["bare"]),
        "fit": _fit(sides["fit"]),
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    Console().print(_table(figures))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Times scoring and training beside bare LightGBM.")
    parser.add_argument("--items", type=how_many, default="1M", help="open items to score, as 100k or 1M")
    parser.add_argument("--customers", type=int, default=300, help="customers of the ledger that is learnt from")
    parser.add_argument("--months", type=int, default=18, help="its months")
    parser.add_argument(
        "--trees", type=int, default=HazardSettings().rounds, help="most trees where a later period watches"
    )
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each side")
    parser.add_argument("--out", type=Path, default=OUT, help="file for the figures")
    return parser.parse_args(arguments)


def _measured(name: str, *arguments: object) -> Figures:
    found: Figures = json.loads(run_script(HERE / "model_sides.py", name, *arguments))
    return found


def _predict(riskpay: list[Figures], bare: list[Figures]) -> Figures:
    if riskpay[0]["rows"] != bare[0]["rows"]:
        raise ValueError(f"riskpay scored {riskpay[0]['rows']} rows, the bare boosters {bare[0]['rows']}")
    ours, theirs = _median(riskpay, "seconds"), _median(bare, "seconds")
    return {
        "items": riskpay[0]["items"],
        "rows": riskpay[0]["rows"],
        "riskpay_s": ours,
        "bare_s": theirs,
        "speed": round(theirs / ours, 3),
        "riskpay_cpu_s": _median(riskpay, "cpu_seconds"),
        "bare_cpu_s": _median(bare, "cpu_seconds"),
        "peak_mb": round(_median(riskpay, "peak_mb")),
        "rounds_s": _rounds(riskpay, bare, "seconds"),
    }


def _fit(rounds: list[Figures]) -> Figures:
    ours, theirs = _median(rounds, "seconds"), _median(rounds, "bare_seconds")
    return {
        "questions": rounds[0]["questions"],
        "rows": rounds[0]["rows"],
        "boosters": rounds[0]["boosters"],
        "riskpay_s": ours,
        "grown_s": _median(rounds, "grown_seconds"),
        "bare_s": theirs,
        "overhead": round(ours / theirs, 3),
        "riskpay_cpu_s": _median(rounds, "cpu_seconds"),
        "bare_cpu_s": _median(rounds, "bare_cpu_seconds"),
        "peak_mb": round(_median(rounds, "peak_mb")),
        "rounds_s": _rounds(rounds, rounds, "bare_seconds"),
    }


def _median(rounds: list[Figures], name: str) -> float:
    return round(median(figures[name] for figures in rounds), 3)


def _rounds(riskpay: list[Figures], bare: list[Figures], theirs: str) -> list[Figures]:
    return [
        {"riskpay_s": round(one["seconds"], 3), "bare_s": round(other[theirs], 3)}
        for one, other in zip(riskpay, bare, strict=True)
    ]


def _table(figures: Figures) -> Table:
    table = Table(title="The model beside bare LightGBM, medians", box=SIMPLE, padding=0)
    table.add_column("", no_wrap=True)
    for heading in ("rows", "riskpay s", "bare s", "ratio", "peak MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    predict, fitted = figures["predict"], figures["fit"]
    for name, side, ratio in (
        (f"score {predict['items']:,} items", predict, f"speed {predict['speed']:.2f}"),
        (f"train {len(fitted['boosters'])} boosters", fitted, f"overhead {fitted['overhead']:.2f}"),
    ):
        seconds = (f"{side[key]:.1f}" for key in ("riskpay_s", "bare_s"))
        table.add_row(name, f"{side['rows']:,}", *seconds, ratio, f"{side['peak_mb']:,}")
    return table


if __name__ == "__main__":
    sys.exit(main())
