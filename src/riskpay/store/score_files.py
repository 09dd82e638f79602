"""What score runs said of each open item, a file a run, so that it can be held against what then happened.

    HOME/scores/<run_id>.parquet

A file counts once its run is in the store: it is written beside and renamed within the run's own transaction, so that
one which was stopped leaves a file that nobody reads and the next run removes. Of several runs of a day the newest counts.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import polars as pl

from riskpay.errors import DataError
from riskpay.store.flush import flush
from riskpay.store.runs import Run

_CHANCE: Final = pl.Float32()
COLUMNS: Final[dict[str, pl.DataType]] = {
    "company_id": pl.String(),
    "invoice_id": pl.String(),
    "instalment": pl.Int32(),
    "customer_id": pl.String(),
    "as_of": pl.Date(),
    "issue_date": pl.Date(),
    "due_date": pl.Date(),
    "open_amount": pl.Int64(),
    "currency": pl.String(),
    "p_late": _CHANCE,
    "p_unpaid_7": _CHANCE,
    "p_unpaid_30": _CHANCE,
    "p_unpaid_60": _CHANCE,
    "p_unpaid_90": _CHANCE,
    "pay_in_p10": pl.Int32(),
    "pay_in_p50": pl.Int32(),
    "pay_in_p90": pl.Int32(),
    "support": pl.Int64(),
    "model_version": pl.String(),
}
"""What every file has, in order; a file may have more. Amounts in minor units, pay_in in days from as_of."""


class ScoreFiles:
    """The scores that runs of one home left."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "scores"

    def write(self, run_id: str, scores: pl.DataFrame) -> None:
        """Keep the scores of a run, whole or not at all; ``scores`` has at least ``COLUMNS``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        whole = scores.select(*(pl.col(name).cast(kind) for name, kind in COLUMNS.items()), pl.exclude(*COLUMNS))
        beside = self._folder / f".{run_id}.writing"
        whole.write_parquet(beside)
        flush(beside)
        beside.replace(self._file(run_id))
        flush(self._folder)

    def kept(self) -> set[str]:
        """Ids of the runs that have a file, whether the store knows them or not."""
        return {file.stem for file in self._folder.glob("[!.]*.parquet")}

    def counting(self, runs: Iterable[Run]) -> list[Run]:
        """The runs whose files count, in order of day: of each day the newest of ``runs`` that has one."""
        found = [(run.created_at, self._written(run), run) for run in runs if self._file(run.run_id).exists()]
        newest = {run.as_of: run for _, _, run in sorted(found, key=lambda one: one[:2])}
        return [newest[day] for day in sorted(newest)]

    def read(self, run_ids: Collection[str]) -> pl.DataFrame:
        """The scores of runs, in their order, columns as ``COLUMNS``; raises DataError for a file that is damaged."""
        parts = [self._one(run_id) for run_id in run_ids]
        return pl.concat(parts) if parts else pl.DataFrame(schema=COLUMNS)

    def clear(self, but: Collection[str]) -> None:
        """Remove all but the files of the runs named, and what a stopped run left half-written."""
        for file in self._folder.glob("*.parquet"):
            if file.stem not in but:
                file.unlink(missing_ok=True)
        for file in self._folder.glob(".*.writing"):
            with suppress(OSError):
                file.unlink()

    def _file(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.parquet"

    def _written(self, run: Run) -> int:
        """When the file was written: runs are known to the second, and two of them may be of the same."""
        return self._file(run.run_id).stat().st_mtime_ns

    def _one(self, run_id: str) -> pl.DataFrame:
        file = self._file(run_id)
        try:
            return pl.read_parquet(file, columns=list(COLUMNS))
        except (OSError, pl.exceptions.PolarsError) as failed:
            raise DataError(
                f"the scores of run {run_id} cannot be read: {failed}",
                f"remove {file.name} from the home's folder scores; the day can be scored again with riskpay daily",
            ) from failed
