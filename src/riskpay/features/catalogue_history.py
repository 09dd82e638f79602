"""The features of how a customer paid so far, and lately."""

from collections.abc import Iterable
from typing import Final

from riskpay.features.catalogue_rows import Row

_BEFORE: Final[tuple[Row, ...]] = (
    ("settled_count", "items", "all", "items of the customer settled in cash", "how much history the customer has"),
    ("late_share", "share", "all", "share paid late, shrunk to the portfolio's", "how often the customer pays late"),
)

_AFTER: Final[tuple[Row, ...]] = (
    (
        "late_amount_share",
        "share",
        "all",
        "share paid late, weighted by amount, shrunk",
        "how much of its money the customer pays late",
    ),
    ("mean_days_late", "days", "all", "mean days late (early is negative), shrunk", "the customer's average days late"),
    (
        "sd_days_late",
        "days",
        "all",
        "standard deviation of days late (of the population), from two items on",
        "how regularly the customer pays",
    ),
    (
        "last_days_late",
        "days",
        "last",
        "mean days late of the settlements of the last day on which one became known",
        "how late the last payment was",
    ),
    (
        "days_since_settled",
        "days",
        "last",
        "days since a settlement became known, counted to the last day whose facts count",
        "how long ago the customer last paid",
    ),
    ("mean_days_to_pay", "days", "all", "mean days from issue to settlement", "the customer's average days to pay"),
    (
        "pay_days_over_terms",
        "days",
        "all",
        "mean days to pay less this item's terms",
        "the customer's days to pay against these terms",
    ),
    (
        "late_share_with_overdue",
        "share",
        "all",
        "as late_share, the customer's items now past due counted as late",
        "how often the customer is late, open items counted",
    ),
    (
        "customer_age_days",
        "days",
        "all",
        "days since the first document issued to the customer became known; 0 before it is",
        "how long the customer is known",
    ),
)


def history(late_days: Iterable[int]) -> tuple[Row, ...]:
    """Family history, with a share for each number of ``late_days`` that a payment may exceed."""
    return (*_BEFORE, *(_later(days) for days in late_days), *_AFTER)


def _later(days: int) -> Row:
    meaning = f"share paid more than {days} days late, shrunk to the portfolio's"
    return f"late_{days}_share", "share", "all", meaning, f"how often the customer pays more than {days} days late"


RECENT: Final[tuple[Row, ...]] = (
    ("late_share_30", "share", "30 days", "share paid late, shrunk to late_share", "recent late payments"),
    (
        "late_share_90",
        "share",
        "90 days",
        "share paid late, shrunk to late_share",
        "late payments of the last three months",
    ),
    (
        "late_share_180",
        "share",
        "180 days",
        "share paid late, shrunk to late_share",
        "late payments of the last half year",
    ),
    ("late_share_365", "share", "365 days", "share paid late, shrunk to late_share", "late payments of the last year"),
    ("mean_days_late_30", "days", "30 days", "mean days late, shrunk to mean_days_late", "recent days late"),
    (
        "mean_days_late_90",
        "days",
        "90 days",
        "mean days late, shrunk to mean_days_late",
        "days late in the last three months",
    ),
    (
        "mean_days_late_365",
        "days",
        "365 days",
        "mean days late, shrunk to mean_days_late",
        "days late in the last year",
    ),
    (
        "late_share_decayed",
        "share",
        "half-life 30 days",
        "recency-weighted share paid late, shrunk",
        "the customer's latest habit",
    ),
    (
        "mean_days_late_decayed",
        "days",
        "half-life 30 days",
        "recency-weighted mean days late, shrunk",
        "the customer's latest days late",
    ),
    (
        "late_trend",
        "share",
        "90 against 365 days",
        "late_share_90 less late_share_365",
        "the customer getting slower or faster",
    ),
    ("settled_count_30", "items", "30 days", "items settled in cash", "how much the customer paid lately"),
    (
        "issued_count_30",
        "items",
        "30 days",
        "items first issued to the customer",
        "how much the customer bought lately",
    ),
)
