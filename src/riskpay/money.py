"""Money as integers of minor units, after ISO 4217."""

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import cache

from iso4217 import Currency

from riskpay.errors import UsageError

MAX_MINOR_UNITS = 10**15
"""Largest amount taken in, in minor units: above it a figure is a typing mistake, not a receivable."""

_MAX_POWER = 20
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])
"""Loses no digit in silence: what does not fit raises."""


@cache
def minor_digits(currency: str) -> int:
    """Digits after the decimal point of an ISO 4217 currency (USD 2, JPY 0, KWD 3).

    Raises UsageError for a code that is not in ISO 4217.
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        raise UsageError(
            f"currency {currency!r} is not in ISO 4217", "give a three-letter code such as USD or EUR"
        ) from None
    return exponent or 0


def is_currency(code: str) -> bool:
    """Whether ``code`` is a currency of ISO 4217."""
    try:
        minor_digits(code)
    except UsageError:
        return False
    return True


def to_minor(amount: str | Decimal, currency: str) -> int:
    """Minor units of a decimal amount: ``to_minor("12.30", "USD") == 1230``.

    Raises UsageError if the text is no finite number, has more digits than the currency, or
    exceeds ``MAX_MINOR_UNITS``.
    """
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise UsageError(f"amount {amount!r} is not a number", "write it like 1234.50") from None
    if not value.is_finite():
        raise UsageError(f"amount {amount!r} is not finite", "write it like 1234.50")
    if value and value.adjusted() > _MAX_POWER:
        raise _beyond(amount)
    try:
        minor = value.scaleb(minor_digits(currency), _EXACT)
        whole = minor.to_integral_exact(context=_EXACT)
    except Inexact:
        raise UsageError(
            f"amount {amount} has more digits than {currency} allows ({minor_digits(currency)})",
            "round it before sending it",
        ) from None
    if abs(whole) > MAX_MINOR_UNITS:
        raise _beyond(amount)
    return int(whole)


def _beyond(amount: str | Decimal) -> UsageError:
    return UsageError(f"amount {amount} is beyond {MAX_MINOR_UNITS} minor units", "check the unit")


def to_decimal(minor: int, currency: str) -> Decimal:
    """The decimal amount of minor units, with the currency's digits kept: 1230 -> 12.30."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def to_text(minor: int, currency: str) -> str:
    """The decimal string used in JSON: ``to_text(1230, "USD") == "12.30"``."""
    return f"{to_decimal(minor, currency):f}"


def for_people(minor: int, currency: str) -> str:
    """An amount as a person reads it: ``for_people(123456, "USD") == "1,234.56 USD"``."""
    return f"{to_decimal(minor, currency):,f} {currency}"
