"""Text as values, column by column: days, money, ids, yes and no. What cannot be read becomes null."""

import polars as pl
from iso4217 import Currency

from riskpay.money import MAX_MINOR_UNITS, minor_digits
from riskpay.sources.mapping import Amounts, Dates

BLANKS = ("", "nan", "nat", "none", "null", "<na>", "n/a")
"""Ways of writing that there is no value, compared without case; not used for amounts."""
TRUE = ("true", "1", "yes", "t", "y")
FALSE = ("false", "0", "no", "f", "n")
DIGITS = {currency.code: minor_digits(currency.code) for currency in Currency}
"""Digits after the point by ISO 4217 code."""
MAX_DIGITS = max(DIGITS.values())


def stripped(column: str) -> pl.Expr:
    """Text without spaces around it; null where nothing is left."""
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def value_of(column: str) -> pl.Expr:
    """Text without spaces around it; null where it says that there is no value."""
    text = stripped(column)
    return pl.when(~text.str.to_lowercase().is_in(list(BLANKS))).then(text)


def identifier(column: str, *, zeros: bool, point_zero: bool) -> pl.Expr:
    """An id as text; ``zeros``: without leading zeros, ``point_zero``: without a tail of ``.0``."""
    text = value_of(column)
    if point_zero:
        text = text.str.replace(r"^(\d+)\.0+$", "${1}")
    return text.str.replace(r"^0+([^0].*|0)$", "${1}") if zeros else text


def day(column: str, dates: Dates) -> pl.Expr:
    """A day by the first format that fits, whatever its year; null where none does."""
    text = value_of(column).str.replace(r"\.0+$", "")
    formats = dict.fromkeys([*dates.formats, "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
    return pl.coalesce(_one_day(text, form) for form in formats)


def _one_day(text: pl.Expr, form: str) -> pl.Expr:
    if any(part in form for part in ("%H", "%I", "%T")):
        return text.str.to_datetime(form, strict=False, time_unit="ms").dt.date()
    return text.str.to_date(form, strict=False)


def moment(column: str) -> pl.Expr:
    """A timestamp in UTC, written as ISO; a day alone is its midnight."""
    text = value_of(column).str.replace("T", " ", literal=True).str.replace(r"(\.\d+)?(Z|\+00:?00)?$", "")
    full = text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    return pl.coalesce(full, text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")))


def number_text(column: str, amounts: Amounts) -> pl.Expr:
    """An amount as ``-1234.50``: thousands dropped, point as decimal mark, ``12-`` and ``(12)`` as ``-12``.

    Null where its marks do not stand as ``has_wrong_marks`` wants them: they may then mean another amount.
    """
    text = pl.when(~has_wrong_marks(column, amounts)).then(stripped(column)).otherwise(None)
    if amounts.thousands:
        text = text.str.replace_all(amounts.thousands, "", literal=True)
    if amounts.decimal == ",":
        text = text.str.replace(",", ".", literal=True)
    text = text.str.replace(r"^\((.*)\)$", "-${1}").str.replace(r"^([^-].*)-$", "-${1}")
    return text.str.strip_prefix("+")


def has_wrong_marks(column: str, amounts: Amounts) -> pl.Expr:
    """Whether an amount has marks between thousands elsewhere than before groups of three, or a point for a comma."""
    text, mark = stripped(column), amounts.thousands
    wrong = text.str.contains(".", literal=True) & pl.lit("." not in (amounts.decimal, mark))
    if not mark:
        return wrong
    # A first group that begins with 0 is no group of thousands: 0.500 was meant as a half.
    grouped = rf"^\(?[+-]?[1-9]\d{{0,2}}(?:[{mark}]\d{{3}})+(?:[{amounts.decimal}]\d*)?-?\)?$"
    return wrong | (text.str.contains(mark, literal=True) & ~text.str.contains(grouped))


def marks_allowed(amounts: Amounts) -> str:
    """What ``has_wrong_marks`` lets through, for people."""
    between = f"{amounts.thousands!r} before groups of three digits or not at all" if amounts.thousands else "none"
    return f"decimal mark {amounts.decimal!r}, between thousands {between}"


def is_number(text: pl.Expr) -> pl.Expr:
    """Whether it is a plain finite decimal."""
    return text.str.contains(r"^-?(\d+\.?\d*|\.\d+)$")


def is_not_finite(text: pl.Expr) -> pl.Expr:
    """Whether it is NaN or infinity."""
    return text.str.to_lowercase().str.contains(r"^-?(nan|inf|infinity)$")


def digits_after_point(text: pl.Expr) -> pl.Expr:
    """Digits after the point that count: ``1.50`` has one."""
    return _fraction(text).str.len_chars().cast(pl.Int64)


def minor_units(text: pl.Expr, digits: pl.Expr) -> pl.Expr:
    """Signed minor units of a plain decimal, exact; null if it is none, needs more than ``digits``, or is too large."""
    whole = text.str.extract(r"^-?0*(\d*)", 1)
    padded = pl.concat_str(_fraction(text), pl.lit("0" * MAX_DIGITS)).str.slice(0, digits)
    joined = pl.concat_str(whole, padded).str.replace("^$", "0")
    size = pl.when(joined.str.len_chars() <= len(str(MAX_MINOR_UNITS))).then(joined).cast(pl.Int64, strict=False)
    signed = pl.when(text.str.starts_with("-")).then(-size).otherwise(size)
    readable = is_number(text) & (digits_after_point(text) <= digits) & (size <= MAX_MINOR_UNITS)
    return pl.when(readable).then(signed)


def _fraction(text: pl.Expr) -> pl.Expr:
    return text.str.extract(r"\.(\d*?)0*$", 1).fill_null("")


def digits_of(currency: str) -> pl.Expr:
    """Digits after the point of the currencies in a column; null for one that is not in ISO 4217."""
    return pl.col(currency).replace_strict(DIGITS, default=None, return_dtype=pl.Int64)


def yes_no(column: str) -> pl.Expr:
    """True or false; null where it is neither."""
    text = value_of(column).str.to_lowercase()
    return pl.when(text.is_in(list(TRUE))).then(statement=True).when(text.is_in(list(FALSE))).then(statement=False)
