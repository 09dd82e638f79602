"""The store: one database with what was published, planned and done; repositories hang from it."""

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.exc import DatabaseError

from riskpay.errors import DataError
from riskpay.store import migrate
from riskpay.store.engine import open_engine, writing
from riskpay.store.events import Events
from riskpay.store.keys import Keys
from riskpay.store.runs import Runs
from riskpay.store.segments import Segments
from riskpay.store.sessions import Sessions
from riskpay.store.steps import Steps
from riskpay.store.worklists import Worklists


class Store:
    """The store at a file path or database URL, opened and brought to the newest schema.

    Repositories: ``runs``, ``worklists``, ``steps``, ``segments``, ``events``, ``keys``, ``sessions``.
    Safe to open from several processes at once. Raises DataError if the file is no database of ours.
    """

    def __init__(self, where: Path | str) -> None:
        self.engine = open_engine(where)
        try:
            with writing(self.engine) as connection:
                migrate.to_newest(connection)
        except DatabaseError as failed:
            self.close()
            raise DataError(
                f"the store at {where} cannot be opened: {failed.orig}",
                "give the path of a store.db that riskpay made, or of a new file in a folder that can be written",
            ) from failed

    def close(self) -> None:
        """Give the database up; the store is not used afterwards."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def runs(self) -> Runs:
        """What was scored, when, by which model over which data and policy."""
        return Runs(self.engine)

    @cached_property
    def worklists(self) -> Worklists:
        """What was published for whom."""
        return Worklists(self.engine)

    @cached_property
    def steps(self) -> Steps:
        """What is planned, suppressed and sent."""
        return Steps(self.engine)

    @cached_property
    def segments(self) -> Segments:
        """Which segment a customer is in, since when, by which rule."""
        return Segments(self.engine)

    @cached_property
    def events(self) -> Events:
        """What people did: disputes, promises, blocks, contacts."""
        return Events(self.engine)

    @cached_property
    def keys(self) -> Keys:
        """Keys of the API."""
        return Keys(self.engine)

    @cached_property
    def sessions(self) -> Sessions:
        """Browsers that are signed in."""
        return Sessions(self.engine)
