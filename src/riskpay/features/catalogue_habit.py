"""The features of how a customer pays items like this one, and on which days."""

from collections.abc import Mapping
from typing import Final

from riskpay.features.catalogue_rows import Row

_HABIT: Final[tuple[Row, ...]] = (
    (
        "late_share_weekday",
        "share",
        "all",
        "share paid late among items due on the same weekday, shrunk to late_share",
        "its record with this due weekday",
    ),
    (
        "mean_days_late_weekday",
        "days",
        "all",
        "mean days late among items due on the same weekday, shrunk",
        "its days late with this due weekday",
    ),
    (
        "late_share_terms",
        "share",
        "all",
        "share paid late among items with the same terms, shrunk to late_share",
        "its record with these terms",
    ),
    (
        "late_share_amount",
        "share",
        "all",
        "share paid late among items of a like amount, shrunk to late_share",
        "its record with amounts like this",
    ),
    (
        "late_share_weekday_90",
        "share",
        "90 days",
        "share paid late among items due on the same weekday, shrunk to late_share_weekday",
        "its recent record with this due weekday",
    ),
    ("pay_share_monday", "share", "all", "share of its settlements on a Monday", "the weekday the customer pays"),
    ("pay_share_tuesday", "share", "all", "share of its settlements on a Tuesday", "the weekday the customer pays"),
    ("pay_share_wednesday", "share", "all", "share of its settlements on a Wednesday", "the weekday the customer pays"),
    ("pay_share_thursday", "share", "all", "share of its settlements on a Thursday", "the weekday the customer pays"),
    ("pay_share_friday", "share", "all", "share of its settlements on a Friday", "the weekday the customer pays"),
    (
        "late_share_roll",
        "share",
        "all",
        (
            "share paid late among items whose due date lies as many days before the first business day on or "
            "after it, shrunk to late_share"
        ),
        "its record with due dates on days banks are closed",
    ),
    (
        "late_share_effective",
        "share",
        "all",
        (
            "share paid more than the grace days after the first business day on or after the due date, shrunk to "
            "the portfolio's"
        ),
        "how often the customer is late where weekends are forgiven",
    ),
    (
        "pay_share_month_end",
        "share",
        "all",
        "share of its settlements on the last business day of a month",
        "the customer paying at the end of the month",
    ),
    (
        "days_since_pay_day",
        "days",
        "all",
        (
            "days from the last of its usual payment days on or before the due date to the due date, at most 8; "
            "such a day is a weekday with 15 % of its settlements, on which banks work; of month-end payers "
            "(pay_share_month_end of half or more) it is the last business day of a month, at most 31 days away"
        ),
        "its last usual payment day before the due date",
    ),
    (
        "days_to_pay_day",
        "days",
        "all",
        "days from the due date to the first of its usual payment days after it, at most 8 (month-end payers: 31)",
        "its next usual payment day after the due date",
    ),
    (
        "paid_by_pay_day_share",
        "share",
        "all",
        "share paid at least days_since_pay_day days (8 at most) before their due date, shrunk to the portfolio's",
        "how often the customer pays as early as this item needs",
    ),
    (
        "paid_before_next_pay_day_share",
        "share",
        "all",
        "share paid fewer than days_to_pay_day days (8 at most) late, shrunk to the portfolio's",
        "how often the customer pays before the payment day after this due date",
    ),
    (
        "typical_days_late",
        "days",
        "all",
        "mean days late, each item held within 12 days of its due date, shrunk to the portfolio's",
        "the customer's typical day of payment",
    ),
    (
        "typical_spread",
        "days",
        "all",
        (
            "root of the mean square distance of days late, held within 12, from typical_days_late; that mean is "
            "shrunk to the portfolio's"
        ),
        "how closely the customer keeps to its typical day",
    ),
    (
        "pay_day_margin",
        "spreads",
        "all",
        (
            "(typical_days_late + days_since_pay_day - (g - 1) / 2) over the root of typical_spread^2 - (g^2 - 1) "
            "/ 12, 1 at least, where g = days_since_pay_day + days_to_pay_day; month-end payers: with "
            "mean_days_late and sd_days_late (g / 4 with one item)"
        ),
        "its last usual payment day against the customer's typical day",
    ),
    (
        "days_late_over_pay_day",
        "days",
        "all",
        "typical_days_late (month-end payers: mean_days_late) plus days_since_pay_day",
        "its days late against its last usual payment day",
    ),
    (
        "pay_share_around_due",
        "share",
        "all",
        (
            "share of its settlements on the weekdays (Monday to Friday) from three days before the due date to "
            "the due date"
        ),
        "its payment weekdays just before the due date",
    ),
    (
        "late_share_weekday_terms",
        "share",
        "all",
        "share paid late among items due on the same weekday with the same terms, shrunk to late_share_weekday",
        "its record with this due weekday and these terms",
    ),
    (
        "late_share_weekday_amount",
        "share",
        "all",
        "share paid late among items due on the same weekday of a like amount, shrunk to late_share_weekday",
        "its record with this due weekday and amounts like this",
    ),
)


def habit(spans: Mapping[str, tuple[int, int, str]]) -> tuple[Row, ...]:
    """Family habit, with shares by span of days late (first and last day, words), of all items and of a due weekday."""
    names = {name: words for name, (_, _, words) in spans.items()}
    phrases = (
        "the days around the due date on which the customer pays",
        "the days on which it pays items due on this weekday",
    )
    among = " among items due on the same weekday"
    everyday = (
        (f"{name}_share", "share", "all", f"share paid {words}, shrunk to the portfolio's", phrases[0])
        for name, words in names.items()
    )
    weekday = (
        (f"{name}_share_weekday", "share", "all", f"share paid {words}{among}, shrunk to the customer's", phrases[1])
        for name, words in names.items()
    )
    return (*_HABIT, *everyday, *weekday)
