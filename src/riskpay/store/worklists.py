"""Worklists: published whole or not at all, never changed afterwards, read page by page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, insert, or_, select

from riskpay.errors import UsageError
from riskpay.store.clock import utc_now
from riskpay.store.content import content_hash, plain
from riskpay.store.engine import writing
from riskpay.store.models import Advice, Publication, PublicationList, Worklist, WorklistEntry

PAGE_SIZE = 100


@dataclass(frozen=True)
class Published:
    """What ``publish`` left: the id of each collector's list, and whether anything was new."""

    publication_id: int
    worklist_ids: Mapping[str, str]
    is_new: bool


@dataclass(frozen=True)
class ListHead:
    """One collector's list without its entries: how many, the minutes they take and those there are that day."""

    worklist_id: str
    collector: str
    entries: int
    minutes: float
    capacity_minutes: float | None


@dataclass(frozen=True)
class Shown:
    """What is in force for a day: its publication, the run behind it, and the heads of its lists."""

    publication_id: int
    as_of: date
    run_id: str
    published_at: datetime
    lists: tuple[ListHead, ...]


@dataclass(frozen=True)
class Place:
    """A place between two entries of a publication: after ``rank`` of ``collector``."""

    collector: str
    rank: int


@dataclass(frozen=True)
class Entry:
    """One customer on a list, ``payload`` as it was published."""

    collector: str
    rank: int
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Some entries in order of collector and rank, and the place after which the next page begins."""

    entries: tuple[Entry, ...]
    after: Place | None


class Worklists:
    """What was published for whom."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def publish(
        self,
        run_id: str,
        as_of: date,
        worklists: Iterable[Mapping[str, Any]],
        advice: Iterable[Mapping[str, Any]] = (),
        published_at: datetime | None = None,
    ) -> Published:
        """Put the lists and the advice of a day in force, in one transaction.

        ``worklists``: mappings with ``collector``, ``entries`` (mappings ready for JSON, with at least
        rank, company_id, customer_id, segment, currency, priority) and, if known,
        ``capacity_minutes``. ``advice``: mappings with company_id and customer_id, in order.
        ``run_id`` must be recorded already. The same content as is in force for ``as_of`` changes
        nothing and gives the same ids; other content takes its place and leaves the old to be read.
        Raises UsageError if a collector has two lists.
        """
        lists = sorted((_list(as_of, worklist) for worklist in worklists), key=lambda made: str(made["collector"]))
        tips = [plain(tip) for tip in advice]
        ids = {str(made["collector"]): str(made["worklist_id"]) for made in lists}
        if len(ids) < len(lists):
            raise UsageError(f"{len(lists)} worklists for {len(ids)} collectors", "give one worklist a collector")
        digest = content_hash([as_of, list(ids.values()), tips])
        stamp = {"run_id": run_id, "as_of": as_of, "published_at": published_at or utc_now()}
        with writing(self._engine) as connection:
            last = connection.execute(_newest(as_of)).first()
            if last and last.content_hash == digest:
                return Published(last.publication_id, ids, is_new=False)
            publication_id = _insert_publication(connection, {**stamp, "content_hash": digest})
            for made in lists:
                _insert_list(connection, publication_id, made, stamp)
            _insert_advice(connection, publication_id, tips)
        return Published(publication_id, ids, is_new=True)

    def days(self, limit: int = 30) -> list[date]:
        """The newest days with a publication, newest first."""
        query = select(Publication.as_of).distinct().order_by(Publication.as_of.desc()).limit(limit)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def latest(self, as_of: date) -> Shown | None:
        """What is in force for a day; None if nothing was published for it."""
        return self._shown(_newest(as_of))

    def get(self, publication_id: int) -> Shown | None:
        """A publication by its id, in force or replaced since; None if there is none."""
        return self._shown(select(Publication.__table__).where(Publication.publication_id == publication_id))

    def _shown(self, query: Select[Any]) -> Shown | None:
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            return _shown(connection, row) if row else None

    def page(
        self, shown: Shown, collector: str | None = None, after: Place | None = None, limit: int = PAGE_SIZE
    ) -> Page:
        """Up to ``limit`` entries of a publication, of one collector or all, after a place (keyset, no offset)."""
        query = _entries(shown.publication_id).limit(limit + 1)
        if collector is not None:
            query = query.where(Worklist.collector == collector)
        if after:
            beyond = and_(Worklist.collector == after.collector, WorklistEntry.rank > after.rank)
            query = query.where(or_(Worklist.collector > after.collector, beyond))
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        entries = tuple(Entry(row.collector, row.rank, row.payload) for row in rows[:limit])
        more = len(rows) > limit
        place = Place(entries[-1].collector, entries[-1].rank) if more else None
        return Page(entries, place)

    def of_customer(self, shown: Shown, company_id: str, customer_id: str) -> Entry | None:
        """The entry of one customer in a publication; None if it is on no list."""
        query = _entries(shown.publication_id).where(
            WorklistEntry.company_id == company_id, WorklistEntry.customer_id == customer_id
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return Entry(row.collector, row.rank, row.payload) if row else None

    def advice(self, shown: Shown) -> list[Mapping[str, Any]]:
        """Customers of a publication who would pay anyway, as published, in order."""
        query = select(Advice.payload).where(Advice.publication_id == shown.publication_id).order_by(Advice.rank)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())


def _list(as_of: date, worklist: Mapping[str, Any]) -> dict[str, Any]:
    capacity = worklist.get("capacity_minutes")
    made = {
        "as_of": as_of.isoformat(),
        "collector": str(worklist["collector"]),
        "capacity_minutes": None if capacity is None else float(capacity),
        "entries": [plain(entry) for entry in worklist["entries"]],
    }
    return {**made, "worklist_id": content_hash(made)}


def _insert_publication(connection: Connection, values: Mapping[str, Any]) -> int:
    inserted = connection.execute(insert(Publication).values(**values))
    return int(inserted.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row always has one


def _insert_list(
    connection: Connection, publication_id: int, made: Mapping[str, Any], stamp: Mapping[str, Any]
) -> None:
    there = select(Worklist.worklist_id).where(Worklist.worklist_id == made["worklist_id"])
    if connection.execute(there).first() is None:
        entries = made["entries"]
        head = {name: made[name] for name in ("worklist_id", "collector", "capacity_minutes")}
        minutes = sum(float(entry.get("minutes") or 0) for entry in entries)
        connection.execute(insert(Worklist).values(**head, **stamp, entries=len(entries), minutes=minutes))
        rows = [_entry_row(made["worklist_id"], entry) for entry in entries]
        if rows:
            connection.execute(insert(WorklistEntry), rows)
    link = {"publication_id": publication_id, "worklist_id": made["worklist_id"]}
    connection.execute(insert(PublicationList).values(**link))


def _entry_row(worklist_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "worklist_id": worklist_id,
        "rank": int(entry["rank"]),
        "company_id": str(entry["company_id"]),
        "customer_id": str(entry["customer_id"]),
        "segment": str(entry["segment"]),
        "currency": str(entry["currency"]),
        "priority": float(entry["priority"]),
        "payload": entry,
    }


def _insert_advice(connection: Connection, publication_id: int, tips: Sequence[dict[str, Any]]) -> None:
    rows = [
        {
            "publication_id": publication_id,
            "rank": rank,
            "company_id": str(tip["company_id"]),
            "customer_id": str(tip["customer_id"]),
            "payload": tip,
        }
        for rank, tip in enumerate(tips, start=1)
    ]
    if rows:
        connection.execute(insert(Advice), rows)


def _newest(as_of: date) -> Select[Any]:
    return (
        select(Publication.__table__)
        .where(Publication.as_of == as_of)
        .order_by(Publication.publication_id.desc())
        .limit(1)
    )


def _shown(connection: Connection, row: Row[Any]) -> Shown:
    of_list = Worklist.worklist_id, Worklist.collector, Worklist.entries, Worklist.minutes, Worklist.capacity_minutes
    heads = (
        select(*of_list)
        .join(PublicationList, PublicationList.worklist_id == Worklist.worklist_id)
        .where(PublicationList.publication_id == row.publication_id)
        .order_by(Worklist.collector)
    )
    lists = tuple(ListHead(*head) for head in connection.execute(heads))
    return Shown(row.publication_id, row.as_of, row.run_id, row.published_at, lists)


def _entries(publication_id: int) -> Select[Any]:
    return (
        select(Worklist.collector, WorklistEntry.rank, WorklistEntry.payload)
        .join(Worklist, Worklist.worklist_id == WorklistEntry.worklist_id)
        .join(PublicationList, PublicationList.worklist_id == Worklist.worklist_id)
        .where(PublicationList.publication_id == publication_id)
        .order_by(Worklist.collector, WorklistEntry.rank)
    )
