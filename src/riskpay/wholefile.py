"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from riskpay.errors import DataError


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A path beside ``file`` to write to; when the block ends well, what was written there takes the place of ``file``.

    When it does not, ``file`` is as it was and nothing is left beside it. Raises DataError where the disk is full or the
    place cannot be written.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}.writing")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _kept(beside)
        beside.replace(file)
        _kept(file.parent)
    except OSError as failed:
        raise DataError(
            f"{file} cannot be written: {failed.strerror or failed}",
            "make room, or name another place; nothing is left there",
        ) from failed
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _kept(path: Path) -> None:
    """Waits until the disk has it."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
