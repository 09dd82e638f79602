"""Wide files: one row is an invoice and, once settled, its payment; accepted or rejected as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from riskpay.errors import SourceError
from riskpay.ledger.tables import ITEM_KEY
from riskpay.sources import parsing
from riskpay.sources.checks import (
    REPEATED,
    Fault,
    Tally,
    first_fault,
    issued_late,
    part_versions,
    ragged_rows,
    reject_rows,
    rejected,
)
from riskpay.sources.mapping import MAY_BE_ABSENT, Mapping
from riskpay.sources.readers import FILE, LINE, Sheet, normalised

CONTENT = (
    "customer_id",
    "document_type",
    "issue_date",
    "due_date",
    "amount",
    "currency",
    "settled_on",
    "disputed_on",
)
"""What makes two rows of one document the same; names are no content."""


@dataclass(frozen=True)
class Sorted:
    """Rows sorted out: the tally of all that were read, parsed rows accepted, repeats, and rejected ones.

    ``items`` holds the keys of all items that rows name, accepted or not. ``named`` are the rows that make a customer known: all with readable ids, days and money, also those rejected for
    the order of their days.
    """

    read: Tally
    items: pl.DataFrame
    named: pl.DataFrame
    accepted: pl.DataFrame
    duplicates: pl.DataFrame
    rejects: pl.DataFrame


def field_columns(sheet: Sheet, mapping: Mapping) -> dict[str, int]:
    """Place of the column of each mapped field in a sheet.

    Raises SourceError if a required column is missing, or if a header that is needed stands twice.
    """
    headers = [normalised(h) for h in sheet.header]
    found: dict[str, int] = {}
    missing: list[str] = []
    for name, accepted in mapping.columns.mapped().items():
        match = next((normalised(h) for h in accepted if normalised(h) in headers), None)
        if match is not None and headers.count(match) > 1:
            raise SourceError(
                f"{sheet.path} has the header {sheet.header[headers.index(match)]!r} {headers.count(match)} times",
                "rename or drop one of the two columns",
            )
        if match is not None:
            found[name] = headers.index(match)
        elif name not in MAY_BE_ABSENT and not (name == "company_id" and len(mapping.companies) == 1):
            missing.append(f"{name} (accepted headers: {', '.join(accepted)})")
    if missing:
        raise SourceError(
            f"{sheet.path} lacks {'; '.join(missing)}. Its columns are: {', '.join(sheet.header)[:500]}",
            f"rename the column, or add its header to the mapping {mapping.name!r}; is it the right mapping?",
        )
    return found


def sort_rows(sheets: Sequence[Sheet], mapping: Mapping, loaded_on: date) -> Sorted:
    """Every row of the sheets accepted, named a duplicate, or rejected with the first thing wrong with it.

    ``loaded_on`` is the day of the load: what was issued long after it is no invoice yet.
    """
    raw = pl.concat([_fields(sheet, mapping) for sheet in sheets])
    parsed = _parsed(raw, mapping)
    faults = [*_faults(mapping), issued_late(loaded_on, mapping.tolerances.issue_after_load_days)]
    marked = first_fault(parsed, faults)
    names = {fault.column: f"raw_{fault.column}" for fault in faults}
    parts = part_versions(marked.filter(pl.col("_fault").is_null()), ITEM_KEY, "change_date", CONTENT)
    ragged = pl.concat([ragged_rows(sheet.ragged) for sheet in sheets])
    conflicting = reject_rows(parts.conflicting, pl.lit("invoice_id"), pl.col("invoice_id"), REPEATED)
    rejects = pl.concat([rejected(marked, faults, names), conflicting, ragged])
    read = Tally.of(parsed) + Tally.of(ragged)
    in_order = [n for n, fault in enumerate(faults) if "before issue" not in fault.reason]
    named = marked.filter(~pl.col("_fault").is_in(in_order).fill_null(value=False))
    items = parsed.select(ITEM_KEY).drop_nulls().unique()
    return Sorted(read, items, named, parts.kept, parts.duplicates, rejects.sort("file", "line"))


def _fields(sheet: Sheet, mapping: Mapping) -> pl.DataFrame:
    places = field_columns(sheet, mapping)
    fields = type(mapping.columns).model_fields
    columns = [pl.col(str(places[n])) if n in places else pl.lit(None, pl.String) for n in fields]
    named = [column.alias(f"raw_{name}") for column, name in zip(columns, fields, strict=True)]
    return sheet.rows.select(FILE, LINE, *named)


def _parsed(raw: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    days = ("issue_date", "due_date", "settled_on", "change_date", "disputed_on")
    rows = raw.with_columns(
        company_id=_id("company_id", mapping).fill_null(pl.lit(_sole_company(mapping), pl.String)),
        customer_id=_id("customer_id", mapping),
        invoice_id=pl.coalesce(_id("invoice_id", mapping), _id("invoice_id", mapping, "raw_document_id")),
        instalment=parsing.value_of("raw_instalment").str.replace(r"\.0+$", "").cast(pl.Int32, strict=False),
        name=parsing.value_of("raw_customer_name"),
        email=parsing.value_of("raw_customer_email"),
        is_open=_is_open(mapping),
        number=parsing.number_text("raw_amount", mapping.amounts),
        **{name: parsing.day(f"raw_{name}", mapping.dates) for name in days},
    )
    money = _with_money(rows.with_columns(currency=_currency(mapping)), mapping)
    return money.with_columns(
        document_type=_document_type(mapping),
        instalment=pl.when(pl.col("raw_instalment").is_null()).then(1).otherwise("instalment").cast(pl.Int32),
        known_on=pl.coalesce("change_date", "issue_date"),
    )


def _sole_company(mapping: Mapping) -> str | None:
    return next(iter(mapping.companies)) if len(mapping.companies) == 1 else None


def _id(name: str, mapping: Mapping, column: str = "") -> pl.Expr:
    return parsing.identifier(
        column or f"raw_{name}",
        zeros=name in mapping.ids.strip_leading_zeros,
        point_zero=name in mapping.ids.strip_point_zero,
    )


def _is_open(mapping: Mapping) -> pl.Expr:
    flag = parsing.value_of("raw_open_flag").str.replace(r"\.0+$", "").str.to_lowercase()
    return flag.is_in([value.lower() for value in mapping.open_values])


def _currency(mapping: Mapping) -> pl.Expr:
    own = {company: c.currency for company, c in mapping.companies.items()}
    default = pl.lit(mapping.amounts.default_currency, pl.String)
    of_company = pl.col("company_id").replace_strict(own, default=None, return_dtype=pl.String)
    return pl.coalesce(parsing.value_of("raw_currency").str.to_uppercase(), default, of_company)


def _with_money(rows: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    places = pl.lit(0, pl.Int64) if mapping.amounts.minor_units else pl.col("digits")
    # A row of an unknown currency has no amount: nobody can say what its minor unit is.
    return rows.with_columns(digits=parsing.digits_of("currency")).with_columns(
        amount=pl.when(pl.col("digits").is_not_null()).then(parsing.minor_units(pl.col("number"), places)),
        too_fine=parsing.is_number(pl.col("number")) & (parsing.digits_after_point(pl.col("number")) > places),
    )


def _document_type(mapping: Mapping) -> pl.Expr:
    kinds = pl.lit("invoice")
    if mapping.document_types:
        came = parsing.value_of("raw_document_type")
        kinds = came.replace_strict(mapping.document_types, default=None, return_dtype=pl.String)
        kinds = pl.when(came.is_null()).then(pl.lit("invoice")).otherwise(kinds)
    if mapping.amounts.negative == "credit_note":
        kinds = pl.when(pl.col("amount") < 0).then(pl.lit("credit_note")).otherwise(kinds)
    return kinds


def _faults(mapping: Mapping) -> list[Fault]:
    due_slack, paid_slack = mapping.tolerances.due_before_issue_days, mapping.tolerances.payment_before_issue_days
    return [
        *_id_faults(mapping),
        *_day_faults("issue_date", mapping, required=True),
        *_day_faults("due_date", mapping, required=True),
        *_day_faults("settled_on", mapping),
        *_day_faults("change_date", mapping),
        *_day_faults("disputed_on", mapping),
        *_money_faults(mapping),
        Fault("due_date", _before("due", due_slack), _days("issue_date", "due_date") > due_slack),
        Fault("settled_on", _before("payment", paid_slack), _days("issue_date", "settled_on") > paid_slack),
        Fault("change_date", "change before issue", pl.col("change_date") < pl.col("issue_date")),
        *_open_faults(),
    ]


def _open_faults() -> list[Fault]:
    paid, said = pl.col("settled_on").is_not_null(), pl.col("raw_open_flag").str.strip_chars() != ""
    closed = said & ~pl.col("is_open") & ~paid
    return [
        Fault("settled_on", "open by its flag, but it has a day of payment", pl.col("is_open") & paid),
        Fault("settled_on", "settled by its flag, but it has no day of payment", closed),
    ]


def _id_faults(mapping: Mapping) -> list[Fault]:
    known, kinds = list(mapping.companies), ", ".join(mapping.document_types)
    return [
        Fault("company_id", "company is empty", pl.col("company_id").is_null()),
        Fault("company_id", f"unknown company; the mapping has {', '.join(known)}", ~pl.col("company_id").is_in(known)),
        Fault("customer_id", "customer is empty", pl.col("customer_id").is_null()),
        Fault("invoice_id", "document number is empty", pl.col("invoice_id").is_null()),
        Fault("instalment", "not a whole number from 1 on", ~(pl.col("instalment") >= 1).fill_null(value=False)),
        Fault("document_type", f"unknown kind of document; the mapping has {kinds}", pl.col("document_type").is_null()),
    ]


def _day_faults(name: str, mapping: Mapping, *, required: bool = False) -> list[Fault]:
    first, last = mapping.dates.earliest_year, mapping.dates.latest_year
    there = parsing.value_of(f"raw_{name}").is_not_null()
    faults = [
        Fault(name, f"not a day; formats: {', '.join(mapping.dates.formats)}", there & pl.col(name).is_null()),
        Fault(name, f"the year is not within {first} to {last}", ~pl.col(name).dt.year().is_between(first, last)),
    ]
    return [Fault(name, "day is empty", ~there), *faults] if required else faults


def _money_faults(mapping: Mapping) -> list[Fault]:
    number = pl.col("number")
    marks = f"marks stand where they may not; allowed: {parsing.marks_allowed(mapping.amounts)}"
    faults = [
        Fault("amount", marks, parsing.has_wrong_marks("raw_amount", mapping.amounts)),
        Fault("currency", "currency is not in ISO 4217", pl.col("digits").is_null()),
        Fault("amount", "amount is empty", number.is_null()),
        Fault("amount", "amount is not finite", parsing.is_not_finite(number)),
        Fault("amount", "amount is not a number", ~parsing.is_number(number)),
        Fault("amount", "amount has more digits than its currency", pl.col("too_fine")),
        Fault("amount", "amount is too large", pl.col("amount").is_null()),
        Fault("amount", "amount is zero", pl.col("amount") == 0),
    ]
    negative = Fault("amount", "amount is negative", pl.col("amount") < 0)
    return faults if mapping.amounts.negative == "credit_note" else [*faults, negative]


def _before(what: str, slack: int) -> str:
    return f"{what} before issue by more than {slack} days" if slack else f"{what} before issue"


def _days(later: str, earlier: str) -> pl.Expr:
    return (pl.col(later) - pl.col(earlier)).dt.total_days()
