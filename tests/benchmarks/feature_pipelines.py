"""The ways to make features that ``bench_features.py`` measures, by name, and the measurement of one of them.

As a script: ``feature_pipelines.py PIPELINE LEDGER OUT`` runs one pipeline in this process and prints one JSON object. Each
measurement is a process of its own, so that its peak memory is its own.
"""

# ruff: noqa: PLC0415 - a pipeline imports what it needs and no other's libraries: they would count as its memory

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time


@dataclass(frozen=True)
class Done:
    """What a run brought. ``elsewhere_mb``: peak memory of processes that it started, added up."""

    features: int
    elsewhere_mb: float = 0.0


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
    "dask": dask,
}
"""Each imports what it needs and gives the function that is timed."""


def measure(name: str, ledger: Path, out: Path) -> dict[str, float]:
    """One run of a pipeline in this process: features, seconds and cpu_seconds (imports left out), and peak_mb."""
    run = PIPELINES[name]()
    began, worked = perf_counter(), process_time()
    done = run(ledger, out)
    seconds, cpu = perf_counter() - began, process_time() - worked
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    own_mb = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))
    return {
        "features": done.features,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_mb": own_mb + done.elsewhere_mb,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
