"""Column types that mean the same on SQLite and PostgreSQL, and Core tables made from ledger declarations."""

from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from riskpay.ledger.columns import Column as Declared
from riskpay.ledger.columns import Table as Declaration

TYPES: Final[dict[type[pl.DataType], type[TypeEngine[Any]]]] = {
    pl.String: String,
    pl.Int64: BigInteger,
    pl.Int32: Integer,
    pl.Float64: Double,
    pl.Boolean: Boolean,
    pl.Date: Date,
    pl.Datetime: DateTime,
}
"""SQL type by Polars type; a Datetime is a UTC moment without a zone."""


class UtcMoment(TypeDecorator[datetime]):
    """A moment kept as UTC without a zone, and given back with one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """UTC without a zone."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The moment with its zone."""
        return value.replace(tzinfo=UTC) if value else None


def table_of(declared: Declaration, metadata: MetaData) -> Table:
    """The Core table of a ledger declaration: same names, order, nulls, allowed values and key."""
    columns = [Column(c.name, TYPES[c.dtype](), nullable=c.nullable) for c in declared.columns]
    checks = [check for c in declared.columns for check in _checks(c)]
    return Table(declared.name, metadata, *columns, PrimaryKeyConstraint(*declared.key), *checks)


def _checks(column: Declared) -> list[CheckConstraint]:
    checks = []
    if column.allowed:
        values = ", ".join(f"'{value}'" for value in column.allowed)
        checks.append(CheckConstraint(f"{column.name} IN ({values})", name=f"{column.name}_allowed"))
    if column.at_least is not None:
        checks.append(CheckConstraint(f"{column.name} >= {column.at_least}", name=f"{column.name}_at_least"))
    return checks
