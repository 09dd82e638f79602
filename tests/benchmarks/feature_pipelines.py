"""The ways to make features that ``bench_features.py`` measures, by name, and the measurement of one of them.

As a script: ``feature_pipelines.py PIPELINE LEDGER OUT`` runs one pipeline in this process and prints one JSON object. Each
measurement is a process of its own, so that its peak memory is its own.
"""

# ruff: noqa: PLC0415 - a pipeline imports what it needs and no other's libraries: they would count as its memory

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from running import peak_mb

if TYPE_CHECKING:
    from datetime import date

    from riskpay.ledger.ledger import Ledger


@dataclass(frozen=True)
class Done:
    """What a run brought. ``elsewhere_mb``: peak memory of processes that it started, added up. ``answer_seconds``: the
    part of its time that went into answers, which is told apart.
    """

    features: int
    elsewhere_mb: float = 0.0
    answer_seconds: float = 0.0


Run = Callable[[Path, Path], Done]
"""From the folder of a ledger's Parquet tables to Parquet in another folder."""


def riskpay() -> Run:
    """The catalogue's features of every item at its issue day, with the facts known before it, part by part."""
    from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
    from riskpay.workflows.feature_build import build

    def run(ledger: Path, out: Path) -> Done:
        build(ledger, out / "features", "issue", "start", FeatureSettings())
        return Done(len(FEATURE_NAMES))

    return run


def dask() -> Run:
    """The same on two worker processes of a Dask cluster, started here; their start counts."""
    from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
    from riskpay.workflows.cluster import cluster_engine
    from riskpay.workflows.feature_build import build

    def run(ledger: Path, out: Path) -> Done:
        with cluster_engine(None, 2, "6GiB") as engine:
            build(ledger, out / "features", "issue", "start", FeatureSettings(), engine)
            elsewhere = sum(engine.peak_mb())
        return Done(len(FEATURE_NAMES), elsewhere)

    return run


def pandas() -> Run:
    """The 37 of these features that a pandas pipeline of running sums and merge_asof gives, at the same questions."""
    from pandas_features import build

    return lambda ledger, out: Done(build(ledger, out / "features.parquet"))


def rebuild_day() -> Run:
    """A day from the ledger's files: all facts gathered anew, and every item open by then answered."""
    import holidays.countries.united_states  # noqa: F401 - which is loaded when first asked for

    from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
    from riskpay.features.histories import gather
    from riskpay.features.parts import answered_by_key, questions_of

    def run(ledger: Path, out: Path) -> Done:
        day = _busy_day(ledger)
        facts = gather(_ledger(ledger, "<=", day), FeatureSettings(), "end")
        began = perf_counter()
        answered_by_key(facts, questions_of(facts.items, day)).write_parquet(out / "features.parquet")
        return Done(len(FEATURE_NAMES), answer_seconds=perf_counter() - began)

    return run


def incremental_day() -> Run:
    """The same day from facts kept on disk the evening before (``keep``), to which the day's facts are added."""
    import holidays.countries.united_states  # noqa: F401 - which is loaded when first asked for
    import polars as pl

    from riskpay.features.catalogue import FEATURE_NAMES
    from riskpay.features.standing import Standing
    from riskpay.ledger.ledger import Ledger
    from riskpay.store.frames import read_frames

    def run(ledger: Path, out: Path) -> Done:
        kept = out / "kept"
        news = Ledger.of({f.stem: pl.read_parquet(f) for f in (out / "news").glob("*.parquet")})
        later = read_frames(Standing, kept).later(news, Ledger.of({}))
        assert later, "a day brings no company"
        began = perf_counter()
        later.open_features(_busy_day(ledger)).write_parquet(out / "features.parquet")
        return Done(len(FEATURE_NAMES), answer_seconds=perf_counter() - began)

    return run


def keep(ledger: Path, out: Path) -> None:
    """What ``incremental_day`` starts from: the facts of the evening before in ``out/kept``, the day's in ``out/news``."""
    from riskpay.features.catalogue import FeatureSettings
    from riskpay.features.standing import Standing
    from riskpay.store.frames import write_frames

    day = _busy_day(ledger)
    write_frames(Standing.of(_ledger(ledger, "<", day), FeatureSettings(), "end"), out / "kept")
    (out / "news").mkdir()
    for name, rows in _ledger(ledger, "==", day).frames().items():
        if rows.height and name != "companies":
            rows.write_parquet(out / "news" / f"{name}.parquet")


def _busy_day(ledger: Path) -> "date":
    """A working day near the end of the ledger, on which as much happens as on any."""
    import polars as pl

    known = pl.read_parquet(ledger / "invoices.parquet", columns=["known_on"])["known_on"].sort()
    return known[int(0.97 * known.len())]


def _ledger(folder: Path, which: str, day: "date") -> "Ledger":
    """The ledger's rows known before, on, or up to a day."""
    import operator

    import polars as pl

    from riskpay.ledger.ledger import Ledger

    compare = {"<": operator.lt, "==": operator.eq, "<=": operator.le}[which]
    frames = {file.stem: pl.read_parquet(file) for file in folder.glob("*.parquet")}
    return Ledger.of(
        {
            name: rows.filter(compare(pl.col("known_on"), day)) if "known_on" in rows.columns else rows
            for name, rows in frames.items()
        }
    )


def bare_sort() -> Run:
    """No features: the same events read, sorted by customer or item and day, and written. What no pipeline can save."""
    import polars as pl

    orders = {
        "invoices": ("company_id", "customer_id", "known_on"),
        "allocations": ("company_id", "invoice_id", "instalment", "known_on"),
    }

    def run(ledger: Path, out: Path) -> Done:
        for name, order in orders.items():
            pl.read_parquet(ledger / f"{name}.parquet").sort(order).write_parquet(out / f"{name}.parquet")
        return Done(0)

    return run


PIPELINES: dict[str, Callable[[], Run]] = {
    "riskpay": riskpay,
    "pandas": pandas,
    "bare_sort": bare_sort,
    "rebuild_day": rebuild_day,
    "incremental_day": incremental_day,
    "dask": dask,
}
"""Each imports what it needs and gives the function that is timed."""

PREPARED = {"incremental_day": keep}
"""What is made before the time runs, in a process of its own."""


def measure(name: str, ledger: Path, out: Path) -> dict[str, float]:
    """One run of a pipeline in this process: features, seconds and cpu_seconds (imports left out), and peak_mb."""
    run = PIPELINES[name]()
    if name in PREPARED:
        subprocess.run([sys.executable, __file__, "--prepare", name, str(ledger), str(out)], check=True)
    began, worked = perf_counter(), process_time()
    done = run(ledger, out)
    seconds, cpu = perf_counter() - began, process_time() - worked
    return {
        "features": done.features,
        "seconds": seconds - done.answer_seconds,
        "answer_seconds": done.answer_seconds,
        "cpu_seconds": cpu,
        "peak_mb": peak_mb() + done.elsewhere_mb,
    }


if __name__ == "__main__" and sys.argv[1] == "--prepare":
    PREPARED[sys.argv[2]](Path(sys.argv[3]), Path(sys.argv[4]))
elif __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
