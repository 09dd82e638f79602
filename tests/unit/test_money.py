"""Minor units: no cent is made or lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.errors import UsageError
from riskpay.money import MAX_MINOR_UNITS, for_people, is_currency, minor_digits, to_decimal, to_minor, to_text


@pytest.mark.parametrize(("code", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XAU", 0)])
def test_digits_are_those_of_iso_4217(code, digits):
    assert minor_digits(code) == digits


@pytest.mark.parametrize("code", ["usd", "", "US", "ZZZ", " USD", "840"])
def test_an_unknown_currency_is_named(code):
    assert not is_currency(code)
    with pytest.raises(UsageError) as told:
        minor_digits(code)
    assert repr(code) in told.value.message


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.30", "USD", 1230),
        ("12.3", "USD", 1230),
        ("-12.30", "USD", -1230),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        ("1e3", "USD", 100_000),
        ("-0.00", "USD", 0),
        ("1.00000000000000000000", "USD", 100),
        (Decimal("0.10"), "USD", 10),
    ],
)
def test_amounts_become_minor_units(text, currency, minor):
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "said"),
    [
        ("12,30", "USD", "not a number"),
        ("", "USD", "not a number"),
        ("$5", "USD", "not a number"),
        ("NaN", "USD", "not finite"),
        ("sNaN", "USD", "not finite"),
        ("-Infinity", "USD", "not finite"),
        ("1.005", "USD", "more digits"),
        ("0.5", "JPY", "more digits"),
        ("1." + "0" * 40 + "1", "USD", "more digits"),
        ("1E-999999999", "USD", "more digits"),
        ("1E+999999", "USD", "beyond"),
        ("10000000000000.01", "USD", "beyond"),
    ],
)
def test_what_cannot_be_an_amount_is_refused(text, currency, said):
    with pytest.raises(UsageError, match=said):
        to_minor(text, currency)


def test_the_largest_amount_is_taken():
    assert to_minor("10000000000000.00", "USD") == MAX_MINOR_UNITS


def test_text_keeps_the_currencys_digits():
    assert to_text(5, "USD") == "0.05"
    assert to_text(-1230, "USD") == "-12.30"
    assert to_text(1200, "JPY") == "1200"
    assert to_text(0, "KWD") == "0.000"
    assert for_people(123_456, "USD") == "1,234.56 USD"


@given(st.integers(-MAX_MINOR_UNITS, MAX_MINOR_UNITS), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_there_and_back(minor, currency):
    assert to_minor(to_text(minor, currency), currency) == minor
    assert to_minor(to_decimal(minor, currency), currency) == minor
