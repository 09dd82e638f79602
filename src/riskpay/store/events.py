"""What people did: disputes, promises, blocks and contacts, only ever added to."""

from collections.abc import Mapping
from datetime import date

import polars as pl
from sqlalchemy import Connection, Engine, insert, select

from riskpay.errors import DataError, UsageError
from riskpay.ledger.columns import Table
from riskpay.ledger.tables import EVENT_TABLES
from riskpay.store.engine import writing
from riskpay.store.models import EVENTS
from riskpay.store.versions import FACT_DAY, load_day_or_next, news

_DECLARED = {declared.name: declared for declared in EVENT_TABLES}


class Events:
    """The event tables, columns and types as ``riskpay.ledger.tables.EVENT_TABLES`` declares them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, name: str, frame: pl.DataFrame) -> int:
        """Add rows to ``disputes``, ``promises``, ``blocks`` or ``contacts``; gives how many were new.

        Rows that are there already, word for word, are passed over. Raises UsageError for an unknown
        table, DataError if a row breaks the table's contract or another row of its key is there.
        """
        return self.append_all({name: frame})[name]

    def append_all(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, int]:
        """``append`` for several tables in one transaction; gives the new rows by table."""
        checked = {name: _declared(name).validate(frame) for name, frame in frames.items()}
        with writing(self._engine) as connection:
            return {name: _append(connection, _declared(name), frame) for name, frame in checked.items()}

    def load(self, frames: Mapping[str, pl.DataFrame], loaded_on: date) -> dict[str, int]:
        """Add what an export of day ``loaded_on`` says, all tables in one transaction; gives the new rows by table.

        Changed content of a dispute, promise or block is a new version, known from the day that its row states, else
        from the load. What was kept for a day stays, and so does a contact: an export that tells them otherwise
        changes nothing of them (the intake names such contacts). Raises DataError if a row breaks its table's contract.
        """
        checked = {name: _declared(name).validate(frame) for name, frame in frames.items()}
        with writing(self._engine) as connection:
            return {name: _load(connection, _declared(name), f, loaded_on) for name, f in checked.items()}

    def frames(self, as_of: date | None = None) -> dict[str, pl.DataFrame]:
        """All four tables by name, ordered by key; only what was known by the end of ``as_of`` if given."""
        with self._engine.connect() as connection:
            return {name: _read(connection, declared, as_of) for name, declared in _DECLARED.items()}


def _declared(name: str) -> Table:
    if name not in _DECLARED:
        raise UsageError(f"{name!r} is no table of events", f"the tables are {', '.join(_DECLARED)}")
    return _DECLARED[name]


def _load(connection: Connection, declared: Table, frame: pl.DataFrame, loaded_on: date) -> int:
    there = _read(connection, declared, None)
    if declared.name in FACT_DAY:
        thing = [name for name in declared.key if name != "known_on"]
        frame = news(there, frame, thing, FACT_DAY[declared.name], load_day_or_next(loaded_on)).rows
    return _append(connection, declared, frame.join(there, on=declared.key, how="anti"))


def _append(connection: Connection, declared: Table, frame: pl.DataFrame) -> int:
    there = _read(connection, declared, None)
    fresh = frame.join(there, on=declared.names, how="anti", nulls_equal=True)
    clash = fresh.join(there, on=declared.key, how="semi")
    if clash.height:
        key = ", ".join(f"{name} {clash[name][0]}" for name in declared.key)
        raise DataError(
            f"table {declared.name}: {clash.height} rows differ from rows that are there, first {key}",
            "events are never changed: add a row with a later known_on, or a new number for a contact",
        )
    if fresh.height:
        connection.execute(insert(EVENTS[declared.name]), fresh.to_dicts())
    return fresh.height


def _read(connection: Connection, declared: Table, as_of: date | None) -> pl.DataFrame:
    table = EVENTS[declared.name]
    query = select(table).order_by(*(table.c[name] for name in declared.key))
    if as_of is not None:
        query = query.where(table.c.known_on <= as_of)
    rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=declared.dtypes, orient="row")
