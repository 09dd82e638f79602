"""The features of how a customer pays items like this one, told by several likenesses at once."""

from typing import Final

from riskpay.features.catalogue_rows import Row

ALIKE: Final[tuple[Row, ...]] = (
    (
        "late_share_kind",
        "share",
        "all",
        (
            "share paid late among items due on the same kind of day (its weekday if banks work on it, else whether they do "
            "on the day after), shrunk with 2 items to what the customer's own odds and everybody's with that kind of day "
            "in 365 days make together"
        ),
        "its record with due days like this",
    ),
    (
        "late_share_kind_terms",
        "share",
        "all",
        (
            "share paid late among items due on the same kind of day with like terms (classes from 1, 8, 13, 18, 25, 36 and "
            "51 days on), shrunk with 2 items to late_share_kind"
        ),
        "its record with due days and terms like these",
    ),
    (
        "late_share_kind_terms_now",
        "share",
        "half-life 30 days",
        (
            "as late_share_kind_terms, recent settlements counting more and items overdue for longer than the posting lag "
            "counting as late, shrunk with 1 item to it"
        ),
        "its latest record with due days and terms like these",
    ),
    (
        "late_share_like_amount",
        "share",
        "all",
        "share paid late among items of a close amount (three classes to a doubling), shrunk with 2 items to its own share",
        "its record with amounts close to this",
    ),
    (
        "late_share_same_amount",
        "share",
        "all",
        "share paid late among items of the very same amount, shrunk with 1 item to late_share_like_amount",
        "its record with this very amount",
    ),
    (
        "late_odds",
        "log odds",
        "all",
        (
            "the customer's log-odds of paying late, plus what late_share_kind_terms, late_share_like_amount and its "
            "recency-weighted share add to them, as if they told of different things"
        ),
        "its record with items like this, taken together",
    ),
    (
        "late_slope_amount",
        "share",
        "all",
        (
            "least-squares slope of late on log10 amount over the customer's items (variance plus .05), times this amount's "
            "distance from their mean; 0 below two items"
        ),
        "how later the customer pays larger items",
    ),
    (
        "late_slope_terms",
        "share",
        "all",
        (
            "least-squares slope of late on terms over the customer's items (variance plus 4), times the distance of this "
            "item's terms from their mean; 0 below two items"
        ),
        "how later the customer pays items of longer terms",
    ),
    (
        "amount_spreads",
        "spreads",
        "all",
        "distance of log10 amount from the customer's mean, in standard deviations of it (.05 at least)",
        "its size against the customer's usual spread",
    ),
)
