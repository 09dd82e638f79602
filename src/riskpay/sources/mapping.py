"""A file format as data: which column means what, how dates and amounts are written, what is let through."""

from collections.abc import Mapping as Pairs
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from riskpay import yamlfile
from riskpay.errors import MappingError
from riskpay.money import is_currency

MAX_BYTES = 1_000_000
"""Largest mapping file that is read."""


def _headers(value: object) -> object:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


Headers = Annotated[tuple[str, ...], BeforeValidator(_headers)]
"""Accepted headers of one field; null or an empty list: the format has no such column."""

IdField = Literal["company_id", "customer_id", "invoice_id"]


class Section(BaseModel):
    """A part of a mapping file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(Section):
    """Accepted headers by field; case, spaces and underscores make no difference."""

    company_id: Headers = Field((), description="our own company; without it, the one entry of `companies`")
    customer_id: Headers = Field((), description="who owes; required")
    customer_name: Headers = Field((), description="display name, never a key; the most frequent one is kept")
    customer_email: Headers = Field((), description="address for e-mail")
    invoice_id: Headers = Field((), description="document number; required")
    document_id: Headers = Field((), description="stands in where the document number is empty")
    instalment: Headers = Field((), description="number of the due date of a document; 1 where there is none")
    document_type: Headers = Field((), description="kind of document, read by `document_types`")
    issue_date: Headers = Field((), description="day the document was made; required")
    due_date: Headers = Field((), description="last day without lateness; required")
    amount: Headers = Field((), description="amount of the document; required")
    currency: Headers = Field((), description="ISO 4217 code; without it, the company's currency")
    settled_on: Headers = Field((), description="day the item was paid in full; gives a payment and its allocation")
    open_flag: Headers = Field((), description="says that the item is open; must agree with `settled_on`")
    change_date: Headers = Field((), description="day a later version became known; empty for the first version")
    disputed_on: Headers = Field((), description="day the item was disputed; a dispute without a day is not read")

    def mapped(self) -> dict[str, tuple[str, ...]]:
        """Accepted headers of the fields that this format has."""
        return {name: headers for name in type(self).model_fields if (headers := getattr(self, name))}


REQUIRED_FIELDS = ("customer_id", "invoice_id", "issue_date", "due_date", "amount")
"""Fields that every wide mapping names."""

MAY_BE_ABSENT = frozenset(
    {
        "customer_name",
        "customer_email",
        "document_id",
        "instalment",
        "document_type",
        "open_flag",
        "change_date",
        "disputed_on",
    }
)
"""Mapped fields whose column a file may lack; every other mapped field must be there."""


class Dates(Section):
    """How days are written."""

    formats: tuple[str, ...] = Field(
        ("%Y-%m-%d",),
        description="strptime formats, tried in order; ISO days (2019-12-31, also with a time) are always read, "
        "and a tail of `.0` is dropped first",
    )
    earliest_year: int = Field(1990, ge=1, le=9999, description="days before this year are rejected")
    latest_year: int = Field(2100, ge=1, le=9999, description="days after this year are rejected")


class Amounts(Section):
    """How money is written."""

    decimal: Literal[".", ","] = Field(
        ".", description="decimal mark; with a comma, a point that is no `thousands` mark is refused"
    )
    thousands: Literal["", ",", ".", " ", "'"] = Field(
        "",
        description="mark between thousands, before groups of three digits or not at all; elsewhere the row is rejected",
    )
    minor_units: bool = Field(default=False, description="amounts are whole cents (minor units), not decimals")
    negative: Literal["reject", "credit_note"] = Field(
        "reject", description="what a negative amount is; also read as negative: `12.50-` and `(12.50)`"
    )
    default_currency: str | None = Field(None, description="currency of rows without one; null: the company's currency")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands are the same mark; give two different ones")
        if self.default_currency and not is_currency(self.default_currency):
            raise ValueError(f"default_currency {self.default_currency!r} is not in ISO 4217")
        return self


class Ids(Section):
    """How ids that mean the same become the same."""

    strip_leading_zeros: tuple[IdField, ...] = Field((), description="ids whose leading zeros say nothing")
    strip_point_zero: tuple[IdField, ...] = Field((), description="ids that come as `1930438491.0`")


class Company(Section):
    """One of our own legal entities."""

    name: str = Field(description="name on letters")
    currency: str = Field(description="reporting currency, ISO 4217")
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2; its bank holidays are the default")
    time_zone: str = Field(description="IANA time zone")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not is_currency(self.currency):
            raise ValueError(f"currency {self.currency!r} is not in ISO 4217; write one such as USD")
        if self.time_zone not in available_timezones():
            near = get_close_matches(self.time_zone, available_timezones(), n=1)
            raise ValueError(
                f"time_zone {self.time_zone!r} is unknown; write one such as {(near or ['Europe/Paris'])[0]}"
            )
        return self


class Customers(Section):
    """What a wide file does not say of its customers, declared for all of them."""

    debtor_type: Literal["company", "sole_trader", "consumer", "guarantor", "unknown"] = Field(
        "unknown", description="picks the compliance profile; unknown means strict"
    )
    payment_method: Literal["transfer", "auto_pay", "direct_debit", "statement"] = Field(
        "transfer", description="how they pay"
    )
    language: str | None = Field(None, description="ISO 639-1 language of letters")


class Tolerances(Section):
    """How far days may lie in the wrong order before a row is rejected."""

    payment_before_issue_days: int = Field(0, ge=0, description="days a payment may lie before the issue day")
    due_before_issue_days: int = Field(0, ge=0, description="days a due date may lie before the issue day")
    issue_after_load_days: int = Field(
        7, ge=0, description="days an issue day may lie after the day of the load; later ones are slips of the pen"
    )


class Mapping(Section):
    """How one file format becomes the tables of the ledger."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="name of the format")
    notes: str = Field("", description="what a reader should know: assumptions, what is left out and why")
    table: Literal["wide", "canonical"] = Field(
        "wide",
        description="`wide`: one row is an invoice and its payment; `canonical`: a folder with one file a ledger table",
    )
    load: Literal["full", "delta"] = Field(
        "delta", description="`full`: each file holds everything, so what vanishes is reported; `delta`: only changes"
    )
    encodings: tuple[Literal["utf-8", "cp1252", "latin-1"], ...] = Field(
        ("utf-8", "cp1252"), min_length=1, description="tried in order; a byte order mark (UTF-8, UTF-16) goes first"
    )
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        None, description="null: the one of comma, semicolon, tab and | that the header holds most often"
    )
    columns: Columns = Field(Columns(), description="wide: accepted headers by field")
    aliases: dict[str, Headers] = Field({}, description="canonical: further headers by ledger column")
    dates: Dates = Field(Dates(), description="how days are written")
    amounts: Amounts = Field(Amounts(), description="how money is written")
    ids: Ids = Field(Ids(), description="how ids are normalised")
    document_types: dict[str, Literal["invoice", "credit_note"]] = Field(
        {}, description="what each value of `document_type` is; others are rejected; empty: every row is an invoice"
    )
    open_values: tuple[str, ...] = Field(("1", "true", "yes"), description="values of `open_flag` that say open")
    companies: dict[str, Company] = Field({}, description="our own companies by the value of `company_id`")
    customers: Customers = Field(Customers(), description="declared for all customers of a wide file")
    tolerances: Tolerances = Field(Tolerances(), description="days in the wrong order that are let through")
    posting_lag_days: int = Field(
        0, ge=0, le=60, description="days from a payment's value date to the day we know of it"
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        missing = [name for name in REQUIRED_FIELDS if not getattr(self.columns, name)]
        if self.table == "wide" and missing:
            raise ValueError(f"columns: a wide mapping names headers for {', '.join(missing)}")
        if self.table == "wide" and not self.companies:
            raise ValueError("companies: a wide mapping declares at least one company")
        if self.table == "wide" and not self.columns.company_id and len(self.companies) > 1:
            raise ValueError("companies: without columns.company_id there is one company; keep one entry")
        if self.table == "canonical" and not self.amounts.minor_units:
            raise ValueError("amounts: the ledger's tables hold minor units; set minor_units: true")
        if self.dates.earliest_year > self.dates.latest_year:
            raise ValueError("dates: earliest_year lies after latest_year")
        return self


def builtin_mappings() -> dict[str, str]:
    """The text of every mapping that comes with riskpay, by its name."""
    folder = files("riskpay.sources") / "mappings"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return {f.name.removesuffix(".yaml"): f.read_text(encoding="utf-8") for f in found}


def load_mapping(name_or_path: str) -> Mapping:
    """The mapping of that built-in name, or of the YAML file at that path.

    Raises MappingError if there is neither, or with every fault of the file and its line.
    """
    builtin = builtin_mappings()
    text = builtin[name_or_path] if name_or_path in builtin else _file_text(Path(name_or_path), builtin)
    try:
        return yamlfile.read(text, Mapping)
    except yamlfile.YamlFaultError as fault:
        raise MappingError(
            f"mapping {name_or_path}: " + "\n".join(fault.problems), "docs/mappings.md explains every key"
        ) from fault


def _file_text(path: Path, builtin: Pairs[str, str]) -> str:
    if not path.is_file():
        near = get_close_matches(str(path), builtin, n=1)
        guess = f"did you mean {near[0]!r}?" if near else "give one of those names, or the path of a mapping file"
        raise MappingError(f"mapping {str(path)!r} is neither a file nor built in ({', '.join(builtin)})", guess)
    if path.stat().st_size > MAX_BYTES:
        raise MappingError(f"mapping {path} is larger than {MAX_BYTES:,} bytes", "is it the data file?")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as failed:
        raise MappingError(f"mapping {path} cannot be read as UTF-8 text: {failed}", "save it as UTF-8") from failed
