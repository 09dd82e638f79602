"""How fast features are made, beside pandas and beside a bare sort of the same events: ``make bench-features``.

Every pipeline goes from the Parquet tables of one ledger to Parquet, and asks of every item at its issue day what was known
before it. Each measurement is a fresh process; pipelines take turns, and figures are medians over the rounds.

- ``seconds``: inside the process, after its imports, until the results are written; of ``rebuild_day`` and
  ``incremental_day`` until all facts of a day are in place. ``answer_seconds`` is what their answers about the day's open items take
  after that, which is the same question put to both. Files just made are read from the
  machine's cache, by all sides alike. Each library writes with its own defaults (Polars zstd, pandas snappy).
- ``cpu_seconds``: of all threads of the process, over the same span; what other work on the machine disturbs least.
- ``wall_seconds``: of the whole process, start of Python and imports included.
- ``peak_mb``: most memory that the process held (VmHWM, by Linux), with that of processes it started.
- ``per_feature_ms``: seconds over the number of features, which differs between pipelines.

What the fast pipeline costs, for f facts, q questions, g groupings (customer, customer and weekday, ...), w windows and s sums:

- Items and their states: f log f to order the facts by item and day, once; a file in order costs f.
- Timelines: for each grouping, f log f to order its rows and f s to add them up. A dozen groupings of three sums each, and
  one of forty.
- Answers: q log f for each grouping and window to find where the sums stand (neighbouring questions find it side by side), and q for
  each sum. What a window holds is the difference of two sums, whatever its length. Then q for each feature.
- Writing: q times the features, a fifth of the whole.
- Memory: the facts, timelines and answers of the parts at work (two of a quarter of a million items each), some 3 kB an item. A larger
  ledger has more parts: time grows with f, memory does not.
- A day on kept facts: c log f for c changed items, what all of the above costs for c alone, and a pass over the open items of their
  customers. Nothing of it grows with f but the logarithm.

Writes build/bench/features.json: ``machine`` and ``runs[]`` with pipeline, invoices, features and these figures, plus
``failed[]`` for what did not run.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from feature_pipelines import PIPELINES
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from running import how_many, machine, run_script

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "build" / "bench" / "features.json"
SEED = 1
PROGRESS = Console(stderr=True)

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints a table and writes the figures; 1 if a pipeline did not run."""
    asked = _options(arguments)
    runs: list[Figures] = []
    failed: list[Figures] = []
    with TemporaryDirectory(prefix="riskpay-bench-") as place:
        for invoices in asked.sizes:
            ledger = Path(place) / "ledger"
            run_script(HERE / "ledgers.py", ledger, invoices, SEED)
            measured = _measured(asked.pipelines, ledger, asked.rounds or _rounds_of(invoices))
            runs += [_run(name, invoices, rounds) for name, rounds in measured.items() if isinstance(rounds, list)]
            failed += [
                {"pipeline": name, "invoices": invoices, "said": said}
                for name, said in measured.items()
                if isinstance(said, str)
            ]
            shutil.rmtree(ledger)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    figures = {"machine": machine("polars", "pandas", "pyarrow", "numpy"), "runs": runs, "failed": failed}
    asked.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    Console().print(_table(runs))
    for lost in failed:
        PROGRESS.print(f"{lost['pipeline']} did not run on {lost['invoices']:,} invoices: {lost['said']}")
    return 1 if failed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Times feature pipelines on ledgers of several sizes.")
    parser.add_argument("--sizes", type=_sizes, default="100k,1M,5M", help="numbers of invoices, as 100k,1M,5M")
    parser.add_argument("--pipelines", type=_names, default=",".join(PIPELINES), help="names, parted by commas")
    parser.add_argument("--rounds", type=int, help="runs of each; left out: 5 up to 200k, 3 up to 2M, else 1")
    parser.add_argument("--out", type=Path, default=OUT, help="file for the figures")
    return parser.parse_args(arguments)


def _sizes(text: str) -> list[int]:
    return [how_many(part) for part in text.split(",")]


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in PIPELINES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no pipeline {', '.join(unknown)}; there are {', '.join(PIPELINES)}")
    return names


def _rounds_of(invoices: int) -> int:
    return 5 if invoices <= 200_000 else 3 if invoices <= 2_000_000 else 1


def _measured(names: Iterable[str], ledger: Path, rounds: int) -> dict[str, list[Figures] | str]:
    """Measurements by pipeline, which take turns; of one that failed, what it said: it is not tried again."""
    made: dict[str, list[Figures]] = {name: [] for name in names}
    said: dict[str, str] = {}
    for number in range(1, rounds + 1):
        for name in [name for name in made if name not in said]:
            PROGRESS.print(f"round {number} of {rounds}: {name}", highlight=False)
            try:
                made[name].append(_once(name, ledger))
            except subprocess.CalledProcessError as error:
                said[name] = (error.stderr.strip().splitlines() or [str(error)])[-1]
    return {**made, **said}


def _once(name: str, ledger: Path) -> Figures:
    with TemporaryDirectory(dir=ledger.parent) as out:
        began = perf_counter()
        printed = run_script(HERE / "feature_pipelines.py", name, ledger, out)
        wall = perf_counter() - began
    return {**json.loads(printed), "wall_seconds": wall}


def _run(name: str, invoices: int, rounds: list[Figures]) -> Figures:
    features = rounds[0]["features"]
    measured = ("seconds", "answer_seconds", "cpu_seconds", "wall_seconds", "peak_mb")
    middle = {key: median(row[key] for row in rounds) for key in measured}
    return {
        "pipeline": name,
        "invoices": invoices,
        "features": features,
        **{key: round(value, 3) for key, value in middle.items()},
        "per_feature_ms": round(1000 * middle["seconds"] / features, 1) if features else None,
        "rounds_seconds": [round(row["seconds"], 3) for row in rounds],
    }


def _table(runs: Iterable[Figures]) -> Table:
    table = Table(title="Features of every invoice at its issue day, Parquet in and out", box=SIMPLE, padding=0)
    table.add_column("pipeline", no_wrap=True)
    for heading in ("invoices", "features", "seconds", "of rounds", "ms each", "CPU s", "peak MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    size = None
    for run in runs:
        if size not in {None, run["invoices"]}:
            table.add_section()
        size = run["invoices"]
        each = run["rounds_seconds"]
        table.add_row(
            run["pipeline"],
            f"{size:,}",
            str(run["features"] or "-"),
            f"{run['seconds']:.2f}",
            f"{min(each):.2f}-{max(each):.2f}",
            f"{run['per_feature_ms']:.1f}" if run["features"] else "-",
            f"{run['cpu_seconds']:.2f}",
            f"{run['peak_mb']:,.0f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
