"""Pieces of work done by the workers of a Dask cluster: one that is named by its address, or one started here.

Needs the packages of ``riskpay[dask]``.
"""

import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import dask
import distributed

from riskpay.errors import NotThereError

T = TypeVar("T")
R = TypeVar("R")

_CONNECT_SECONDS: Final = 10
_ONE_THREAD: Final = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
"""Of a worker and of the libraries in it; set before its Python starts, as Polars asks only once.

The limit holds whatever number of threads LightGBM is told to take, which stands in the text of its boosters.
"""


class ClusterEngine:
    """Workers of a Dask scheduler. The pieces of one that dies are done again by others."""

    def __init__(self, client: distributed.Client) -> None:
        self._client = client

    @property
    def client(self) -> distributed.Client:
        """The client of the scheduler, for work whose pieces need one another."""
        return self._client

    def width(self) -> int:
        """As ``Engine.width``: the threads of all workers there are now."""
        return max(1, int(sum(self._client.ncores().values())))

    def each(self, work: Callable[[T], R], pieces: Sequence[T]) -> Iterator[R]:
        """As ``Engine.each``. Raises NotThereError when the cluster is lost, or a piece keeps killing its workers."""
        futures = self._client.map(work, pieces, pure=False)
        try:
            for future in distributed.as_completed(futures, loop=self._client.loop):
                yield future.result()
        except (distributed.KilledWorker, distributed.client.FutureCancelledError, OSError) as failed:
            raise NotThereError(
                f"the cluster's workers were lost: {failed}",
                "look at their memory and logs; smaller parts (features --items) or spread rows (train --rows spread) "
                "need less memory",
            ) from failed
        finally:
            self._client.cancel(futures, force=True)

    def peak_mb(self) -> list[float]:
        """The most memory that each worker has held so far."""
        peaks = self._client.run(peak_mb)
        return list(peaks.values())


def peak_mb() -> float:
    """The most memory that this process has held, by Linux; unlike ``ru_maxrss``, without that of who started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


class LeaveInterrupts(distributed.WorkerPlugin):  # type: ignore[misc]  # distributed has no types that hold in strict mode
    """Leaves Ctrl-C to the process that was asked: it drops the work and stops the workers in order."""

    name = "riskpay-leave-interrupts"

    def setup(self, worker: object) -> None:  # noqa: ARG002 - the plugin's signature
        """Called in each worker as it starts."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def cluster_engine(scheduler: str | None, workers: int, memory: str) -> Iterator[ClusterEngine]:
    """The engine of the Dask scheduler at an address (tcp://host:port), or of so many workers started on this machine.

    ``memory``: what each worker started here may use, such as 4GiB. Raises NotThereError where no scheduler
    answers at the address.
    """
    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.nanny.pre-spawn-environ": _ONE_THREAD}))
        address = scheduler or stack.enter_context(_workers_here(workers, memory))
        try:
            client = stack.enter_context(distributed.Client(address, set_as_default=False, timeout=_CONNECT_SECONDS))
        except (OSError, ValueError) as failed:
            raise NotThereError(
                f"no Dask scheduler answers at {scheduler}: {failed}",
                "start one with `dask scheduler`, or leave it out",
            ) from failed
        client.register_plugin(LeaveInterrupts())
        yield ClusterEngine(client)


def _workers_here(workers: int, memory: str) -> distributed.LocalCluster:
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        memory_limit=memory,
        host="127.0.0.1",
        # Without an address its pages take port 8787, which another cluster on this machine may have.
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )
