"""The ledger on disk: Parquet files by version, and a pointer that is replaced in one step.

    HOME/ledger/versions/<data_version>/<table>.parquet
    HOME/ledger/versions/<data_version>/LOADED_ON      the day of the newest load that gave this version
    HOME/ledger/versions/<data_version>/SINCE          the version before it, if a load made it from one, and counts of
    HOME/ledger/versions/<data_version>/added/         the rows that the load added, by table
    HOME/ledger/versions/<data_version>/removed/       the rows that it took out or replaced, by table
    HOME/ledger/CURRENT                                the data_version that counts

A version is written beside the others and renamed into place; only then CURRENT is replaced. Killed at any moment, the
ledger is as before, and the next load clears what was left. A lock keeps two loads from losing one another.
"""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from riskpay.errors import DataError, NotThereError
from riskpay.ledger.columns import Table
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import FILE_TABLES, TABLES
from riskpay.store.flush import flush
from riskpay.store.ledger_merge import Count, merge

_LEFTOVER = ".writing-"
_LOADED_ON, _SINCE = "LOADED_ON", "SINCE"
_ADDED, _REMOVED = "added", "removed"


@dataclass(frozen=True)
class LoadResult:
    """What a load did: rows of all tables that were new, changed or there already, and items that vanished.

    ``data_version`` names the content of the ledger after it; ``by_table`` has the counts of each table;
    ``vanished_items`` the keys (company_id, invoice_id, instalment) of what a full export no longer shows.
    """

    data_version: str
    added: int
    changed: int
    unchanged: int
    vanished: int
    by_table: dict[str, Count]
    vanished_items: pl.DataFrame


@dataclass(frozen=True)
class Since:
    """What a load made of the ``version`` before: rows added and removed, by table."""

    version: str
    added: Mapping[str, pl.DataFrame]
    removed: Mapping[str, pl.DataFrame]

    def write(self, folder: Path) -> None:
        """Into the folder of the version that the load made."""
        counts = {}
        for side, frames in ((_ADDED, self.added), (_REMOVED, self.removed)):
            (folder / side).mkdir()
            counts[side] = {name: rows.height for name, rows in frames.items() if rows.height}
            for name in counts[side]:
                file = folder / side / f"{name}.parquet"
                frames[name].write_parquet(file)
                flush(file)
            flush(folder / side)
        (folder / _SINCE).write_text(json.dumps({"version": self.version, **counts}) + "\n", encoding="ascii")
        flush(folder / _SINCE)


class LedgerFiles:
    """The ledger of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "ledger"
        self._versions = self._folder / "versions"
        self._pointer = self._folder / "CURRENT"

    def current_version(self) -> str:
        """The data_version that counts; raises NotThereError before the first load."""
        try:
            return self._pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise NotThereError(
                f"there is no ledger in {self._folder.parent}", "load one: riskpay ingest PATH --format NAME"
            ) from None

    def current(self) -> Ledger:
        """The ledger that counts, its event tables empty; raises NotThereError before the first load."""
        return self.version(self.current_version())

    def folder(self) -> Path:
        """Where the Parquet files of the version that counts are; raises NotThereError before the first load."""
        return self._versions / self.current_version()

    def version(self, data_version: str) -> Ledger:
        """The ledger of one version; raises NotThereError if it is not kept here, DataError if it is damaged."""
        folder = self._versions / data_version
        if not folder.is_dir():
            raise NotThereError(f"version {data_version} of the ledger is not in {self._versions}", "load it again")
        try:
            frames = {t.name: pl.read_parquet(folder / f"{t.name}.parquet") for t in FILE_TABLES}
            return Ledger.of(frames, _day_in(folder / _LOADED_ON))
        except (OSError, ValueError, pl.exceptions.PolarsError) as failed:
            raise DataError(f"version {data_version} of the ledger is damaged: {failed}", "load it again") from failed

    def load(
        self,
        intake_frames: Mapping[str, pl.DataFrame],
        full: bool,
        loaded_on: date,
        shown_open: pl.DataFrame | None = None,
        named_items: pl.DataFrame | None = None,
        before_publishing: Callable[[], None] | None = None,
    ) -> LoadResult:
        """Merge tables into the ledger and publish the result in one step.

        ``full``: what the load does not hold is reported as vanished; ``loaded_on`` is the day from which changes
        are known that carry no day; ``shown_open`` (item keys) are items the source shows as unpaid,
        ``named_items`` items it names in rejected rows too, which have not vanished. Tables of events
        are not for the files and are left alone. ``before_publishing`` is called once the result is sound and on
        disk, and before it counts: what it raises leaves the ledger as it was. Raises DataError if the result
        breaks a contract.
        """
        new = {t.name: t.conform(intake_frames[t.name]) for t in FILE_TABLES if t.name in intake_frames}
        with self._locked():
            before = self.current() if self._pointer.exists() else Ledger.of({})
            old = {table.name: before.frames()[table.name] for table in FILE_TABLES}
            merged = merge(old, new, loaded_on, full=full, shown_open=shown_open, named_items=named_items)
            newest = max(loaded_on, before.loaded_on or loaded_on)
            since = self._since(old, merged.frames) if self._pointer.exists() else None
            version = self._publish(Ledger.of(merged.frames, newest), before_publishing or _nothing, since)
        counts = merged.counts.values()
        return LoadResult(
            version,
            sum(c.added for c in counts),
            sum(c.changed for c in counts),
            sum(c.unchanged for c in counts),
            merged.vanished.height,
            merged.counts,
            merged.vanished,
        )

    def replace(self, ledger: Ledger) -> str:
        """Publish ``ledger`` as the whole ledger and give its data_version; its event tables are not kept here."""
        with self._locked():
            return self._publish(ledger, _nothing)

    def changes(self, since: str, until: str) -> tuple[Ledger, Ledger] | None:
        """Rows that loads added to version ``since``, and took out of it, until version ``until``.

        None where that is not known: ``since`` is not one of the versions that led to ``until``, or what a load wrote down of
        it is not there as it was written.
        """
        try:
            return self._changes(since, until)
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
            return None

    def _changes(self, since: str, until: str) -> tuple[Ledger, Ledger]:
        version, steps = until, list[tuple[Path, dict[str, Any]]]()
        while version != since:
            folder = self._versions / version
            told = json.loads((folder / _SINCE).read_text(encoding="ascii"))
            steps.append((folder, told))
            version = told["version"]
        added, removed = ({table.name: table.empty() for table in FILE_TABLES} for _ in range(2))
        for folder, told in reversed(steps):
            for table in FILE_TABLES:
                more, less = added[table.name], removed[table.name]
                new, gone = (_rows_in(folder / side, table, told[side]) for side in (_ADDED, _REMOVED))
                # What comes and goes again, or goes and comes again, changes nothing.
                added[table.name] = pl.concat([_without(more, gone), _without(new, less)])
                removed[table.name] = pl.concat([_without(less, new), _without(gone, more)])
        return Ledger.of(added), Ledger.of(removed)

    def _since(self, old: Mapping[str, pl.DataFrame], merged: Mapping[str, pl.DataFrame]) -> Since:
        changed = {name: rows for name, rows in merged.items() if rows is not old[name]}
        return Since(
            self.current_version(),
            {name: _without(rows, old[name]) for name, rows in changed.items()},
            {name: _without(old[name], rows) for name, rows in changed.items()},
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._versions.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for leftover in self._versions.glob(f"{_LEFTOVER}*"):
                shutil.rmtree(leftover)
            yield

    def _publish(self, ledger: Ledger, before: Callable[[], None], since: Since | None = None) -> str:
        frames = ledger.frames()
        ordered = {t.name: TABLES[t.name].validate(frames[t.name]).sort(t.names) for t in FILE_TABLES}
        version = data_version(ordered)
        folder = self._versions / version
        if not folder.is_dir():
            self._write(folder, ordered, ledger.loaded_on, before, since)
        else:
            before()
            if ledger.loaded_on and _day_in(folder / _LOADED_ON) != ledger.loaded_on:
                _replace_text(folder / _LOADED_ON, ledger.loaded_on.isoformat())
        if not self._pointer.exists() or self.current_version() != version:
            _replace_text(self._pointer, version)
        return version

    def _write(
        self,
        folder: Path,
        ordered: Mapping[str, pl.DataFrame],
        loaded_on: date | None,
        before: Callable[[], None],
        since: Since | None,
    ) -> None:
        writing = Path(tempfile.mkdtemp(prefix=_LEFTOVER, dir=self._versions))
        writing.chmod(0o755)
        for name, frame in ordered.items():
            file = writing / f"{name}.parquet"
            frame.write_parquet(file)
            flush(file)
        if loaded_on:
            (writing / _LOADED_ON).write_text(f"{loaded_on.isoformat()}\n", encoding="ascii")
            flush(writing / _LOADED_ON)
        if since:
            since.write(writing)
        flush(writing)
        try:
            before()
        except BaseException:
            shutil.rmtree(writing)
            raise
        writing.replace(folder)
        flush(self._versions)


def data_version(ordered: Mapping[str, pl.DataFrame]) -> str:
    """Name of the content of tables whose rows are sorted: the same rows give the same name, on any machine."""
    digest = hashlib.sha256()
    for name in sorted(ordered):
        digest.update(f"{name}\n".encode())
        for start in range(0, max(ordered[name].height, 1), 100_000):
            # Quoted text keeps an empty string apart from null; CSV does not change with the Parquet writer.
            part = ordered[name].slice(start, 100_000).write_csv(quote_style="non_numeric", include_header=start == 0)
            digest.update(part.encode())
    return digest.hexdigest()[:16]


def _without(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Rows that are not among the others."""
    return rows.join(others, on=rows.columns, how="anti", nulls_equal=True) if others.height else rows


def _rows_in(folder: Path, table: Table, counts: Mapping[str, int]) -> pl.DataFrame:
    """Rows of a table that a load wrote down; raises ValueError where they are not as many as it counted."""
    if table.name not in counts:
        return table.empty()
    rows = pl.read_parquet(folder / f"{table.name}.parquet")
    if rows.height != counts[table.name]:
        raise ValueError(f"{rows.height} rows in {folder}, {counts[table.name]} were written")
    return rows


def _day_in(file: Path) -> date | None:
    return date.fromisoformat(file.read_text(encoding="ascii").strip()) if file.exists() else None


def _nothing() -> None:
    """What is done before a version counts, where nothing is."""


def _replace_text(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.writing")
    beside.write_text(f"{text}\n", encoding="ascii")
    flush(beside)
    beside.replace(file)
    flush(file.parent)
