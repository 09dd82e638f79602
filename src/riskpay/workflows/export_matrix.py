"""Writing the person-period matrix that boosters are grown on, as one file."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq

from riskpay.errors import TooFewLabelsError, UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.model.hazard import lacking
from riskpay.model.matrix import PersonPeriods
from riskpay.model.training import Asked, TrainSettings, ask_landmarks, training_rows
from riskpay.wholefile import whole
from riskpay.workflows.home import Home
from riskpay.workflows.progress import Progress, silent

ROWS: Final = 100_000
"""Rows of a row group: what bounds the memory beside the rows themselves."""

ABOUT: Final = "riskpay"
"""Key of the Parquet file's metadata under which a JSON object says which columns are features, and how boosters are grown."""


@dataclass(frozen=True)
class ExportedMatrix:
    """Where the matrix of a training day is, and its size; ``columns`` with keys and label, of them ``features`` read."""

    path: Path
    train_as_of: date
    rows: int
    columns: int
    features: int

    def to_json(self) -> dict[str, Any]:
        """As the command line says it."""
        return {"path": str(self.path), "rows": self.rows, "columns": self.columns, "features": self.features}


def export_matrix(home: Path, file: Path, as_of: date | None = None, progress: Progress = silent) -> ExportedMatrix:
    """Write the matrix that ``train`` as of that day would learn from, without training.

    Raises as ``check_file`` and ``train`` do, and DataError where the file cannot be written.
    """
    check_file(file)
    opened = Home.open(home)
    day = opened.day_of(as_of)
    settings = opened.train_settings
    progress("building payment histories", 0, 2)
    ledger = opened.ledger.known(day, "start")
    asked = ask_landmarks(ledger, day, settings)
    progress("writing the matrix", 1, 2)
    return write_matrix(ledger, asked, day, settings, file)


def write_matrix(ledger: Ledger, asked: Asked, as_of: date, settings: TrainSettings, file: Path) -> ExportedMatrix:
    """Write the rows that ``fit_model`` would grow its boosters on into ``file``, which is replaced in one step.

    Raises TooFewLabelsError where one of the two groups of intervals has no row.
    """
    given = PersonPeriods(training_rows(ledger, asked, as_of, settings), settings.hazard)
    if group := lacking(given.rows):
        raise TooFewLabelsError(
            f"{given.rows.height} person-period rows were decided before {as_of}, none of them in the {group} interval group",
            "load more history, or export as of a later day",
        )
    with whole(file) as beside:
        _WRITERS[file.suffix.lower()](given, as_of, beside)
    return ExportedMatrix(file, as_of, given.rows.height, len(given.columns), len(given.features))


def check_file(file: Path) -> None:
    """Raises UsageError for a file that the matrix cannot be written to; better told before training than after it."""
    if file.suffix.lower() not in _WRITERS:
        raise UsageError(
            f"{file} ends in {file.suffix or 'nothing'}; the matrix is written as {' or '.join(_WRITERS)}",
            "name a file that ends so",
        )
    if file.is_dir():
        raise UsageError(f"{file} is a folder", "name a file")


def _parquet(given: PersonPeriods, as_of: date, file: Path) -> None:
    tables = (part.to_arrow(compat_level=pl.CompatLevel.oldest()) for part in given.parts(ROWS))
    first = next(tables)
    about = first.schema.with_metadata({ABOUT: _about(given, as_of)})
    with pq.ParquetWriter(file, about, compression="zstd") as writer:
        for table in chain([first], tables):
            writer.write_table(table.replace_schema_metadata(about.metadata))


def _csv(given: PersonPeriods, _as_of: date, file: Path) -> None:
    with file.open("wb") as text:
        for number, part in enumerate(given.parts(ROWS)):
            part.write_csv(text, include_header=number == 0)


def _about(given: PersonPeriods, as_of: date) -> bytes:
    told = {
        "train_as_of": as_of.isoformat(),
        "features": given.features,
        "label": "paid",
        "weight": "weight",
        "start": "start",
        "parameters": given.parameters(),
    }
    return json.dumps(told).encode()


_WRITERS: Final[dict[str, Callable[[PersonPeriods, date, Path], None]]] = {".parquet": _parquet, ".csv": _csv}
