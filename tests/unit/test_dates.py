"""Business days and holidays."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.dates import holidays_between, is_business_day, is_holiday, next_business_day

CHRISTMAS = date(2024, 12, 25)


def test_holidays_are_those_of_the_country():
    assert is_holiday(CHRISTMAS, "US")
    assert is_holiday(date(2024, 7, 4), "US")
    assert not is_holiday(date(2024, 7, 4), "DE")


@pytest.mark.parametrize("country", ["ZZ", "", "us"])
def test_an_unknown_country_has_weekends_only(country):
    assert not is_holiday(CHRISTMAS, country)
    assert is_business_day(CHRISTMAS, country)
    assert not is_business_day(date(2024, 12, 28), country)
    assert holidays_between(CHRISTMAS, CHRISTMAS, country) == []


def test_the_next_business_day_skips_weekend_and_holiday_together():
    assert next_business_day(date(2019, 8, 31), "US") == date(2019, 9, 3)  # Saturday, Sunday, Labor Day
    assert next_business_day(date(2019, 9, 3), "US") == date(2019, 9, 3)


def test_both_ends_of_a_span_of_holidays_count():
    assert holidays_between(CHRISTMAS, CHRISTMAS, "US") == [CHRISTMAS]
    assert holidays_between(date(2024, 12, 24), date(2025, 1, 1), "US") == [CHRISTMAS, date(2025, 1, 1)]
    assert holidays_between(CHRISTMAS, CHRISTMAS - timedelta(days=1), "US") == []


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.sampled_from(["US", "DE", "ZZ"]))
def test_a_business_day_is_found_and_none_is_skipped(day, country):
    found = next_business_day(day, country)
    assert is_business_day(found, country)
    between = [day + timedelta(days=n) for n in range((found - day).days)]
    assert not any(is_business_day(each, country) for each in between)
