"""Reading a source: every row accepted, named a duplicate, or rejected with file, line, column, value and reason.

accepted + rejected + duplicates = read, in rows and in money per currency. Money is counted as it is signed in the
file; a row whose amount or currency cannot be read exactly counts as a row and brings no money. In canonical folders
the money is that of the tables with an amount and a currency of their own (invoices and payments).
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from riskpay.errors import SourceError
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import INVOICES, ITEM_KEY
from riskpay.sources import canonical, wide, wide_tables
from riskpay.sources.checks import Tally
from riskpay.sources.mapping import Mapping
from riskpay.sources.readers import Sheet, read_sheet, source_files


def _no_items() -> pl.DataFrame:
    return INVOICES.empty().select(ITEM_KEY)


@dataclass(frozen=True)
class Intake:
    """What a source brought: canonical tables by name, tallies, rejected rows, and whether it is a full export.

    ``shown_open`` holds the keys of the invoices that the source shows as not paid (wide files only),
    ``named_items`` those of all items that rows name, accepted or not: a rejected row has not vanished.
    """

    frames: dict[str, pl.DataFrame]
    read: Tally
    accepted: Tally
    rejected: Tally
    duplicates: Tally
    rejects: pl.DataFrame
    full: bool
    loaded_on: date
    shown_open: pl.DataFrame = field(default_factory=_no_items)
    named_items: pl.DataFrame = field(default_factory=_no_items)


def read_source(path: Path, mapping: Mapping, loaded_on: date, known: Ledger | None = None) -> Intake:
    """The rows of a file or folder, sorted out and as canonical tables.

    ``loaded_on`` is the day of the load; facts keep the days that the source gives them. ``known`` is the ledger so
    far, to which rows of a canonical folder may refer. Raises SourceError if a file is not what it claims to be.
    """
    if mapping.table == "canonical":
        return _canonical(path, mapping, loaded_on, known)
    sheets = [read_sheet(file, mapping.encodings, mapping.delimiter) for file in source_files(path)]
    for sheet in sheets:
        wide.field_columns(sheet, mapping)
        _refuse_header_only(sheet)
    rows = wide.sort_rows(sheets, mapping, loaded_on)
    accepted, rejected, duplicates = (Tally.of(part) for part in (rows.accepted, rows.rejects, rows.duplicates))
    return Intake(
        frames=wide_tables.tables(rows.accepted, rows.named, mapping),
        read=rows.read,
        accepted=accepted,
        rejected=rejected,
        duplicates=duplicates,
        rejects=rows.rejects,
        full=mapping.load == "full",
        loaded_on=loaded_on,
        named_items=rows.items,
        shown_open=wide_tables.shown_open(rows.accepted),
    )


def _refuse_header_only(sheet: Sheet) -> None:
    if sheet.rows.is_empty() and sheet.ragged.is_empty():
        raise SourceError(f"{sheet.path} has a header and no rows", "export it again; nothing was loaded")


def _canonical(path: Path, mapping: Mapping, loaded_on: date, known: Ledger | None) -> Intake:
    parts = canonical.read_tables(path, mapping, loaded_on, known)
    read, accepted, rejected, duplicates = (sum((t[n] for t in parts.tallies), Tally(0, {})) for n in range(4))
    return Intake(
        frames=parts.frames,
        read=read,
        accepted=accepted,
        rejected=rejected,
        duplicates=duplicates,
        rejects=parts.rejects,
        full=mapping.load == "full",
        loaded_on=loaded_on,
    )
