"""Disputes and promises as a person would read them off the store, for ``reference``: slow, and open to the eye."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import nan

from riskpay.features.reference_items import KnownItem, Row
from riskpay.ledger.ledger import Ledger

Figures = dict[str, float]


@dataclass(frozen=True)
class Told:
    """Every dispute and every promise known at the end of a day: its rows known by then, in order."""

    last_day: date
    disputes: list[list[Row]]
    promises: list[list[Row]]


def told_by(ledger: Ledger, last_day: date) -> Told:
    """What was told of disputes and promises by the end of ``last_day``."""
    return Told(
        last_day,
        _things(ledger.disputes.to_dicts(), "dispute_id", last_day),
        _things(ledger.promises.to_dicts(), "promise_id", last_day),
    )


def _things(rows: list[Row], number: str, last_day: date) -> list[list[Row]]:
    things = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["known_on"]):
        if row["known_on"] <= last_day:
            things[row["company_id"], row[number]].append(row)
    return list(things.values())


def disputes(own: KnownItem, as_of: date, known: Collection[KnownItem], told: Told, weight: float) -> Figures:
    """Family disputes, of the item ``own``; ``known``: all items known at the end of the last day."""
    contested = [rows[-1] for rows in told.disputes if _is_open(rows[-1], as_of)]
    here = [row for row in contested if _is_about(row, own)]
    raised = [day for rows in told.disputes for day in _raised_by(rows, own)]
    promised = [rows[-1]["promised_for"] for rows in told.promises if _is_promise_for(rows[-1], own, as_of)]
    ended = [rows[-1] for rows in told.promises if rows[-1]["status"] in {"kept", "partly_kept", "broken"}]
    own_ended = [row for row in ended if _is_of(row, own)]
    items = [item for item in known if (item.key[0], item.first_customer_id) == (own.key[0], own.customer_id)]
    return {
        "dispute_open": float(bool(here)),
        "disputed_share": _share(here, own.amount),
        "open_dispute_count": sum(_is_of(row, own) for row in contested),
        "customer_disputed_share": _shrunk(
            [_ever_disputed(item, told) for item in items], [_ever_disputed(item, told) for item in known], weight
        ),
        "days_since_dispute": (told.last_day - max(raised)).days if raised else nan,
        "promise_open": float(bool(promised)),
        "days_to_promise": (max(promised) - as_of).days if promised else nan,
        "broken_promise_share": _shrunk([_is_broken(row) for row in own_ended], [_is_broken(r) for r in ended], weight),
        "broken_promise_count": sum(_is_broken(row) for row in own_ended),
    }


def _is_open(dispute: Row, as_of: date) -> bool:
    """A dispute is open from the day it was raised to the day its hold expires."""
    expired = dispute["until"] is not None and dispute["until"] < as_of
    return dispute["status"] == "open" and dispute["opened_on"] <= as_of and not expired


def _is_about(row: Row, item: KnownItem) -> bool:
    document = (row["company_id"], row["invoice_id"]) == item.key[:2]
    return document and row["instalment"] in {None, item.key[2]}


def _is_of(row: Row, item: KnownItem) -> bool:
    return (row["company_id"], row["customer_id"]) == (item.key[0], item.customer_id)


def _share(disputes: list[Row], amount: int) -> float:
    if any(row["amount"] is None for row in disputes):
        return 1.0
    contested = sum(int(row["amount"]) for row in disputes)
    return min(1.0, contested / amount)


def _raised_by(rows: list[Row], item: KnownItem) -> list[date]:
    """Days on which a dispute of the item's customer became known or was opened again."""
    first = [rows[0]] if _is_of(rows[0], item) else []
    again = [new for old, new in pairwise(rows) if new["status"] == "open" != old["status"] and _is_of(new, item)]
    return [row["known_on"] for row in first + again]


def _ever_disputed(item: KnownItem, told: Told) -> bool:
    return any(_is_about(row, item) for rows in told.disputes for row in rows)


def _is_promise_for(promise: Row, item: KnownItem, as_of: date) -> bool:
    """An open promise, given by then, for the item, its document, or all that its customer owes."""
    whole_account = promise["invoice_id"] is None and _is_of(promise, item)
    is_open = promise["status"] == "open" and promise["promised_on"] <= as_of
    return is_open and (whole_account or _is_about(promise, item))


def _is_broken(promise: Row) -> bool:
    return bool(promise["status"] == "broken")


def _shrunk(own: list[bool], everyone: list[bool], weight: float) -> float:
    """The share of ``own`` as if ``weight`` more were there with everyone's; NaN while there is nobody's."""
    if not everyone:
        return nan
    return (sum(own) + weight * sum(everyone) / len(everyone)) / (len(own) + weight)
