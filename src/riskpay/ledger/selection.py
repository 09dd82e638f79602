"""Which items a ledger holds: all that were written, or only those that were paid in the end."""

from datetime import timedelta
from typing import Final

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import items

_NEWEST_DAYS: Final = 30
_MOST_OPEN, _MOST_OPEN_NEWEST = 0.001, 0.01


def settled_only(ledger: Ledger, tolerance: int) -> bool:
    """Whether a ledger was extracted with its settled items alone: what was never paid is missing from it.

    In a ledger that people work with, most of the newest items are open on its last day. Here at most one in a
    thousand of all items is, and one in a hundred of those issued in the ``_NEWEST_DAYS`` days up to the last issue: a handful
    that a rounding left open does not hide it. Ask it of the ledger as it was loaded: on an earlier day items are open
    that were settled later, and that they were is why they are in it. ``tolerance``: minor units.
    """
    last = ledger.last_known_on()
    there = items(ledger, last, "end", tolerance) if last else None
    if there is None or there.is_empty():
        return False
    newest = there.filter(pl.col("issue_date") > pl.col("issue_date").max() - timedelta(days=_NEWEST_DAYS))
    return _open_share(there) <= _MOST_OPEN and _open_share(newest) <= _MOST_OPEN_NEWEST


def _open_share(part: pl.DataFrame) -> float:
    return float((~part["settled"]).sum()) / part.height
