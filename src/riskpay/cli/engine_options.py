"""Options that say where the work is done, and the engine they turn into."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from riskpay.errors import UsageError

if TYPE_CHECKING:
    from riskpay.workflows.cluster import ClusterEngine
    from riskpay.workflows.engines import LocalEngine


class EngineName(StrEnum):
    """Where the work is done."""

    LOCAL = "local"
    DASK = "dask"


EngineChoice = Annotated[EngineName, typer.Option(help="This process, or the workers of a Dask cluster.")]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A running Dask scheduler.  [default: workers on this machine]"),
]
Workers = Annotated[int, typer.Option(min=1, help="Dask workers to start on this machine.")]
WorkerMemory = Annotated[str, typer.Option(metavar="SIZE", help="Memory of each worker started here.")]


@contextmanager
def chosen_engine(
    name: EngineName, scheduler: str | None, workers: int, memory: str
) -> "Iterator[LocalEngine | ClusterEngine]":
    """The engine that the options name; raises UsageError where they contradict or its packages are missing."""
    if name is EngineName.LOCAL:
        if scheduler:
            raise UsageError(f"--scheduler {scheduler} without --engine dask", "add --engine dask, or leave it out")
        from riskpay.workflows.engines import LocalEngine

        yield LocalEngine()
        return
    try:
        from riskpay.workflows.cluster import cluster_engine
    except ImportError as missing:
        raise UsageError(
            f"--engine dask needs packages that are not installed: {missing}", "pip install 'riskpay[dask]'"
        ) from missing
    with cluster_engine(scheduler, workers, memory) as engine:
        yield engine
