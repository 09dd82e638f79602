"""Every table of the store, typed. What people did is built from the ledger's own declarations.

    score_runs ◀── publications ──▶ publication_lists ──▶ worklists ◀── worklist_entries
        ▲               ▲
        │               └── advice
        └── plans ◀── planned_steps
    segment_changes     api_keys ◀── web_sessions     disputes  promises  blocks  contacts

A publication is everything shown for one day by one run; a worklist that did not change is shared by
publications. Rows are only ever added (a session's end and a key's withdrawal apart).
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from riskpay.ledger.tables import EVENT_TABLES
from riskpay.store.columns import UtcMoment, table_of

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints are named, so that a later migration can change them on every database."""


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: String, float: Double, date: Date, datetime: UtcMoment, dict[str, Any]: JSON}  # noqa: RUF012 - SQLAlchemy reads it


class ScoreRun(Base):
    """One scoring of an open book."""

    __tablename__ = "score_runs"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(index=True)
    model_version: Mapped[str]
    data_version: Mapped[str]
    policy_hash: Mapped[str]
    created_at: Mapped[datetime]
    seconds: Mapped[float]
    counts: Mapped[dict[str, Any]]


class Publication(Base):
    """All worklists and the advice of one day, as one run left them; the newest of a day is in force."""

    __tablename__ = "publications"

    publication_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    as_of: Mapped[date] = mapped_column(index=True)
    content_hash: Mapped[str]
    run_id: Mapped[str] = mapped_column(ForeignKey("score_runs.run_id"))
    published_at: Mapped[datetime]


class Worklist(Base):
    """The ordered customers of one collector for one day; ``worklist_id`` is the hash of its content."""

    __tablename__ = "worklists"

    worklist_id: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[date] = mapped_column(index=True)
    collector: Mapped[str]
    entries: Mapped[int]
    minutes: Mapped[float]
    capacity_minutes: Mapped[float | None]
    run_id: Mapped[str] = mapped_column(ForeignKey("score_runs.run_id"))
    published_at: Mapped[datetime]


class PublicationList(Base):
    """Which worklists a publication shows."""

    __tablename__ = "publication_lists"

    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.publication_id"), primary_key=True)
    worklist_id: Mapped[str] = mapped_column(ForeignKey("worklists.worklist_id"), primary_key=True)


class WorklistEntry(Base):
    """One customer on a worklist: the whole entry as JSON, and the columns that lists are filtered by."""

    __tablename__ = "worklist_entries"
    __table_args__ = (Index(None, "company_id", "customer_id"), CheckConstraint("rank >= 1", name="rank_at_least"))

    worklist_id: Mapped[str] = mapped_column(ForeignKey("worklists.worklist_id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[str]
    customer_id: Mapped[str]
    segment: Mapped[str]
    currency: Mapped[str]
    priority: Mapped[float]
    payload: Mapped[dict[str, Any]]


class Advice(Base):
    """A customer who would pay anyway: advice, never a suppression."""

    __tablename__ = "advice"

    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.publication_id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[str]
    customer_id: Mapped[str]
    payload: Mapped[dict[str, Any]]


class Plan(Base):
    """All steps that one run planned or suppressed for one day; the newest of a day is in force."""

    __tablename__ = "plans"

    plan_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    as_of: Mapped[date] = mapped_column(index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("score_runs.run_id"))
    content_hash: Mapped[str]
    recorded_at: Mapped[datetime]


class PlannedStep(Base):
    """One step for one item, planned or suppressed, with the rule that says why."""

    __tablename__ = "planned_steps"
    __table_args__ = (
        Index(None, "company_id", "customer_id"),
        CheckConstraint("state IN ('planned', 'approval', 'suppressed', 'sent')", name="state_allowed"),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.plan_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    as_of: Mapped[date]
    run_id: Mapped[str]
    company_id: Mapped[str]
    customer_id: Mapped[str]
    payer_id: Mapped[str | None]
    invoice_id: Mapped[str]
    instalment: Mapped[int]
    step_code: Mapped[str]
    due_on: Mapped[date]
    channel: Mapped[str]
    tone: Mapped[str | None]
    template: Mapped[str | None]
    owner: Mapped[str]
    action: Mapped[str | None]
    dunning_level: Mapped[int]
    state: Mapped[str]
    rule: Mapped[str]
    earliest_utc: Mapped[datetime | None]
    latest_utc: Mapped[datetime | None]


class SegmentChange(Base):
    """A customer entered a segment on a day, by a rule."""

    __tablename__ = "segment_changes"
    __table_args__ = (Index(None, "company_id", "customer_id"),)

    change_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    company_id: Mapped[str]
    customer_id: Mapped[str]
    segment: Mapped[str]
    rule: Mapped[str]
    since: Mapped[date]
    recorded_at: Mapped[datetime]


class ApiKey(Base):
    """A key that opens the API and the pages: only its hash and a prefix to know it by."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("token_hash"),)

    key_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    token_hash: Mapped[str]
    prefix: Mapped[str] = mapped_column(index=True)
    label: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class WebSession(Base):
    """A browser that signed in with a key; only the hash of its cookie."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.key_id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


EVENTS: Final = {declared.name: table_of(declared, Base.metadata) for declared in EVENT_TABLES}
"""Core tables of what people did, by name: disputes, promises, blocks, contacts."""
