"""Text as days, money and ids."""

from datetime import date

import polars as pl
import pytest

from riskpay.sources import parsing
from riskpay.sources.mapping import Amounts, Dates

MIXED = Dates(formats=("%Y%m%d", "%m/%d/%Y"))


def one(expression, text):
    return pl.DataFrame({"t": [text]}, schema={"t": pl.String}).select(expression).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20191229.0", date(2019, 12, 29)),
        ("20191229", date(2019, 12, 29)),
        (" 2019-12-31 00:00:00 ", date(2019, 12, 31)),
        ("2019-12-31 00:00:00.000000", date(2019, 12, 31)),
        ("2019-12-31T08:30:00", date(2019, 12, 31)),
        ("4/6/2013", date(2013, 4, 6)),
        ("12/31/2013", date(2013, 12, 31)),
        ("13/12/2013", None),
        ("2019-02-30", None),
        ("NaT", None),
        ("", None),
        (None, None),
        ("soon", None),
        ("0219-12-31", date(219, 12, 31)),
    ],
)
def test_days(text, expected):
    assert one(parsing.day("t", MIXED), text) == expected


@pytest.mark.parametrize(
    ("text", "digits", "minor"),
    [
        ("12.30", 2, 1230),
        ("12.3", 2, 1230),
        ("12", 2, 1200),
        ("0012.50", 2, 1250),
        ("-5.00", 2, -500),
        ("5.00-", 2, -500),
        ("(5.00)", 2, -500),
        ("+.5", 2, 50),
        ("0", 2, 0),
        ("0.00", 2, 0),
        ("1.500", 2, 150),
        ("1.505", 2, None),
        ("7", 0, 7),
        ("7.0", 0, 7),
        ("7.5", 0, None),
        ("1.234", 3, 1234),
        ("10000000000000.00", 2, 10**15),
        ("10000000000000.01", 2, None),
        ("99999999999999999999", 2, None),
        ("nan", 2, None),
        ("inf", 2, None),
        ("1e3", 2, None),
        ("1,200.00", 2, None),
        ("", 2, None),
        ("-", 2, None),
        (None, 2, None),
    ],
)
def test_amounts_are_exact_or_null(text, digits, minor):
    number = parsing.number_text("t", Amounts())
    assert one(parsing.minor_units(number, pl.lit(digits)), text) == minor


def test_comma_as_decimal_mark():
    amounts = Amounts(decimal=",", thousands=".")
    assert one(parsing.minor_units(parsing.number_text("t", amounts), pl.lit(2)), "1.234.567,8") == 123456780


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "minor"),
    [
        (",", ".", "1.234.567", 123456700),
        (",", ".", "(1.234,50)", -123450),
        (",", ".", "-1.234,5", -123450),
        (",", ".", "1.234,50-", -123450),
        (",", ".", "1234,50", 123450),
        (",", ".", "12,50", 1250),
        (",", ".", "12.50", None),
        (",", ".", "1234.5", None),
        (",", ".", "1.23.456", None),
        (",", ".", "1234.567", None),
        (",", ".", "1.2345", None),
        (",", ".", ".123", None),
        (",", ".", "0.500", None),
        (",", ".", "1,234.50", None),
        (",", ".", "1.234.", None),
        (".", ",", "1,234.50", 123450),
        (".", ",", "12,50", None),
        (".", ",", "1234.50", 123450),
        (".", ",", "1.5,000", None),
        (".", " ", "1 234.50", 123450),
        (".", "'", "1'234.50", 123450),
        (".", "'", "12'34.50", None),
        (",", "", "12,50", 1250),
        (",", "", "1.500", None),
        (",", " ", "1 500,00", 150000),
        (",", " ", "1.500", None),
    ],
)
def test_marks_between_thousands_stand_in_groups_of_three_or_the_amount_is_not_read(decimal, thousands, text, minor):
    amounts = Amounts(decimal=decimal, thousands=thousands)
    assert one(parsing.minor_units(parsing.number_text("t", amounts), pl.lit(2)), text) == minor


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0100099540", "100099540"),
        ("000", "0"),
        ("1930438491.0", "1930438491"),
        ("CC01", "CC01"),
        ("0A", "A"),
        (" ", None),
    ],
)
def test_ids(text, expected):
    assert one(parsing.identifier("t", zeros=True, point_zero=True), text) == expected


def test_ids_are_left_alone_unless_the_mapping_says_so():
    assert one(parsing.identifier("t", zeros=False, point_zero=False), "007.0") == "007.0"


@pytest.mark.parametrize(("text", "expected"), [("Yes", True), ("0", False), ("maybe", None), (None, None)])
def test_yes_and_no(text, expected):
    assert one(parsing.yes_no("t"), text) is expected
