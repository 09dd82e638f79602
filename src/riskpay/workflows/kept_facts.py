"""The facts that the questions of a day are put to; of a large ledger they are kept in the home from day to day."""

import hashlib
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

import polars as pl
import pyarrow as pa

from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
from riskpay.features.histories import Facts, gather
from riskpay.features.standing import Standing
from riskpay.ledger.ledger import Ledger
from riskpay.store.frames import read_frames, write_frames
from riskpay.store.ledger_files import LedgerFiles

KEPT_FROM: Final = 200_000
"""Invoices from which on facts are kept: fewer are gathered within a second."""

_NEWS: Final = 0.05
"""Share of the facts that may have come later until all are gathered anew."""

_WRITING: Final = ".writing-"


class Asked(Protocol):
    """Facts that can be asked."""

    def features(self, questions: pl.DataFrame) -> pl.DataFrame:
        """As ``histories.answer``."""

    def of_new(self, ledger: Ledger) -> Facts:
        """As ``Facts.of_new``."""


def facts_of_day(home: Path, files: LedgerFiles, ledger: Ledger, settings: FeatureSettings) -> Asked:
    """Facts to be asked at the end of a day; ``ledger``: what was known by then.

    Of a large ledger, unless disputes count, those of all days are kept in ``home/facts``, brought up to date with what loads added since, and
    gathered anew when that is much, or when settings or versions changed. Questions of a day count what was known then.
    """
    if ledger.invoices.height < KEPT_FROM or settings.disputes:
        return gather(ledger, settings, "end")
    place, kind = home / "facts", _kind(settings)
    for kept in sorted(place.glob(f"*-{kind}")):
        found = _brought_up(kept, files)
        if found:
            return found
    return _kept_anew(place, files, kind, settings)


def _kind(settings: FeatureSettings) -> str:
    """What facts kept by other settings or versions of the programs do not share."""
    said = f"{version('riskpay')} {pl.__version__} {settings} {FEATURE_NAMES}"
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def _brought_up(kept: Path, files: LedgerFiles) -> Asked | None:
    """Kept facts with what was loaded since; None where they are of no use."""
    change = files.changes(kept.name.split("-")[0])
    if change is None:
        return None
    added, removed = change
    try:
        standing = read_frames(Standing, kept)
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None
    news = sum(rows.height for side in change for rows in side.frames().values())
    return standing.later(added, removed) if news <= _NEWS * standing.documents.height else None


def _kept_anew(place: Path, files: LedgerFiles, kind: str, settings: FeatureSettings) -> Facts:
    newest = files.current_version()
    standing = Standing.of(files.version(newest), settings, "end")
    place.mkdir(parents=True, exist_ok=True)
    before = list(place.iterdir())
    writing = Path(tempfile.mkdtemp(prefix=_WRITING, dir=place))
    write_frames(standing, writing)
    for old in before:
        shutil.rmtree(old, ignore_errors=True)
    try:
        writing.rename(place / f"{newest}-{kind}")
    except OSError:
        # Another process kept the same meanwhile.
        shutil.rmtree(writing)
    return standing.facts
