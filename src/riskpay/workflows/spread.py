"""One booster grown by all workers together, each on its share of the rows (``lightgbm.dask``), where one cannot hold all.

The workers of a booster wait for one another, so one that dies stops them all, and one that dies between choosing
its port and listening there leaves the others waiting. An attempt is therefore watched from outside: when a
worker is gone, an error came or the time is up, all workers are started anew and the booster is grown from its
beginning. So a cluster named by its address must be free of other work.
"""

import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import dask
import dask.array as da
import distributed
from distributed.client import FutureCancelledError
from lightgbm.basic import LightGBMError
from lightgbm.dask import DaskLGBMRegressor

from riskpay.errors import NotThereError
from riskpay.model.columns import columns_of
from riskpay.model.hazard import Arrays, Grower, Growth, arrays
from riskpay.workflows.cluster import ClusterEngine
from riskpay.workflows.growing import bare, read_rows, room, write_rows

MINUTES: Final = 60.0
"""How long one attempt at one booster may take."""

_FEWEST: Final = 200
"""Rows of a share: bins found on fewer would not fit all rows."""

_ATTEMPTS: Final = 3
_RESTART_SECONDS: Final = 180
_LOOK_SECONDS: Final = 0.2
_NOWHERE: Final = {"machines": "", "local_listen_port": "12400", "num_machines": "1"}
"""LightGBM's defaults for what says where a booster was grown: its text tells nobody the addresses of workers."""


class _LostError(Exception):
    """An attempt that cannot end well any more."""


_PASSING: Final = (_LostError, OSError, LightGBMError, FutureCancelledError, distributed.KilledWorker)
"""What a lost worker is told by: it may go well at the next attempt."""


def by_spreading(engine: ClusterEngine, home: Path, minutes: float = MINUTES) -> Grower:
    """A grower whose boosters are each grown by all workers, on rows dealt out evenly, at most ``minutes`` an attempt.

    The trees are as good as those grown in one piece, but not the same. The grower raises NotThereError when
    three attempts at a booster have failed.
    """
    return lambda growths: [_grown(engine.client, growth, home, minutes) for growth in growths]


@dataclass(frozen=True)
class Share:
    """A worker's share of the rows of a growth, in a file; ``height`` rows."""

    bare: Growth
    file: Path
    height: int


def read_share(share: Share) -> Arrays:
    """What LightGBM reads of a share."""
    return arrays(read_rows(share.file), share.bare.offset, share.bare.settings)


def _grown(client: distributed.Client, growth: Growth, home: Path, minutes: float) -> str:
    """The text of a booster, after as many attempts as it takes."""
    with room(home) as place:
        workers = max(1, min(len(client.nthreads()), growth.rows.height // _FEWEST))
        shares = list(_dealt(growth, workers, place))
        return growth.ended(_of_attempts(client, growth, shares, minutes))


def _dealt(growth: Growth, workers: int, folder: Path) -> Iterator[Share]:
    """Every so manieth row to a worker: each share is like the whole, and bins found on it fit all rows."""
    small = bare(growth)
    for number in range(workers):
        rows = growth.rows.gather_every(workers, number)
        yield Share(small, write_rows(rows, folder / f"share-{number}.arrow"), rows.height)


def _of_attempts(client: distributed.Client, growth: Growth, shares: list[Share], minutes: float) -> str:
    failures: list[Exception] = []
    while len(failures) < _ATTEMPTS:
        try:
            return _attempt(client, growth, shares, minutes)
        except _PASSING as failed:
            failures.append(failed)
            _start_anew(client, len(shares))
    raise NotThereError(
        f"{_ATTEMPTS} attempts to grow a booster on {len(shares)} workers failed, the last one: {failures[-1]}",
        "look at the workers' memory and logs; they must be able to connect to one another on any port; "
        "give more time (--time-limit) where it was too short",
    ) from failures[-1]


def _attempt(client: distributed.Client, growth: Growth, shares: list[Share], minutes: float) -> str:
    """The booster's text from all workers; raises one of ``_PASSING`` as soon as it cannot come any more."""
    workers, until = sorted(client.nthreads())[: len(shares)], time.monotonic() + 60 * minutes
    if len(workers) < len(shares):
        raise _LostError(f"of {len(shares)} workers {len(workers)} are there")
    found: SimpleQueue[str | BaseException] = SimpleQueue()
    Thread(target=_fit, args=(client, growth, shares, workers, found), daemon=True).start()
    while True:
        try:
            text = found.get(timeout=_LOOK_SECONDS)
        except Empty:
            gone = set(workers) - set(client.nthreads())
            if gone:
                raise _LostError(f"worker {min(gone)} is gone") from None
            if time.monotonic() > until:
                raise _LostError(f"it was not grown within {minutes:g} minutes") from None
        else:
            if isinstance(text, BaseException):
                raise text
            return text


def _fit(
    client: distributed.Client,
    growth: Growth,
    shares: list[Share],
    workers: list[str],
    found: "SimpleQueue[str | BaseException]",
) -> None:
    """Puts the booster's text, or why there is none, into ``found``; it may wait for ever, until the workers restart."""
    try:
        with client.as_current(), warnings.catch_warnings():
            # Each worker takes as many threads as it has, whatever the parameters say.
            warnings.filterwarnings("ignore", "Parameter n(um)?_(jobs|threads) will be ignored")
            found.put(_fitted(client, growth, shares, workers))
    except BaseException as failed:  # noqa: BLE001 - raised again by who waits for it
        found.put(failed)


def _fitted(client: distributed.Client, growth: Growth, shares: list[Share], workers: list[str]) -> str:
    places = zip(shares, workers, strict=True)
    read = [client.submit(read_share, share, workers=[worker], pure=False) for share, worker in places]
    for part in read:
        if failed := part.exception():
            raise failed
    columns = columns_of(growth.rows.columns)
    # The regressor with a binary objective: the classifier would number the labels of each share by itself.
    model = DaskLGBMRegressor(client=client, n_estimators=growth.rounds, **growth.parameters)
    model.fit(
        _joined(read, shares, "matrix", len(columns)),
        _joined(read, shares, "label"),
        sample_weight=_joined(read, shares, "weight"),
        init_score=_joined(read, shares, "start") if growth.is_later else None,
        feature_name=list(columns),
    )
    return _nowhere(model.booster_.model_to_string())


def _nowhere(text: str) -> str:
    for name, value in _NOWHERE.items():
        text = re.sub(rf"^\[{name}: .*\]$", f"[{name}: {value}]", text, flags=re.MULTILINE)
    return text


def _joined(read: list[distributed.Future], shares: list[Share], name: str, *width: int) -> da.Array:
    """One of the arrays of all shares, a chunk each, where they lie."""
    chunks = [
        da.from_delayed(getattr(dask.delayed(part), name), (share.height, *width), float)
        for part, share in zip(read, shares, strict=True)
    ]
    return da.concatenate(chunks)


def _start_anew(client: distributed.Client, workers: int) -> None:
    """All workers as new processes: what still runs in them ends. Raises NotThereError where they do not come back."""
    try:
        client.restart(timeout=_RESTART_SECONDS, wait_for_workers=False)
        client.wait_for_workers(workers, timeout=_RESTART_SECONDS)
    except (OSError, TimeoutError) as failed:
        raise NotThereError(
            f"{workers} workers were started anew after one was lost, and were not there within {_RESTART_SECONDS} s",
            "start the workers with nannies (`dask worker` does), and look at their logs",
        ) from failed
