"""What changed since yesterday: of an invoice, of a customer, of the whole book."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from riskpay.errors import NotThereError
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.reasons import HORIZON
from riskpay.store.database import Store
from riskpay.workflows.compared import Compared
from riskpay.workflows.home import Home
from riskpay.workflows.item_change import ItemChange, State
from riskpay.workflows.money_at_risk import money_at_risk
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.published import published
from riskpay.workflows.sides import Side, sides

TOP: Final = 20
"""Items of each kind that are listed of a whole book."""
SPLIT: Final = 200
"""Items, those that moved most, whose changes are told phrase by phrase; of others the new figures are one part."""
_APART: Final = 5e-6
"""Chances that differ by more were not rounded alike: they are other chances."""


def changes(
    home: Path, as_of: date | None = None, since: date | None = None, top: int = TOP, progress: Progress = silent
) -> dict[str, Any]:
    """What moved in the whole book between two days, by default the last two that were scored.

    Raises as ``sides``.
    """
    opened = Home.open(home)
    progress("reading both days", 0, 2)
    compared = Compared.of(opened, *sides(opened, as_of, since))
    progress("asking about both days", 1, 2)
    return of_book(opened, compared, top)


def of_book(home: Home, compared: Compared, top: int = TOP) -> dict[str, Any]:
    """What moved in the whole book: sums of all items, and the ``top`` items of each kind, those that moved most first."""
    items = compared.items(most=max(top, SPLIT))
    moved = sorted(items, key=lambda item: -abs(item.moved))
    listed = {
        "moved": [item.to_json() for item in moved if item.moved][:top],
        **{state: [item.to_json() for item in _largest(items, state)[:top]] for state in ("new", "settled")},
    }
    return {**_summary(home, compared, items), **listed}


def of_customer(
    home: Home, compared: Compared, company_id: str, customer_id: str, invoices: Sequence[str] = ()
) -> dict[str, Any]:
    """What moved of one customer, every item listed, those that moved most first.

    ``invoices``: of other customers that this one pays for. Raises NotThereError if nothing was open on either day.
    """
    own = (pl.col("customer_id") == customer_id) | pl.col("invoice_id").is_in(list(invoices))
    wanted = (pl.col("company_id") == company_id) & own
    items = compared.items(wanted, most=SPLIT)
    if not items:
        days = f"{compared.before.as_of} and {compared.after.as_of}"
        raise NotThereError(
            f"customer {customer_id!r} of company {company_id!r} had nothing open on {days}",
            "check the id, zeros included, or give other days",
        )
    told = [item.to_json() for item in sorted(items, key=lambda item: -abs(item.moved))]
    return {"company_id": company_id, "customer_id": customer_id, **_summary(home, compared, items), "items": told}


def of_invoice(home: Home, compared: Compared, invoice_id: str, customers: Sequence[str], days: int) -> dict[str, Any]:
    """What moved of the instalments of one invoice, by default of HORIZON ``days``."""
    wanted = (pl.col("invoice_id") == invoice_id) & pl.col("customer_id").is_in(list(customers))
    items = compared.items(wanted, days)
    return {**_basis(home, compared, items, days), "items": [item.to_json() for item in items]}


def _largest(items: Sequence[ItemChange], state: State) -> list[ItemChange]:
    return sorted((item for item in items if item.state == state), key=lambda item: -item.at_risk)


def _summary(home: Home, compared: Compared, items: Sequence[ItemChange]) -> dict[str, Any]:
    counts = {state: sum(item.state == state for item in items) for state in ("open", "new", "settled")}
    return {**_basis(home, compared, items, HORIZON), "counts": counts, "money_at_risk": money_at_risk(items)}


def _basis(home: Home, compared: Compared, items: Sequence[ItemChange], days: int) -> dict[str, Any]:
    """Which days and runs were compared, and what must be known of them."""
    before, after = compared.before, compared.after
    return {
        "as_of": after.as_of.isoformat(),
        "since": before.as_of.isoformat(),
        "horizon_days": days,
        "runs": {"from": before.to_json(), "to": after.to_json()},
        "notes": _notes(home, compared, items) if days == HORIZON else [],
    }


def _notes(home: Home, compared: Compared, items: Sequence[ItemChange]) -> list[str]:
    then = {item.key: item.then for item in items if item.then}
    now = {item.key: item.now for item in items if item.now}
    with home.store() as store:
        found = (
            _told(store, compared.data_version, side, said)
            for side, said in ((compared.before, then), (compared.after, now))
        )
        return [note for note in found if note]


def _told(store: Store, data_version: str, side: Side, said: Mapping[tuple[str, str, int], tuple[float, float]]) -> str:
    """What is to be said of a day whose chances are not those that were published; empty where they are."""
    run = side.run
    if run is None:
        return f"no model scored {side.as_of}: its chances are those that model {side.registered.version} gives of it"
    kept = published(store, run)
    apart = [
        max(abs(row["p_late"] - said[key][0]), abs(row["p_unpaid_30"] - said[key][1]))
        for row in kept.iter_rows(named=True)
        if (key := tuple(row[name] for name in ITEM_KEY)) in said and row["p_unpaid_30"] is not None
    ]
    other = [distance for distance in apart if distance > _APART]
    if not other:
        return ""
    same = run.data_version == data_version
    why = (
        "what is known of that day"
        if same
        else f"data {run.data_version[:12]} then, {data_version[:12]} now: what is known of that day"
    )
    return (
        f"{len(other)} of {len(apart)} chances published for {side.as_of} were others, by up to {100 * max(other):.1f} points: "
        f"{why} changed since"
    )
