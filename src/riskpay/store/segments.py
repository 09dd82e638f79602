"""The log of segments: a row whenever a customer enters another one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl
from sqlalchemy import Connection, Engine, func, insert, select

from riskpay.ledger.columns import Column, Table
from riskpay.ledger.tables import CUSTOMER_KEY, CUSTOMERS
from riskpay.store.clock import utc_now
from riskpay.store.engine import writing
from riskpay.store.models import SegmentChange

_KEYS = {column.name: column for column in CUSTOMERS.columns}

MEMBERSHIPS: Final = Table(
    "segments",
    "Which segment each customer is in.",
    CUSTOMER_KEY,
    (
        _KEYS["company_id"],
        _KEYS["customer_id"],
        Column("segment", pl.String, "name of the segment in the policy"),
        Column("rule", pl.String, "rule of the policy that put the customer there"),
    ),
)
"""What ``record`` takes."""


@dataclass(frozen=True)
class Membership:
    """A customer's segment, the rule that put it there, and the day it was entered."""

    segment: str
    rule: str
    since: date


class Segments:
    """Which segment a customer is in, since when, by which rule."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, as_of: date, frame: pl.DataFrame, recorded_at: datetime | None = None) -> int:
        """Log the customers whose segment is not what the log says for ``as_of``; gives how many.

        ``frame``: company_id, customer_id, segment, rule, one row a customer. A new rule for the
        same segment is no change. Recording the same day twice adds nothing.
        """
        now = MEMBERSHIPS.validate(frame)
        with writing(self._engine) as connection:
            before = _latest(connection, as_of).select(*CUSTOMER_KEY, "segment")
            changed = now.join(before, on=[*CUSTOMER_KEY, "segment"], how="anti").sort(CUSTOMER_KEY)
            stamp = {"since": as_of, "recorded_at": recorded_at or utc_now()}
            if changed.height:
                connection.execute(insert(SegmentChange), [{**row, **stamp} for row in changed.to_dicts()])
        return changed.height

    def latest(self, as_of: date | None = None) -> pl.DataFrame:
        """The segment of every customer, as of a day or as last logged.

        Columns: company_id, customer_id, segment, rule, since (the day it was entered); ordered by key.
        """
        with self._engine.connect() as connection:
            return _latest(connection, as_of)

    def of_customer(self, company_id: str, customer_id: str, as_of: date | None = None) -> Membership | None:
        """The segment of one customer, as of a day or as last logged; None if the log does not know it."""
        known = SegmentChange.company_id == company_id, SegmentChange.customer_id == customer_id
        query = select(SegmentChange.segment, SegmentChange.rule, SegmentChange.since).where(*known)
        if as_of is not None:
            query = query.where(SegmentChange.since <= as_of)
        query = query.order_by(SegmentChange.since.desc(), SegmentChange.change_id.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return Membership(row.segment, row.rule, row.since) if row else None


def _latest(connection: Connection, as_of: date | None) -> pl.DataFrame:
    key = SegmentChange.company_id, SegmentChange.customer_id
    newest = SegmentChange.since.desc(), SegmentChange.change_id.desc()
    place = func.row_number().over(partition_by=key, order_by=newest).label("place")
    ranked = select(*key, SegmentChange.segment, SegmentChange.rule, SegmentChange.since, place)
    if as_of is not None:
        ranked = ranked.where(SegmentChange.since <= as_of)
    inner = ranked.subquery()
    rows = connection.execute(select(inner).where(inner.c.place == 1).order_by(inner.c.company_id, inner.c.customer_id))
    schema: dict[str, type[pl.DataType]] = {**MEMBERSHIPS.dtypes, "since": pl.Date}
    return pl.DataFrame([tuple(row)[:-1] for row in rows], schema=schema, orient="row")
