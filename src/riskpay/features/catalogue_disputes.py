"""The features of disputes and promises, off by default: both are caused by contact (docs/features.md says why)."""

from typing import Final

from riskpay.features.catalogue_rows import Row

DISPUTES: Final[tuple[Row, ...]] = (
    (
        "dispute_open",
        "yes or no",
        "as_of",
        (
            "whether a dispute about the item is open: its last known row says so, and as_of lies from the day it was "
            "raised to the day its hold expires, if there is one; a dispute without an instalment is about all of them"
        ),
        "an open dispute about it",
    ),
    (
        "disputed_share",
        "share",
        "as_of",
        "contested amounts of the item's open disputes over its amount, 1 at most and where all that is open is contested",
        "the part of it that is disputed",
    ),
    (
        "open_dispute_count",
        "disputes",
        "as_of",
        "open disputes of the customer",
        "how many disputes of the customer are open",
    ),
    (
        "customer_disputed_share",
        "share",
        "all",
        (
            "share of the items first issued to the customer about which a dispute became known, whatever came of it, "
            "shrunk to that of all customers"
        ),
        "how often the customer disputes items",
    ),
    (
        "days_since_dispute",
        "days",
        "last",
        (
            "days since a dispute of the customer became known or was opened again, counted to the last day whose facts "
            "count; null without one"
        ),
        "the customer's last dispute",
    ),
    (
        "promise_open",
        "yes or no",
        "as_of",
        (
            "whether a promise for the item, its document or its customer's whole account is open: its last known row says "
            "so, and it was given by as_of"
        ),
        "an open promise to pay it",
    ),
    (
        "days_to_promise",
        "days",
        "as_of",
        "days from as_of to the last day that these open promises name; negative once it is past, null without one",
        "the day it is promised for",
    ),
    (
        "broken_promise_share",
        "share",
        "all",
        (
            "share of the customer's promises now marked as broken among those marked as kept, partly kept or broken, "
            "shrunk to that of all customers; null while nobody has one"
        ),
        "how the customer keeps promises",
    ),
    (
        "broken_promise_count",
        "promises",
        "all",
        "promises of the customer now marked as broken",
        "how many promises the customer broke",
    ),
)
