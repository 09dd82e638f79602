"""The facts that the questions of a day are put to; of a large ledger they are kept in the home from day to day.

    HOME/facts/<data_version>-<kind>/    facts of all days of a version, as ``store.frames``

They are made again from the ledger whenever they are not there, not whole, or of another kind: whoever cannot keep them
goes without.
"""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

import polars as pl

import riskpay
from riskpay.errors import DataError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import Facts, gather
from riskpay.features.standing import Standing
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import FILE_TABLES
from riskpay.store.frames import read_frames, write_frames
from riskpay.workflows.home import Home

KEPT_FROM: Final = 200_000
"""Invoices from which on facts are kept: fewer are gathered within a second."""

_NEWS: Final = 0.05
"""Share of the facts that may have come later until all are gathered anew."""

_KINDS: Final = 2
"""Kinds that are kept beside one another: a new champion and the one before may have other settings."""

_ASIDE: Final = "."
"""How names of folders begin that are being written or removed."""


class Asked(Protocol):
    """Facts that can be asked."""

    def features(self, questions: pl.DataFrame) -> pl.DataFrame:
        """As ``histories.answer``."""

    def of_new(self, ledger: Ledger) -> Facts:
        """As ``Facts.of_new``."""


def facts_of_day(home: Home, known: Ledger, settings: FeatureSettings) -> Asked:
    """Facts to be asked at the end of a day and later; ``known``: the home's ledger as it was known by then.

    Of a large ledger of which nothing later is known, facts are kept in the home, brought up to date with what loads added
    since, and gathered anew when that is much. Only the home's folder ``facts`` is written to, and only if it can be.
    """
    large = known.invoices.height >= KEPT_FROM and not settings.disputes
    if not large or _later_facts(home.ledger, known):
        return gather(known, settings, "end")
    place, kind = home.settings.home / "facts", _kind(settings)
    found = _brought_up(place, kind, home)
    if found:
        return found
    try:
        with _alone(place):
            return _brought_up(place, kind, home) or _kept_anew(place, kind, home, settings)
    except (OSError, pl.exceptions.PolarsError):
        return gather(known, settings, "end")


def _later_facts(ledger: Ledger, known: Ledger) -> bool:
    """Whether the ledger holds facts of later days: a new item's issue day may be later too, and must not know them."""
    whole, part = ledger.frames(), known.frames()
    return any(whole[table.name].height != part[table.name].height for table in FILE_TABLES)


def _kind(settings: FeatureSettings) -> str:
    """What facts of other settings, calendars or programs do not share."""
    versions = [f"{name} {version(name)}" for name in ("polars", "holidays")]
    return hashlib.sha256(f"{versions} {settings} {_programs()}".encode()).hexdigest()[:8]


@cache
def _programs() -> str:
    """What the facts are made and read by, as it is: a change of it need not change the version."""
    root = Path(riskpay.__path__[0])
    files = [*root.glob("features/*.py"), *root.glob("ledger/*.py"), root / "dates.py", root / "store" / "frames.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()


def _brought_up(place: Path, kind: str, home: Home) -> Asked | None:
    """Kept facts with what was loaded since; None where there are none of use."""
    for kept in sorted(place.glob(f"*-{kind}")):
        change = home.files.changes(kept.name.split("-")[0], home.data_version)
        if change is None:
            continue
        try:
            standing = read_frames(Standing, kept)
        except (DataError, OSError):
            continue
        news = sum(rows.height for side in change for rows in side.frames().values())
        if not news:
            return standing.facts
        limit = int(_NEWS * standing.documents.height)
        found = standing.later(*change, at_most=limit) if news <= limit else None
        if found:
            return found
    return None


def _kept_anew(place: Path, kind: str, home: Home, settings: FeatureSettings) -> Facts:
    standing = Standing.of(home.ledger, settings, "end")
    for left in place.glob(f"{_ASIDE}*-*"):
        shutil.rmtree(left, ignore_errors=True)
    writing = Path(tempfile.mkdtemp(prefix=f"{_ASIDE}writing-", dir=place))
    # No room, no permission, or amounts beyond what can be written: the facts are here all the same.
    with suppress(OSError, ValueError, pl.exceptions.PolarsError):
        try:
            write_frames(standing, writing, lasting=True)
            writing.chmod(0o755)
            kept = _newest_first(place)
            others = [old for old in kept if not old.name.endswith(f"-{kind}")]
            for old in set(kept) - set(others[: _KINDS - 1]):
                # Out of sight before it goes: half of it must not be read.
                gone = old.with_name(f"{_ASIDE}gone-{old.name}")
                old.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
            writing.rename(place / f"{home.data_version}-{kind}")
        finally:
            shutil.rmtree(writing, ignore_errors=True)
    return standing.facts


def _newest_first(place: Path) -> list[Path]:
    return sorted(place.glob("[!.]*-*"), key=lambda kept: kept.stat().st_mtime, reverse=True)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """While nobody else keeps facts in this home."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
