"""Opening a database: SQLite with write-ahead log, foreign keys and honest transactions; PostgreSQL as it is."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from riskpay.errors import UsageError

BUSY_SECONDS: Final = 30
"""How long a writer waits for another one before it gives up."""

WRITERS_LOCK: Final = 7_475_729
"""Number of the lock that makes writers wait for each other on PostgreSQL."""

PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)
"""Said to every new SQLite connection, in this order: waiting comes first, so that the others wait."""

_AROUND: ContextVar[Connection | None] = ContextVar("around", default=None)
"""The transaction that this thread or task is in."""


def open_engine(where: Path | str) -> Engine:
    """An engine for a file path (SQLite) or a database URL; the folder of a new file is made.

    Raises UsageError for a URL that no database understands.
    """
    try:
        url = _url(where)
        engine = create_engine(url, json_serializer=_to_json, json_deserializer=orjson.loads)
    except (ArgumentError, ValueError, ImportError) as failed:
        raise UsageError(
            f"the store's URL cannot be used: {failed}",
            "write it like sqlite:///store.db, or postgresql+psycopg://host/name with psycopg installed",
        ) from failed
    if url.database and engine.dialect.name == "sqlite":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer overlaps: all of it is kept, or none.

    Inside another one of the same engine it is part of that one, so that what several repositories write
    can be kept or lost together.
    """
    around = _AROUND.get()
    if around is not None and around.engine is engine:
        yield around
        return
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(WRITERS_LOCK)))
        before = _AROUND.set(connection)
        try:
            yield connection
        finally:
            _AROUND.reset(before)


def _url(where: Path | str) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    return make_url(where)


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 would begin late and commit before DDL; we begin ourselves
    for pragma in PRAGMAS:
        _patiently(connection, pragma)


def _patiently(connection: sqlite3.Connection, pragma: str) -> None:
    """Say it until nobody is in the way: SQLite does not wait where two of them turn a new file to its write-ahead log."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as failed:
            if failed.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")
