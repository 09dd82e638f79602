"""Boosters grown by an engine: each is a piece of work of its own, its rows handed over by a file that workers see."""

import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import polars.selectors as cs

from riskpay.errors import NotThereError
from riskpay.model.hazard import Grower, Growth
from riskpay.workflows.engines import Engine


@contextmanager
def room(home: Path) -> Iterator[Path]:
    """A new folder in ``home`` for rows on their way to workers; removed at the end."""
    place = Path(tempfile.mkdtemp(prefix=".growing-", dir=home.absolute()))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def by_engine(engine: Engine, home: Path) -> Grower:
    """A grower whose boosters are grown by the engine's workers, each by one of them: the same trees as here."""

    def grow(growths: Iterable[Growth]) -> list[str]:
        with room(home) as place:
            tasks = list(_handed_over(growths, place))
            largest_first = sorted(tasks, key=lambda task: -task.work)
            texts = dict(engine.each(grow_task, largest_first))
        return [texts[number] for number in range(len(tasks))]

    return grow


@dataclass(frozen=True)
class Task:
    """A growth whose rows lie in files; ``bare`` is the growth without them. ``work``: how long it takes, in no unit."""

    number: int
    bare: Growth
    rows: Path
    watched: Path | None
    work: int


def grow_task(task: Task) -> tuple[int, str]:
    """The number of a task and the text of its booster."""
    watched = read_rows(task.watched) if task.watched else None
    return task.number, replace(task.bare, rows=read_rows(task.rows), watched=watched).grown()


def write_rows(rows: pl.DataFrame, file: Path) -> Path:
    """What boosters read of person-period rows, as an Arrow file; read back it is the same to the last bit."""
    rows.select(~cs.string()).write_ipc(file)
    return file


def read_rows(file: Path) -> pl.DataFrame:
    """The rows in ``file``; raises NotThereError where this machine does not see it."""
    if not file.exists():
        raise NotThereError(
            f"the worker on {socket.gethostname()} does not see {file}",
            "put the home (--home) into a folder that every worker sees under the same path",
        )
    return pl.read_ipc(file)


def _handed_over(growths: Iterable[Growth], place: Path) -> Iterator[Task]:
    """The growths as tasks; members that follow one another on the same rows share a file."""
    before: tuple[pl.DataFrame, Path] | None = None
    for number, growth in enumerate(growths):
        if before is None or before[0] is not growth.rows:
            before = growth.rows, write_rows(growth.rows, place / f"rows-{number}.arrow")
        watched = growth.watched
        later = None if watched is None else write_rows(watched, place / f"watched-{number}.arrow")
        yield Task(number, bare(growth), before[1], later, growth.rows.height * growth.rounds)


def bare(growth: Growth) -> Growth:
    """The growth without its rows: small enough for a message."""
    return replace(growth, rows=pl.DataFrame(), watched=None)
