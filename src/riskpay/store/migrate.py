"""Brings a database to the newest schema, inside the caller's transaction."""

import os
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from riskpay.errors import DataError

NEWEST: Final = "0002"
"""The revision this code is written for; a test holds it equal to the last migration."""

SCRIPTS: Final = Path(__file__).parent / "migrations"


def to_newest(connection: Connection) -> None:
    """Run every migration the database does not have yet; nothing if it is up to date.

    Raises DataError if a newer riskpay made the database.
    """
    there = revision(connection)
    if there == NEWEST:
        return
    from alembic import command  # noqa: PLC0415 - takes longer to import than an open store to answer
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.util import CommandError  # noqa: PLC0415 - as above

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        config = Config(stdout=nowhere, attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        try:
            command.upgrade(config, NEWEST)
        except CommandError as failed:
            raise DataError(
                f"the store has schema {there!r}, this riskpay knows up to {NEWEST!r}",
                "update riskpay, or open the store with the version that made it",
            ) from failed


def revision(connection: Connection) -> str | None:
    """The schema revision of a database; None for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
