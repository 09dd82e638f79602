"""The features, declared: name, type, unit, window, meaning, and the phrase that a reason uses.

Every feature is a question (item, as_of, cut): it may use facts known by then, and the item's own
document. No feature counts contacts, and none reads a customer attribute without a date.
"""

from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["item", "calendar", "history", "recent", "habit", "book", "portfolio"]


@dataclass(frozen=True)
class Feature:
    """One column of the feature frame."""

    name: str
    family: Family
    unit: str
    window: str
    meaning: str
    phrase: str
    monotone: int = 0
    """+1: more of it never means an earlier payment where the field is sure; 0: not constrained."""


def _f(name: str, family: Family, unit: str, window: str, meaning: str, phrase: str, monotone: int = 0) -> Feature:
    return Feature(name, family, unit, window, meaning, phrase, monotone)


_ITEM = (
    _f(
        "amount_log",
        "item",
        "log10 money",
        "item",
        "amount in the company's currency at the issue day's rate",
        "its amount",
    ),
    _f("terms_days", "item", "days", "item", "due date less issue date", "its payment terms"),
    _f("age_days", "item", "days", "item", "as_of less issue date", "its age"),
    _f(
        "days_from_due",
        "item",
        "days",
        "item",
        "as_of less due date; negative before it",
        "the days since its due date",
    ),
    _f(
        "open_share",
        "item",
        "share",
        "item",
        "open amount over amount, as known; 1 before the document is known",
        "the part still open",
    ),
    _f(
        "amount_to_usual",
        "item",
        "log10 ratio",
        "all",
        "amount over the customer's mean settled amount",
        "its size against the customer's usual",
    ),
)

_CALENDAR = (
    _f("due_weekday", "calendar", "0 = Monday", "item", "weekday of the due date", "the weekday it falls due"),
    _f(
        "due_day_of_month",
        "calendar",
        "day",
        "item",
        "day of month of the due date",
        "the day of the month it falls due",
    ),
    _f(
        "due_days_to_month_end",
        "calendar",
        "days",
        "item",
        "days from due date to the end of its month",
        "how near month end it falls due",
    ),
    _f(
        "due_days_to_holiday",
        "calendar",
        "days",
        "item",
        "signed days to the nearest bank holiday (negative: it lies before; of two, the one after), 31 = none near",
        "a bank holiday near its due date",
    ),
    _f(
        "due_days_to_business_day",
        "calendar",
        "days",
        "item",
        "days from the due date to the first business day on or after it",
        "its due date on a day banks are closed",
    ),
    _f("issue_weekday", "calendar", "0 = Monday", "item", "weekday of the issue date", "the weekday it was issued"),
)


LATE_DAYS: Final = (3, 7, 15, 30, 60, 90)
"""Days late whose exceeding is a feature: with late_share they make up the customer's own payment curve."""


def _later() -> tuple[Feature, ...]:
    phrase = "how often the customer pays more than {} days late"
    meaning = "share paid more than {} days late, shrunk to the portfolio's"
    return tuple(
        _f(f"late_{days}_share", "history", "share", "all", meaning.format(days), phrase.format(days))
        for days in LATE_DAYS
    )


_HISTORY = (
    _f(
        "settled_count",
        "history",
        "items",
        "all",
        "items of the customer settled in cash",
        "how much history the customer has",
    ),
    _f(
        "late_share",
        "history",
        "share",
        "all",
        "share paid late, shrunk to the portfolio's",
        "how often the customer pays late",
    ),
    *_later(),
    _f(
        "late_amount_share",
        "history",
        "share",
        "all",
        "share paid late, weighted by amount, shrunk",
        "how much of its money the customer pays late",
    ),
    _f(
        "mean_days_late",
        "history",
        "days",
        "all",
        "mean days late (early is negative), shrunk",
        "the customer's average days late",
    ),
    _f(
        "sd_days_late",
        "history",
        "days",
        "all",
        "standard deviation of days late (of the population), from two items on",
        "how regularly the customer pays",
    ),
    _f(
        "last_days_late",
        "history",
        "days",
        "last",
        "mean days late of the settlements of the last day on which one became known",
        "how late the last payment was",
    ),
    _f(
        "days_since_settled",
        "history",
        "days",
        "last",
        "days since a settlement became known, counted to the last day whose facts count",
        "how long ago the customer last paid",
    ),
    _f(
        "mean_days_to_pay",
        "history",
        "days",
        "all",
        "mean days from issue to settlement",
        "the customer's average days to pay",
    ),
    _f(
        "pay_days_over_terms",
        "history",
        "days",
        "all",
        "mean days to pay less this item's terms",
        "the customer's days to pay against these terms",
    ),
    _f(
        "late_share_with_overdue",
        "history",
        "share",
        "all",
        "as late_share, the customer's items now past due counted as late",
        "how often the customer is late, open items counted",
    ),
    _f(
        "customer_age_days",
        "history",
        "days",
        "all",
        "days since the first document issued to the customer became known; 0 before it is",
        "how long the customer is known",
    ),
)

_RECENT = (
    _f("late_share_30", "recent", "share", "30 days", "share paid late, shrunk to late_share", "recent late payments"),
    _f(
        "late_share_90",
        "recent",
        "share",
        "90 days",
        "share paid late, shrunk to late_share",
        "late payments of the last three months",
    ),
    _f(
        "late_share_180",
        "recent",
        "share",
        "180 days",
        "share paid late, shrunk to late_share",
        "late payments of the last half year",
    ),
    _f(
        "late_share_365",
        "recent",
        "share",
        "365 days",
        "share paid late, shrunk to late_share",
        "late payments of the last year",
    ),
    _f(
        "mean_days_late_30", "recent", "days", "30 days", "mean days late, shrunk to mean_days_late", "recent days late"
    ),
    _f(
        "mean_days_late_90",
        "recent",
        "days",
        "90 days",
        "mean days late, shrunk to mean_days_late",
        "days late in the last three months",
    ),
    _f(
        "mean_days_late_365",
        "recent",
        "days",
        "365 days",
        "mean days late, shrunk to mean_days_late",
        "days late in the last year",
    ),
    _f(
        "late_share_decayed",
        "recent",
        "share",
        "half-life 30 days",
        "recency-weighted share paid late, shrunk",
        "the customer's latest habit",
    ),
    _f(
        "mean_days_late_decayed",
        "recent",
        "days",
        "half-life 30 days",
        "recency-weighted mean days late, shrunk",
        "the customer's latest days late",
    ),
    _f(
        "late_trend",
        "recent",
        "share",
        "90 against 365 days",
        "late_share_90 less late_share_365",
        "the customer getting slower or faster",
    ),
    _f("settled_count_30", "recent", "items", "30 days", "items settled in cash", "how much the customer paid lately"),
    _f(
        "issued_count_30",
        "recent",
        "items",
        "30 days",
        "items first issued to the customer",
        "how much the customer bought lately",
    ),
)


SPANS: Final = {
    "early_3_7": (-7, -3, "3 to 7 days early"),
    "early_1_2": (-2, -1, "1 or 2 days early"),
    "on_due": (0, 0, "on the due date"),
    "late_1": (1, 1, "1 day late"),
    "late_2": (2, 2, "2 days late"),
    "late_3_7": (3, 7, "3 to 7 days late"),
}
"""Spans of days late (first and last day, both included) whose shares make up a customer's habit."""

EDGES: Final = tuple(range(-8, 8))
"""Days late up to which settlements are counted: the customer's payments around the due date, day by day."""

HELD_DAYS: Final = 12
"""Days late beyond which a settlement counts as this many for the customer's typical day: one dispute hides no habit."""

MONTH_END_SHARE: Final = 0.5
"""A customer with this share of its settlements on the last business day of a month has that as its payment day."""

USUAL_SHARE: Final = 0.15
"""A weekday is a usual payment day of a customer if it holds this share of its settlements."""


def _paid(suffix: str, among: str, shrunk: str, phrase: str) -> tuple[Feature, ...]:
    return tuple(
        _f(f"{name}_share{suffix}", "habit", "share", "all", f"share paid {words}{among}, {shrunk}", phrase)
        for name, (_, _, words) in SPANS.items()
    )


_HABIT = (
    _f(
        "late_share_weekday",
        "habit",
        "share",
        "all",
        "share paid late among items due on the same weekday, shrunk to late_share",
        "its record with this due weekday",
    ),
    _f(
        "mean_days_late_weekday",
        "habit",
        "days",
        "all",
        "mean days late among items due on the same weekday, shrunk",
        "its days late with this due weekday",
    ),
    _f(
        "late_share_terms",
        "habit",
        "share",
        "all",
        "share paid late among items with the same terms, shrunk to late_share",
        "its record with these terms",
    ),
    _f(
        "late_share_amount",
        "habit",
        "share",
        "all",
        "share paid late among items of a like amount, shrunk to late_share",
        "its record with amounts like this",
    ),
    _f(
        "late_share_weekday_90",
        "habit",
        "share",
        "90 days",
        "share paid late among items due on the same weekday, shrunk to late_share_weekday",
        "its recent record with this due weekday",
    ),
    _f(
        "pay_share_monday",
        "habit",
        "share",
        "all",
        "share of its settlements on a Monday",
        "the weekday the customer pays",
    ),
    _f(
        "pay_share_tuesday",
        "habit",
        "share",
        "all",
        "share of its settlements on a Tuesday",
        "the weekday the customer pays",
    ),
    _f(
        "pay_share_wednesday",
        "habit",
        "share",
        "all",
        "share of its settlements on a Wednesday",
        "the weekday the customer pays",
    ),
    _f(
        "pay_share_thursday",
        "habit",
        "share",
        "all",
        "share of its settlements on a Thursday",
        "the weekday the customer pays",
    ),
    _f(
        "pay_share_friday",
        "habit",
        "share",
        "all",
        "share of its settlements on a Friday",
        "the weekday the customer pays",
    ),
    _f(
        "late_share_roll",
        "habit",
        "share",
        "all",
        "share paid late among items whose due date lies as many days before the first business day on or after it, "
        "shrunk to late_share",
        "its record with due dates on days banks are closed",
    ),
    _f(
        "late_share_effective",
        "habit",
        "share",
        "all",
        "share paid more than the grace days after the first business day on or after the due date, "
        "shrunk to the portfolio's",
        "how often the customer is late where weekends are forgiven",
    ),
    _f(
        "pay_share_month_end",
        "habit",
        "share",
        "all",
        "share of its settlements on the last business day of a month",
        "the customer paying at the end of the month",
    ),
    _f(
        "days_since_pay_day",
        "habit",
        "days",
        "all",
        "days from the last of its usual payment days on or before the due date to the due date, at most 8; such a day "
        "is a weekday with 15 % of its settlements, on which banks work; of month-end payers (pay_share_month_end of "
        "half or more) it is the last business day of a month, at most 31 days away",
        "its last usual payment day before the due date",
    ),
    _f(
        "days_to_pay_day",
        "habit",
        "days",
        "all",
        "days from the due date to the first of its usual payment days after it, at most 8 (month-end payers: 31)",
        "its next usual payment day after the due date",
    ),
    _f(
        "paid_by_pay_day_share",
        "habit",
        "share",
        "all",
        "share paid at least days_since_pay_day days (8 at most) before their due date, shrunk to the portfolio's",
        "how often the customer pays as early as this item needs",
    ),
    _f(
        "paid_before_next_pay_day_share",
        "habit",
        "share",
        "all",
        "share paid fewer than days_to_pay_day days (8 at most) late, shrunk to the portfolio's",
        "how often the customer pays before the payment day after this due date",
    ),
    _f(
        "typical_days_late",
        "habit",
        "days",
        "all",
        "mean days late, each item held within 12 days of its due date, shrunk to the portfolio's",
        "the customer's typical day of payment",
    ),
    _f(
        "typical_spread",
        "habit",
        "days",
        "all",
        "root of the mean square distance of days late, held within 12, from typical_days_late; that mean is shrunk "
        "to the portfolio's",
        "how closely the customer keeps to its typical day",
    ),
    _f(
        "pay_day_margin",
        "habit",
        "spreads",
        "all",
        "(typical_days_late + days_since_pay_day - (g - 1) / 2) over the root of typical_spread^2 - (g^2 - 1) / 12, "
        "1 at least, where g = days_since_pay_day + days_to_pay_day; month-end payers: with mean_days_late and "
        "sd_days_late (g / 4 with one item)",
        "its last usual payment day against the customer's typical day",
    ),
    _f(
        "days_late_over_pay_day",
        "habit",
        "days",
        "all",
        "typical_days_late (month-end payers: mean_days_late) plus days_since_pay_day",
        "its days late against its last usual payment day",
    ),
    _f(
        "pay_share_around_due",
        "habit",
        "share",
        "all",
        "share of its settlements on the weekdays (Monday to Friday) from three days before the due date to the due date",
        "its payment weekdays just before the due date",
    ),
    _f(
        "late_share_weekday_terms",
        "habit",
        "share",
        "all",
        "share paid late among items due on the same weekday with the same terms, shrunk to late_share_weekday",
        "its record with this due weekday and these terms",
    ),
    _f(
        "late_share_weekday_amount",
        "habit",
        "share",
        "all",
        "share paid late among items due on the same weekday of a like amount, shrunk to late_share_weekday",
        "its record with this due weekday and amounts like this",
    ),
    *_paid("", "", "shrunk to the portfolio's", "the days around the due date on which the customer pays"),
    *_paid(
        "_weekday",
        " among items due on the same weekday",
        "shrunk to the customer's",
        "the days on which it pays items due on this weekday",
    ),
)

_BOOK = (
    _f(
        "open_count", "book", "items", "as_of", "items of the customer now open", "how many items the customer has open"
    ),
    _f(
        "open_amount_log",
        "book",
        "log10 money",
        "as_of",
        "open amount of the customer",
        "how much the customer has open",
    ),
    _f(
        "overdue_count",
        "book",
        "items",
        "as_of",
        "items of the customer past due",
        "how many items are past due already",
    ),
    _f(
        "overdue_amount_log",
        "book",
        "log10 money",
        "as_of",
        "amount of the customer past due",
        "how much is past due already",
    ),
    _f(
        "overdue_share",
        "book",
        "share",
        "as_of",
        "amount past due over amount open, 0 with nothing open",
        "the share of the book past due",
    ),
    _f(
        "oldest_days_past_due",
        "book",
        "days",
        "as_of",
        "days past due of the customer's oldest open item, 0 with nothing past due",
        "the age of the oldest open item",
    ),
)

_PORTFOLIO = (
    _f(
        "portfolio_late_share_30",
        "portfolio",
        "share",
        "30 days",
        "share paid late of all customers",
        "payments slowing everywhere",
    ),
    _f(
        "portfolio_late_share_90",
        "portfolio",
        "share",
        "90 days",
        "share paid late of all customers",
        "payments slowing everywhere",
    ),
    _f(
        "portfolio_mean_days_late_30",
        "portfolio",
        "days",
        "30 days",
        "mean days late of all customers",
        "payments slowing everywhere",
    ),
    _f(
        "portfolio_drift",
        "portfolio",
        "share",
        "30 against 365 days",
        "portfolio late share of 30 days less that of 365",
        "payments slowing everywhere",
    ),
    _f(
        "portfolio_late_share_weekday",
        "portfolio",
        "share",
        "365 days",
        "share paid late of all items due on the same weekday, shrunk to the portfolio's",
        "how this due weekday is paid everywhere",
    ),
)

FEATURES: Final[tuple[Feature, ...]] = (*_ITEM, *_CALENDAR, *_HISTORY, *_RECENT, *_HABIT, *_BOOK, *_PORTFOLIO)
FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)


@dataclass(frozen=True)
class FeatureSettings:
    """What the features depend on beside the ledger.

    ``grace_days``: days after the due date that still count as on time. ``tolerance``: settlement
    tolerance in minor units. ``prior_weight``: items' worth of the group's mean that a shrunk
    figure starts from. ``half_life_days``: of the recency-weighted figures.
    """

    grace_days: int = 0
    tolerance: int = 0
    prior_weight: float = 5.0
    half_life_days: float = 30.0
