"""Steps planned and suppressed, plan by plan, and which of them count as sent."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, Engine, Select, insert, select

from riskpay.decisions.book import SENT_COLUMNS
from riskpay.ledger.columns import Column, Table
from riskpay.ledger.tables import CHANNELS, CUSTOMER_KEY, INVOICES, ITEM_KEY
from riskpay.store import sending
from riskpay.store.clock import utc_now
from riskpay.store.engine import writing
from riskpay.store.models import Plan, PlannedStep

_KEYS = {column.name: column for column in INVOICES.columns}

STATES: Final = ("planned", "approval", "suppressed", "sent")

STEPS: Final = Table(
    "steps",
    "The steps of one day's plan: planned, suppressed, or sent before riskpay was there.",
    (*ITEM_KEY, "step_code", "channel"),
    (
        _KEYS["company_id"],
        _KEYS["customer_id"],
        Column("payer_id", pl.String, "customer who is touched; null: the customer", nullable=True),
        _KEYS["invoice_id"],
        _KEYS["instalment"],
        Column("step_code", pl.String, "the step's name in the cadence"),
        Column("due_on", pl.Date, "day it is to be sent", "date"),
        Column("channel", pl.String, "how", allowed=CHANNELS),
        Column("tone", pl.String, "how it is said", nullable=True),
        Column("template", pl.String, "text that is sent", nullable=True),
        Column("owner", pl.String, "who sends it; 'automatic' for nobody"),
        Column("action", pl.String, "what the step does beyond its text, such as a fee notice", nullable=True),
        Column("dunning_level", pl.Int32, "level the item has once it is sent", at_least=0),
        Column("state", pl.String, "what is to become of it; approval: a person approves first", allowed=STATES),
        Column("rule", pl.String, "rule of the policy behind it"),
        Column("earliest_utc", pl.Datetime, "first moment it may go out, UTC", "timestamp", nullable=True),
        Column("latest_utc", pl.Datetime, "last moment it may go out, UTC", "timestamp", nullable=True),
    ),
)
"""What ``record`` takes."""


@dataclass(frozen=True)
class Step:
    """One step as the cadence of a customer shows it; ``sent_on`` for sent ones only."""

    invoice_id: str
    instalment: int
    step_code: str
    due_on: date
    channel: str
    tone: str | None
    template: str | None
    owner: str
    action: str | None
    dunning_level: int
    state: str
    rule: str
    earliest_utc: datetime | None = None
    latest_utc: datetime | None = None
    sent_on: date | None = None


class Steps:
    """What is planned, suppressed and sent."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, run_id: str, as_of: date, frame: pl.DataFrame, recorded_at: datetime | None = None) -> bool:
        """Put a plan in force for a day; False if the same plan is in force already, and nothing is done.

        ``frame``: columns as ``STEPS``, in any order. ``run_id`` must be recorded already. A plan that
        is replaced stays, as it may have been carried out by then. Raises DataError for a frame that
        breaks the contract.
        """
        steps = STEPS.validate(frame).sort(STEPS.key)
        digest = sha256(steps.write_ndjson().encode()).hexdigest()
        with writing(self._engine) as connection:
            last = connection.execute(_newest_plan().where(Plan.as_of == as_of)).first()
            if last and last.content_hash == digest:
                return False
            stamp = {"as_of": as_of, "run_id": run_id}
            plan = insert(Plan).values(**stamp, content_hash=digest, recorded_at=recorded_at or utc_now())
            plan_id = connection.execute(plan).inserted_primary_key[0]  # type: ignore[index]  # one row always has one
            rows = [{**row, **stamp, "plan_id": plan_id, "number": n} for n, row in enumerate(steps.to_dicts(), 1)]
            if rows:
                connection.execute(insert(PlannedStep), rows)
        return True

    def sent(self, as_of: date) -> pl.DataFrame:
        """Every step that counts as sent at the end of ``as_of``, one row a step and channel of an item.

        Columns: company_id, invoice_id, instalment, step_code, dunning_level, channel, sent_on.
        An automatic step counts as sent on the day it was due, once that day is over (sent_on < as_of),
        if it stood in the plan in force on that day. A step of a person, or one that a person approves, counts as sent on the day of
        the first outgoing contact by its channel (by any, if there is no address for it) with the customer or its
        payer, on or after its due day (from its first hour on) and known by as_of; a contact that names an invoice
        serves that invoice only, and one contact serves one step of an item.
        """
        with self._engine.connect() as connection:
            return sending.sent(connection, as_of).select(list(SENT_COLUMNS))

    def of_customer(self, company_id: str, customer_id: str, as_of: date | None = None) -> list[Step]:
        """The cadence of a customer at the end of ``as_of`` (the newest plan's day unless given).

        What was sent, then what the plan in force plans or suppresses; in order of day. Empty if
        nothing is known of the customer.
        """
        with self._engine.connect() as connection:
            day = as_of or _last_day(connection)
            if day is None:
                return []
            sent = sending.sent(connection, day, (company_id, customer_id)).to_dicts()
            planned = _in_force(connection, day, company_id, customer_id)
        done = {_name(row) for row in sent}
        open_rows = [row for row in planned if _name(row) not in done and row["state"] != "sent"]
        steps = [_step(row) for row in sent + open_rows]
        return sorted(steps, key=lambda step: (step.sent_on or step.due_on, step.invoice_id, step.dunning_level))

    def first_day(self) -> date | None:
        """The day of the plan that was recorded first: the go-live. None before it."""
        with self._engine.connect() as connection:
            plan = connection.execute(select(Plan.as_of).order_by(Plan.plan_id).limit(1)).first()
            return plan.as_of if plan else None

    def last_day(self) -> date | None:
        """The newest day a plan was recorded for; None before the first."""
        with self._engine.connect() as connection:
            return _last_day(connection)


def _newest_plan() -> Select[Any]:
    return select(Plan.__table__).order_by(Plan.as_of.desc(), Plan.plan_id.desc()).limit(1)


def _last_day(connection: Connection) -> date | None:
    plan = connection.execute(_newest_plan()).first()
    return plan.as_of if plan else None


def _in_force(connection: Connection, as_of: date, company_id: str, customer_id: str) -> list[dict[str, Any]]:
    plan = connection.execute(_newest_plan().where(Plan.as_of <= as_of)).first()
    if plan is None:
        return []
    query = select(PlannedStep.__table__).where(
        PlannedStep.plan_id == plan.plan_id,
        PlannedStep.company_id == company_id,
        PlannedStep.customer_id == customer_id,
    )
    return [{**row, "sent_on": None} for row in connection.execute(query).mappings()]


def _name(row: dict[str, Any]) -> tuple[object, ...]:
    return tuple(row[name] for name in (*ITEM_KEY, "step_code", "channel"))


def _step(row: dict[str, Any]) -> Step:
    shown = (name for name in STEPS.names if name not in (*CUSTOMER_KEY, "payer_id") and name in row)
    return Step(**{name: row[name] for name in shown}, sent_on=row["sent_on"])
