"""Features of a whole ledger, part by part: more items than fit in memory, on one machine or on many."""

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any, Final

# Read by Polars' allocator when Polars is first imported. What one step gives back the next one takes: kept for ten seconds
# instead of half a one, a tenth of the time goes no longer into asking the system for the same memory again.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:10000")

import polars as pl
import pyarrow.parquet as pq

from riskpay.dates import Cut
from riskpay.errors import NotThereError, UsageError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.disputes import DisputeFacts, items_by_day
from riskpay.features.disputes import added as items_added
from riskpay.features.histories import QUESTION_KEY
from riskpay.features.item_history import ItemHistory
from riskpay.features.parts import When, added, history_of, part_features, portfolio_of, questions_of
from riskpay.ledger.tables import INVOICES, ITEM_KEY
from riskpay.store.frames import read_frames, write_frames
from riskpay.store.partitions import Partition, partition
from riskpay.workflows.engines import Engine, LocalEngine
from riskpay.workflows.progress import Progress, silent

ITEMS: Final = 250_000
"""Items of a part: what bounds the memory, of which each part at work takes some 3 kB an item."""

_HISTORY: Final = "history"
_REMOVALS: Final = 50


@dataclass(frozen=True)
class Job:
    """One part, what is asked of it, and where its answers go.

    ``portfolio``: what the parts told of all customers; ``items``: of disputed items, read only where those are on.
    """

    part: Partition
    settings: FeatureSettings
    cut: Cut
    when: When | None
    portfolio: Path
    items: Path
    answers: Path


@dataclass(frozen=True)
class Built:
    """What was answered: questions, parts (files), features a question, and seconds."""

    folder: Path
    questions: int
    features: int
    parts: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "folder": str(self.folder),
            "questions": self.questions,
            "features": self.features,
            "parts": self.parts,
            "seconds": round(self.seconds, 2),
        }


def build(
    ledger: Path,
    out: Path,
    questions: When | Path,
    cut: Cut,
    settings: FeatureSettings,
    engine: Engine | None = None,
    items: int = ITEMS,
    tell: Progress = silent,
    events: Mapping[str, pl.DataFrame] | None = None,
) -> Built:
    """Answer questions about the ledger whose Parquet tables are in ``ledger``, into Parquet files in ``out``.

    ``questions``: every item at its issue date, every item open on a day, or a Parquet file of item keys and as_of, of
    which those about items that are not there get no row. The files have the question's key and a Float64 column a
    feature, as ``histories.features``, a row a question in no order that matters. ``items``: about how many items are
    worked on at a time. ``events``: the tables of disputes and promises by name, for settings in which these are
    on. ``out`` appears in one step, complete; the room for the parts is taken beside it, and with an
    engine on other machines all must see it. Raises UsageError if ``out`` is there already or the questions
    cannot be read, NotThereError for a ledger without an invoice.
    """
    began = time.perf_counter()
    if out.exists():
        raise UsageError(f"{out} is there already", "name a new folder, or remove that one")
    engine = engine or LocalEngine()
    parts = _parts(_invoices(ledger), items, engine.width())
    asked = _questions(questions) if isinstance(questions, Path) else None
    out.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        tell(f"dealing the ledger to {parts} parts")
        dealt = partition(ledger, room / "parts", parts, asked, events if settings.disputes else None)
        answers = room / "answers"
        answers.mkdir()
        when = None if isinstance(questions, Path) else questions
        first = Job(dealt[0], settings, cut, when, room / "portfolio.arrow", room / "items.arrow", answers)
        jobs = [replace(first, part=part) for part in dealt]
        _told(engine, jobs, tell)
        counts = []
        for done, count in enumerate(engine.each(answer_part, jobs), 1):
            counts.append(count)
            tell("answering", len(jobs) + done, 2 * len(jobs))
        answers.chmod(0o755)
        answers.rename(out)
    finally:
        _remove(room)
    return Built(out, sum(counts), len(settings.names), len(jobs), time.perf_counter() - began)


def _remove(room: Path) -> None:
    """Workers still at a piece may put another file there meanwhile; in a folder that is gone they cannot."""
    for _ in range(_REMOVALS):
        shutil.rmtree(room, ignore_errors=True)
        if not room.exists():
            return
        time.sleep(0.1)


def _parts(invoices: int, items: int, width: int) -> int:
    """How many parts: a full round for all that work at a time, or several, so that none waits for the last one."""
    parts = ceil(invoices / items)
    return parts if parts == 1 else ceil(parts / width) * width


def _told(engine: Engine, jobs: list[Job], tell: Progress) -> None:
    """The first round: each part's items, and the portfolio of all of them."""
    portfolios, items = [], []
    for done, (portfolio, disputed) in enumerate(engine.each(gather_part, jobs), 1):
        portfolios.append(portfolio)
        items.append(disputed)
        tell("gathering", done, 2 * len(jobs))
    added(portfolios).write_ipc(jobs[0].portfolio)
    told = [disputed for disputed in items if disputed is not None]
    if told:
        items_added(told).write_ipc(jobs[0].items)


def gather_part(job: Job) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The first round of a part: its items are kept beside it, its settlements by day are the result.

    Beside them its items by day and those disputed, where disputes are on.
    """
    history = history_of(job.part.ledger(), job.part.own(), job.settings)
    beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=job.part.folder))
    write_frames(history, beside)
    _put(beside, job.part.folder / _HISTORY)
    disputed = items_by_day(history, job.part.events()) if job.settings.disputes else None
    return portfolio_of(history, job.settings), disputed


def answer_part(job: Job) -> int:
    """The second round of a part: its answers in a file of their own; the number of them is the result."""
    history = read_frames(ItemHistory, job.part.folder / _HISTORY)
    asked = _asked(job, history)
    disputes = _disputes(job, history)
    found = part_features(history, pl.read_ipc(job.portfolio), asked, job.settings, job.cut, disputes)
    beside = job.answers.parent / f".{job.part.folder.name}.writing"
    found.write_parquet(beside, compression="snappy", statistics=False)
    beside.replace(job.answers / f"{job.part.folder.name}.parquet")
    return found.height


def _disputes(job: Job, history: ItemHistory) -> DisputeFacts | None:
    if not job.settings.disputes:
        return None
    return DisputeFacts.of(history, job.part.events(), pl.read_ipc(job.items), job.cut)


def _put(folder: Path, place: Path) -> None:
    """``folder`` in its place; another worker may have put the same there before."""
    try:
        folder.rename(place)
    except OSError:
        shutil.rmtree(folder)


def _asked(job: Job, history: ItemHistory) -> pl.DataFrame:
    if job.when is not None:
        return questions_of(history, job.when)
    questions = job.part.questions()
    if questions is None:
        return pl.DataFrame(schema={"item": pl.UInt32, "as_of": pl.Date})
    return questions.join(history.items, on=list(ITEM_KEY)).select("item", "as_of")


def _invoices(ledger: Path) -> int:
    file = ledger / "invoices.parquet"
    rows = pq.read_metadata(file).num_rows if file.exists() else 0
    if rows == 0:
        raise NotThereError("the ledger holds no invoice yet", "load one: riskpay ingest PATH --format NAME")
    return int(rows)


def _questions(file: Path) -> pl.LazyFrame:
    try:
        rows = _as_written(file)
        there = rows.collect_schema().names()
        missing = [name for name in QUESTION_KEY if name not in there]
        if missing:
            raise UsageError(
                f"the questions in {file} have no column {', '.join(missing)} (columns: {', '.join(there)})",
                f"give the columns {', '.join(QUESTION_KEY)}",
            )
        types = {name: INVOICES.dtypes[name] for name in ITEM_KEY} | {"as_of": pl.Date}
        return rows.select(pl.col(name).cast(dtype) for name, dtype in types.items()).collect().lazy()
    except (OSError, pl.exceptions.PolarsError) as failed:
        raise UsageError(
            f"the questions in {file} cannot be read: {failed}", "give a Parquet or CSV file, days like 2019-08-01"
        ) from failed


def _as_written(file: Path) -> pl.LazyFrame:
    if file.suffix == ".parquet":
        return pl.scan_parquet(file)
    rows = pl.scan_csv(file, infer_schema=False)
    return rows.with_columns(pl.col("as_of").str.to_date()) if "as_of" in rows.collect_schema() else rows
