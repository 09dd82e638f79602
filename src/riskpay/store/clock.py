"""The one clock of the store; every caller may pass its own moment instead."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present moment in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
