"""The features that do not look at how one customer paid: the item, its due date, open books, everybody."""

from typing import Final

Row = tuple[str, str, str, str, str]
"""Name, unit, window, meaning, and the phrase that a reason uses."""

ITEM: Final[tuple[Row, ...]] = (
    ("amount_log", "log10 money", "item", "amount in the company's currency at the issue day's rate", "its amount"),
    ("terms_days", "days", "item", "due date less issue date", "its payment terms"),
    ("age_days", "days", "item", "as_of less issue date", "its age"),
    ("days_from_due", "days", "item", "as_of less due date; negative before it", "the days since its due date"),
    (
        "open_share",
        "share",
        "item",
        "open amount over amount, as known; 1 before the document is known",
        "the part still open",
    ),
    (
        "amount_to_usual",
        "log10 ratio",
        "all",
        "amount over the customer's mean settled amount",
        "its size against the customer's usual",
    ),
)

CALENDAR: Final[tuple[Row, ...]] = (
    ("due_weekday", "0 = Monday", "item", "weekday of the due date", "the weekday it falls due"),
    ("due_day_of_month", "day", "item", "day of month of the due date", "the day of the month it falls due"),
    (
        "due_days_to_month_end",
        "days",
        "item",
        "days from due date to the end of its month",
        "how near month end it falls due",
    ),
    (
        "due_days_to_holiday",
        "days",
        "item",
        "signed days to the nearest bank holiday (negative: it lies before; of two, the one after), 31 = none near",
        "a bank holiday near its due date",
    ),
    (
        "due_days_to_business_day",
        "days",
        "item",
        "days from the due date to the first business day on or after it",
        "its due date on a day banks are closed",
    ),
    (
        "due_days_since_business_day",
        "days",
        "item",
        "days from the last business day before the due date to the due date",
        "its due date after days on which banks are closed",
    ),
    (
        "bank_days_in_terms",
        "days",
        "item",
        "business days after the issue date, up to the due date",
        "the business days that its terms leave",
    ),
    ("issue_weekday", "0 = Monday", "item", "weekday of the issue date", "the weekday it was issued"),
)

BOOK: Final[tuple[Row, ...]] = (
    ("open_count", "items", "as_of", "items of the customer now open", "how many items the customer has open"),
    ("open_amount_log", "log10 money", "as_of", "open amount of the customer", "how much the customer has open"),
    ("overdue_count", "items", "as_of", "items of the customer past due", "how many items are past due already"),
    ("overdue_amount_log", "log10 money", "as_of", "amount of the customer past due", "how much is past due already"),
    (
        "overdue_share",
        "share",
        "as_of",
        "amount past due over amount open, 0 with nothing open",
        "the share of the book past due",
    ),
    (
        "oldest_days_past_due",
        "days",
        "as_of",
        "days past due of the customer's oldest open item, 0 with nothing past due",
        "the age of the oldest open item",
    ),
)

PORTFOLIO: Final[tuple[Row, ...]] = (
    ("portfolio_late_share_30", "share", "30 days", "share paid late of all customers", "payments slowing everywhere"),
    ("portfolio_late_share_90", "share", "90 days", "share paid late of all customers", "payments slowing everywhere"),
    (
        "portfolio_mean_days_late_30",
        "days",
        "30 days",
        "mean days late of all customers",
        "payments slowing everywhere",
    ),
    (
        "portfolio_drift",
        "share",
        "30 against 365 days",
        "portfolio late share of 30 days less that of 365",
        "payments slowing everywhere",
    ),
    (
        "portfolio_late_share_weekday",
        "share",
        "365 days",
        "share paid late of all items due on the same weekday, shrunk to the portfolio's",
        "how this due weekday is paid everywhere",
    ),
)
