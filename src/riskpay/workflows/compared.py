"""Two days side by side: the items that were open on either, asked as of both, and what moved the chances of those on both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import polars as pl

from riskpay.features.histories import QUESTION_KEY, gather
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import open_items
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.chances import chances
from riskpay.model.changes import Questions, changes
from riskpay.model.reasons import HORIZON
from riskpay.model.registry import Registered
from riskpay.workflows.home import Home
from riskpay.workflows.item_change import ItemChange, Two
from riskpay.workflows.kept_facts import Asked, facts_of_day
from riskpay.workflows.sides import Side

_KEY: Final = list(ITEM_KEY)


@dataclass(frozen=True)
class Compared:
    """Two days of one home.

    ``ledger``: what was known by the end of the later day; the earlier day knew what of it was known by its own end.
    ``facts``: of that ledger, by the settings of the later day's model. ``data_version``: of the ledger.
    """

    before: Side
    after: Side
    ledger: Ledger
    facts: Asked
    data_version: str

    @classmethod
    def of(cls, home: Home, before: Side, after: Side) -> "Compared":
        """The days of a home as its ledger tells them now."""
        ledger = home.ledger.known(after.as_of, "end")
        facts = facts_of_day(home, ledger, after.registered.model.features)
        return cls(before, after, ledger, facts, home.data_version)

    @cached_property
    def then(self) -> pl.DataFrame:
        """What was open at the end of the earlier day, as ``open_items``."""
        return _open(self.ledger.known(self.before.as_of, "end"), self.before)

    @cached_property
    def now(self) -> pl.DataFrame:
        """What is open at the end of the later day, as ``open_items``."""
        return _open(self.ledger, self.after)

    @cached_property
    def older_facts(self) -> Asked:
        """Facts by the settings of the earlier day's model."""
        settings = self.before.registered.model.features
        return self.facts if settings == self.after.registered.model.features else gather(self.ledger, settings, "end")

    def items(self, wanted: pl.Expr | None = None, days: int = HORIZON, most: int | None = None) -> list[ItemChange]:
        """What became of the items that are ``wanted`` (of columns of ``open_items``; default: all), in order of key.

        ``days``: horizon of the curve's figure. ``most``: as for ``changes``.
        """
        then, now = (side if wanted is None else side.filter(wanted) for side in (self.then, self.now))
        found = [
            *self._on_both(now.join(self.then, on=_KEY, how="semi", maintain_order="left"), days, most),
            *self._new(now.join(self.then, on=_KEY, how="anti", maintain_order="left"), days),
            *self._settled(then.join(self.now, on=_KEY, how="anti", maintain_order="left"), days),
        ]
        return sorted(found, key=lambda item: item.key)

    def _on_both(self, rows: pl.DataFrame, days: int, most: int | None) -> Iterator[ItemChange]:
        if rows.is_empty():
            return
        older = rows.select(_KEY).join(self.then, on=_KEY, how="left", maintain_order="left")
        anew = _asked(older, self.before.as_of, self.facts, self.after.registered)
        told = changes(self._asked_then(older), self._asked_now(rows), anew.frame, days, most)
        late, unpaid = told.ways.values()
        for row, item in enumerate(rows.iter_rows(named=True)):
            yield ItemChange(
                **_item(item, days),
                state="open",
                amounts=(older["open_amount"][row], item["open_amount"]),
                then=(float(late.then[row]), float(unpaid.then[row])),
                now=(float(late.now[row]), float(unpaid.now[row])),
                bridges=(told.bridge("p_late", row), told.bridge(f"p_unpaid_{days}", row)),
            )

    def _new(self, rows: pl.DataFrame, days: int) -> Iterator[ItemChange]:
        for item, found in zip(rows.iter_rows(named=True), _said(self._asked_now(rows), days), strict=True):
            amounts = None, item["open_amount"]
            yield ItemChange(**_item(item, days), state="new", amounts=amounts, then=None, now=found)

    def _settled(self, rows: pl.DataFrame, days: int) -> Iterator[ItemChange]:
        for item, found in zip(rows.iter_rows(named=True), _said(self._asked_then(rows), days), strict=True):
            amounts = item["open_amount"], None
            yield ItemChange(**_item(item, days), state="settled", amounts=amounts, then=found, now=None)

    def _asked_then(self, rows: pl.DataFrame) -> Questions:
        return _asked(rows, self.before.as_of, self.older_facts, self.before.registered)

    def _asked_now(self, rows: pl.DataFrame) -> Questions:
        return _asked(rows, self.after.as_of, self.facts, self.after.registered)


def _open(ledger: Ledger, side: Side) -> pl.DataFrame:
    return open_items(ledger, side.as_of, "end", side.registered.model.features.tolerance)


def _asked(rows: pl.DataFrame, day: date, facts: Asked, registered: Registered) -> Questions:
    """The questions of open items as of a day, as ``book.score_open_items`` asks them."""
    frame = rows.select(*ITEM_KEY, "due_date", "customer_id", as_of=pl.lit(day))
    found = facts.features(frame.select(QUESTION_KEY)).select(registered.model.features.names)
    return Questions(registered.model, registered.version, frame.hstack(found))


def _said(asked: Questions, days: int) -> list[Two]:
    if asked.frame.is_empty():
        return []
    found = chances(asked.model, asked.frame, days)
    return list(zip(found.p_late.tolist(), found.unpaid.tolist(), strict=True))


def _item(row: Mapping[str, Any], days: int) -> dict[str, Any]:
    named = {name: row[name] for name in ("customer_id", "currency", "due_date")}
    return {"key": tuple(row[name] for name in ITEM_KEY), "days": days, **named}
