"""Loading a source: read it, set its rejected rows aside, merge it into the ledger, keep its events, publish."""

import hashlib
from collections.abc import Callable
from collections.abc import Mapping as Pairs
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from riskpay.errors import NotThereError
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import EVENT_TABLES
from riskpay.money import to_text
from riskpay.settings import load as load_settings
from riskpay.sources.checks import Tally
from riskpay.sources.intake import Intake, read_source
from riskpay.sources.mapping import Mapping, load_mapping
from riskpay.store.database import Store
from riskpay.store.ledger_files import LedgerFiles, LoadResult
from riskpay.store.load_log import LastLoad, write_last_load

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done, and the steps in all."""
KeepEvents = Callable[[Pairs[str, pl.DataFrame]], None]
"""Takes event tables by name (disputes, promises, blocks, contacts) into the store; the same ones twice do no harm."""

_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?\d+([.,]\d+)*$"


@dataclass(frozen=True)
class IngestResult:
    """What a load read and did; ``customers`` is the number of customer ids that the source names."""

    source: str
    loaded_on: date
    read: Tally
    accepted: Tally
    rejected: Tally
    duplicates: Tally
    rejects_file: Path | None
    customers: int
    load: LoadResult

    def to_json(self) -> dict[str, Any]:
        """The result with the keys of the command line's contract; money as decimal text per currency."""
        tallies = ("read", "accepted", "rejected", "duplicates")
        return {
            **{name: _tally_json(getattr(self, name)) for name in tallies},
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
            "format": self.source,
            "loaded_on": self.loaded_on.isoformat(),
            "data_version": self.load.data_version,
            "customers": self.customers,
            "added": self.load.added,
            "changed": self.load.changed,
            "unchanged": self.load.unchanged,
            "vanished": self.load.vanished,
        }


def ingest(
    home: Path,
    path: Path,
    mapping: Mapping | str,
    loaded_on: date,
    progress: Progress | None = None,
    keep_events: KeepEvents | None = None,
) -> IngestResult:
    """Load a file or folder into the ledger of ``home``, all of it or nothing.

    ``mapping`` is one, or the name or path of one. ``loaded_on`` is the day from which changes are known that carry no
    day of their own. Rejected rows go to HOME/rejects; events that the source brings go to ``keep_events``
    (without one, into HOME/store.db), before the ledger counts and after it was found sound. Raises SourceError or
    MappingError, and then nothing was written, or DataError, and then ledger and store are as before.
    """
    say = progress or _silent
    chosen = load_mapping(mapping) if isinstance(mapping, str) else mapping
    ledger_files = LedgerFiles(home)
    say("reading", 0, 3)
    intake = read_source(path, chosen, loaded_on, _ledger_so_far(home, ledger_files))
    say("setting rejected rows aside", 1, 3)
    rejects_file = _write_rejects(home, chosen.name, intake)
    say("merging into the ledger", 2, 3)
    # Events are kept once the merged ledger is sound and on disk, and before it counts. A load that is refused has
    # kept none. Killed between the two, the store holds events of a ledger that does not count yet: a dispute
    # too many holds a step back, one too few would chase a disputed invoice. The same load again finds the
    # events there and publishes the ledger.
    load = ledger_files.load(
        intake.frames,
        intake.full,
        loaded_on,
        intake.shown_open,
        intake.named_items,
        before_publishing=lambda: _keep(intake, keep_events or _into_store(home, loaded_on)),
    )
    tallies = (intake.read.rows, intake.accepted.rows, intake.rejected.rows, intake.duplicates.rows)
    write_last_load(home, LastLoad(loaded_on, chosen.name, *tallies))
    say("done", 3, 3)
    customers = intake.frames.get("customers")
    return IngestResult(
        chosen.name,
        loaded_on,
        intake.read,
        intake.accepted,
        intake.rejected,
        intake.duplicates,
        rejects_file,
        customers["customer_id"].n_unique() if customers is not None else 0,
        load,
    )


def _silent(_what: str, _done: int, _steps: int) -> None:
    """Say nothing."""


def _ledger_so_far(home: Path, ledger_files: LedgerFiles) -> Ledger | None:
    try:
        current = ledger_files.current()
    except NotThereError:
        return None
    settings = load_settings(home)
    # A load that is refused leaves nothing, no empty store either: only one that is there is opened.
    if not (settings.database_url or (home / "store.db").exists()):
        return current
    with Store(settings.database) as store:
        return current.with_tables(contacts=store.events.frames()["contacts"])


def _into_store(home: Path, loaded_on: date) -> KeepEvents:
    def keep(frames: Pairs[str, pl.DataFrame]) -> None:
        with Store(load_settings(home).database) as store:
            store.events.load(frames, loaded_on)

    return keep


def _keep(intake: Intake, keep_events: KeepEvents) -> None:
    events = {t.name: intake.frames[t.name] for t in EVENT_TABLES if t.name in intake.frames}
    filled = {name: frame for name, frame in events.items() if frame.height}
    if filled:
        keep_events(filled)


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {"rows": tally.rows, "amount": {code: to_text(minor, code) for code, minor in tally.amount.items()}}


def _write_rejects(home: Path, name: str, intake: Intake) -> Path | None:
    """Rejected rows as HOME/rejects/NAME-DAY-HASH.csv, replaced in one step; None if there are none."""
    if intake.rejects.is_empty():
        return None
    text = rejects_text(intake.rejects)
    folder = home / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    file = folder / f"{name}-{intake.loaded_on.isoformat()}-{digest}.csv"
    beside = file.with_suffix(".writing")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
    return file


def rejects_text(rejects: pl.DataFrame) -> str:
    """Rejected rows as CSV with decimal amounts; text that a spreadsheet would run as a formula gets a ' in front."""
    codes = rejects["currency"].unique().drop_nulls()
    text = [pl.col(name) for name, dtype in rejects.schema.items() if dtype == pl.String]
    risky = [c.str.contains(_FORMULA) & ~c.str.contains(_NUMBER) for c in text]
    safe = [pl.when(r).then(pl.lit("'") + c).otherwise(c).name.keep() for r, c in zip(risky, text, strict=True)]
    return _decimal_amounts(rejects, codes).with_columns(safe).write_csv()


def _decimal_amounts(rejects: pl.DataFrame, codes: pl.Series) -> pl.DataFrame:
    pairs = zip(rejects["amount"], rejects["currency"], strict=True)
    known = set(codes)
    amounts = [to_text(a, c) if a is not None and c in known else None for a, c in pairs]
    return rejects.with_columns(pl.Series("amount", amounts, dtype=pl.String))
