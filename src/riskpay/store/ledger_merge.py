"""What a later load changes in a ledger: new rows, new versions, replaced rows, payments taken back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from riskpay.ledger.tables import (
    ALLOCATIONS,
    FILE_TABLES,
    INVOICES,
    ITEM_KEY,
    PAYMENT_REVERSALS,
    PAYMENTS,
    TAKEN_BACK,
)
from riskpay.ledger.tellings import base_id
from riskpay.sources.wide_tables import item_id
from riskpay.store.retold import Retold, retold
from riskpay.store.versions import FACT_DAY, load_day, news

_ITEM = list(ITEM_KEY)


@dataclass(frozen=True)
class Count:
    """Rows of a table that were new, that changed, and that were there already."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Merged:
    """The ledger after a load, what changed by table, and the items a full export no longer shows."""

    frames: dict[str, pl.DataFrame]
    counts: dict[str, Count]
    vanished: pl.DataFrame


def merge(
    old: Mapping[str, pl.DataFrame],
    new: Mapping[str, pl.DataFrame],
    loaded_on: date,
    *,
    full: bool,
    shown_open: pl.DataFrame | None = None,
    named_items: pl.DataFrame | None = None,
) -> Merged:
    """The tables of ``old`` (all of them, conformed) with the rows of ``new`` (conformed) loaded on a day.

    A changed invoice becomes a new version; a changed payment or allocation is taken back and entered anew (see
    ``retold``); a changed row of another table replaces the old one. An item in ``shown_open`` (item keys) that
    an earlier load showed as paid has its payment reversed, known on ``loaded_on``. ``vanished`` holds the keys
    of items of the companies in a ``full`` load that it does not hold; they stay as they are. Items in
    ``named_items`` (item keys) are there, if only in rejected rows.
    """
    counts: dict[str, Count] = {}
    frames = dict(old)
    told = retold(old, new, loaded_on)
    for table in FILE_TABLES:
        if table.name not in new or table in (PAYMENTS, ALLOCATIONS):
            continue
        before, fresh = old[table.name], told.reversals if table is PAYMENT_REVERSALS else new[table.name]
        if table is INVOICES:
            frames[table.name], counts[table.name] = _with_versions(before, fresh, loaded_on)
        else:
            frames[table.name], counts[table.name] = _replaced(before, fresh, table.key)
    frames["payments"] = pl.concat([old["payments"], told.payments])
    frames["allocations"] = pl.concat([old["allocations"], told.allocations])
    frames["payment_reversals"] = pl.concat([frames["payment_reversals"], told.own])
    counts |= _counted(new, told)
    back = _taken_back(frames, shown_open, loaded_on)
    if back.height:
        count = counts.get("payment_reversals", Count())
        counts["payment_reversals"] = replace(count, added=count.added + back.height)
        frames["payment_reversals"] = pl.concat([frames["payment_reversals"], back])
    gone = _vanished(old["invoices"], new.get("invoices"), full=full)
    if named_items is not None:
        gone = gone.join(named_items, on=_ITEM, how="anti")
    return Merged(frames, counts, gone)


def _counted(new: Mapping[str, pl.DataFrame], told: Retold) -> dict[str, Count]:
    """Counts of payments and allocations that the load holds; what goes along with a change is no news of its own."""
    rows = {
        "payments": (told.payments, told.changed_payments),
        "allocations": (told.allocations, told.changed_allocations),
    }
    counts = {}
    for name, (frame, changed) in rows.items():
        if name in new:
            added = frame.height - told.again[name] - changed
            counts[name] = Count(added, changed, new[name].height - added - changed)
    return counts


def _replaced(old: pl.DataFrame, new: pl.DataFrame, key: tuple[str, ...]) -> tuple[pl.DataFrame, Count]:
    if new.is_empty():
        return old, Count()
    same = new.join(old, on=new.columns, how="semi", nulls_equal=True).height
    added = new.join(old, on=key, how="anti", nulls_equal=True).height
    kept = old.join(new, on=key, how="anti", nulls_equal=True)
    return pl.concat([kept, new]), Count(added, new.height - added - same, same)


def _with_versions(old: pl.DataFrame, new: pl.DataFrame, loaded_on: date) -> tuple[pl.DataFrame, Count]:
    """Invoices with new versions: an item's newest row is compared with the newest version known."""
    found = news(old, new, _ITEM, FACT_DAY["invoices"], load_day(loaded_on))
    kept = old.join(found.rows, on=INVOICES.key, how="anti")
    changed = found.backfill.height + found.versions.height
    return pl.concat([kept, found.rows]), Count(
        found.first_time.height, changed, new.height - found.first_time.height - changed
    )


def _taken_back(frames: Mapping[str, pl.DataFrame], shown_open: pl.DataFrame | None, loaded_on: date) -> pl.DataFrame:
    """New reversals: of payments in full on items that the load shows as open."""
    reversals = frames["payment_reversals"]
    if shown_open is None or shown_open.is_empty():
        return reversals.clear()
    claims = shown_open.select("company_id", _base=item_id("payment"))
    standing = frames["payments"].join(reversals, on=["company_id", "payment_id"], how="anti")
    base = standing.with_columns(_base=base_id("payment_id"))
    back = base.join(claims, on=["company_id", "_base"], how="semi").select(
        "company_id",
        "payment_id",
        reversed_on=pl.lit(loaded_on),
        reason=pl.lit(TAKEN_BACK),
        known_on=pl.lit(loaded_on),
    )
    return PAYMENT_REVERSALS.conform(back)


def _vanished(old: pl.DataFrame, new: pl.DataFrame | None, *, full: bool) -> pl.DataFrame:
    """Keys of items of the companies in a full load that it no longer holds; cancelled ones are not missed."""
    if not full or new is None or new.is_empty():
        return old.select(_ITEM).clear()
    last = old.sort("known_on").group_by(_ITEM, maintain_order=True).last().filter(status="active")
    ours = last.join(new, on="company_id", how="semi")
    return ours.join(new, on=_ITEM, how="anti").select(_ITEM).sort(_ITEM)
