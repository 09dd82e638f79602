"""Scoring items that may be new, of customers that may be new: what the scoring endpoint answers with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from riskpay.decisions.policy_base import SegmentName
from riskpay.errors import UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import items as items_as_of
from riskpay.ledger.tables import CUSTOMER_KEY, INVOICES, ITEM_KEY
from riskpay.model.reasons import SHOWN, explain, explain_all
from riskpay.model.registry import Registered
from riskpay.workflows import changes as changing
from riskpay.workflows.book import at_par, book_of, score_open_items
from riskpay.workflows.compared import Compared
from riskpay.workflows.home import Home
from riskpay.workflows.kept_facts import Asked, facts_of_day
from riskpay.workflows.next_steps import NextSteps
from riskpay.workflows.risk_said import sums_said
from riskpay.workflows.scoring_types import NewItem, RowProblem, ScoredItem
from riskpay.workflows.sides import Side, sides

Key = tuple[str, str]


@dataclass(frozen=True)
class LedgerScorer:
    """Answers from one ledger, model and policy as they were at the end of ``as_of``.

    ``home``: the folder they were read from; ``facts_until``: day of the newest fact known by then.
    """

    home: Path
    as_of: date
    ledger: Ledger
    facts: Asked
    open_items: pl.DataFrame
    settled: frozenset[tuple[str, str | None]]
    registered: Registered
    policy_hash: str
    data_version: str
    facts_until: date
    next_steps: NextSteps
    segments: dict[Key, SegmentName]
    max_band: float

    @property
    def model_version(self) -> str:
        """Version of the model in the registry."""
        return self.registered.version

    @property
    def model_kind(self) -> str:
        """``hazard`` if the model learnt, ``prior`` if there was too little to learn from."""
        return self.registered.model.kind

    def score(
        self, items: Sequence[NewItem], as_of: date, *, with_reasons: bool = False, with_sums: bool = False
    ) -> Sequence[ScoredItem | RowProblem]:
        """One answer an item, in order, from what is known by the end of ``as_of``, the scorer's own day.

        Raises UsageError for another day: a scorer knows too much of an earlier one. An item issued after
        ``as_of`` is asked on its issue day. One whose invoice the ledger has is
        answered as the ledger knows it; a settled one is a problem of its row.
        """
        if as_of != self.as_of:
            raise UsageError(
                f"this scorer looks from {self.as_of}, not from {as_of}", "ask the one of that day: at(day)"
            )
        settled = [(item.company_id, item.invoice_id) in self.settled for item in items]
        asked = [item for item, done in zip(items, settled, strict=True) if not done]
        scored = iter(self._scored(asked, as_of, with_reasons=with_reasons, with_sums=with_sums))
        return [_settled(item) if done else next(scored) for item, done in zip(items, settled, strict=True)]

    def at(self, as_of: date) -> "LedgerScorer":
        """The scorer of another day over the home as it is now, versions included; raises as ``open_scorer``."""
        return self if as_of == self.as_of else open_scorer(self.home, as_of)

    def changes(
        self,
        since: date | None = None,
        customer: tuple[str, str] | None = None,
        invoices: Sequence[str] = (),
        top: int = changing.TOP,
    ) -> dict[str, Any]:
        """What changed from the end of ``since`` (default: the last day scored before) to that of the scorer's own day.

        Of the whole book, or of a ``customer`` (company_id, customer_id), with ``invoices`` of others that it pays for. Each day by the
        model that scored it. Raises as ``sides`` and ``changes.of_customer``.
        """
        home = Home.open(self.home)
        compared = self._compared(home, *sides(home, self.as_of, since, self.registered))
        if customer is None:
            return changing.of_book(home, compared, top)
        return changing.of_customer(home, compared, *customer, invoices)

    def _compared(self, home: Home, before: Side, after: Side) -> Compared:
        """Both days over this scorer's own facts; kept, as what was open on either day takes a while to find."""
        key = before.as_of, before.registered.version, after.registered.version
        if key not in self._kept:
            alike = after.registered.model.features == self.registered.model.features
            facts = self.facts if alike else facts_of_day(home, self.ledger, after.registered.model.features)
            self._kept.clear()
            self._kept[key] = Compared(before, after, self.ledger, facts, self.data_version)
        return self._kept[key]

    @cached_property
    def _kept(self) -> dict[tuple[date, str, str], Compared]:
        return {}

    def _scored(self, items: list[NewItem], as_of: date, *, with_reasons: bool, with_sums: bool) -> list[ScoredItem]:
        if not items:
            return []
        found = self._in_ledger(items)
        frame = self._features(items, found, as_of)
        model = self.registered.model
        why = explain_all(model, frame) if with_sums else {}
        reasons = explain(model, frame) if with_reasons and not why else {key: one.reasons for key, one in why.items()}
        risks = model.risks(frame, as_of, self.model_version).made_with(self.data_version, self.policy_hash)
        table = replace(risks, reasons=reasons)
        steps = self._steps(items, found, frame["as_of"].to_list())
        answers = []
        for row, (item, day) in enumerate(zip(items, frame["as_of"], strict=True)):
            asked = table.risk(row)
            sums = why.get((asked.company_id, asked.invoice_id, asked.instalment))
            risk = replace(asked, as_of=day, invoice_id=item.invoice_id or "")
            said = sums_said(sums.lateness, sums.curve, SHOWN) if sums else None
            answers.append(ScoredItem(risk, self._segment(item), steps[row], self.max_band, said))
        return answers

    def _in_ledger(self, items: list[NewItem]) -> list[dict[str, Any] | None]:
        """The first due open part of each item that the ledger has."""
        customers = _frame(map(_document, items)).select(CUSTOMER_KEY).unique()
        open_ones = self.open_items.join(customers, on=CUSTOMER_KEY, how="semi")
        own = {
            (row["company_id"], row["customer_id"], row["invoice_id"]): row
            for row in open_ones.sort("due_date", descending=True).iter_rows(named=True)
        }
        return [own.get((item.company_id, item.customer_id, item.invoice_id)) for item in items]

    def _steps(
        self, items: list[NewItem], found: list[dict[str, Any] | None], days: list[date]
    ) -> list[Mapping[str, Any] | None]:
        """The plan's step of each item that the ledger has, the same decision for each that it has not."""
        new = [number for number, row in enumerate(found) if row is None]
        decided = self.next_steps.of_new([_document(items[n]) for n in new], [days[n] for n in new])
        steps = dict(zip(new, decided, strict=True))
        for number, row in enumerate(found):
            if row is not None:
                steps[number] = self.next_steps.planned.get(tuple(row[name] for name in ITEM_KEY))
        return [steps[number] for number in range(len(items))]

    def _features(self, items: list[NewItem], found: list[dict[str, Any] | None], as_of: date) -> pl.DataFrame:
        """Questions of the items in their order, with features; each is answered as if asked alone."""
        # An item that the ledger does not have gets a number of its own: two alike are two items.
        documents = [_document(item, f"{n} of {len(items)}") for n, item in enumerate(items)]
        rows = [
            {name: (row or document)[name] for name in (*ITEM_KEY, "due_date")} | {"as_of": max(as_of, item.issue_date)}
            for item, row, document in zip(items, found, documents, strict=True)
        ]
        schema = {name: INVOICES.dtypes[name] for name in (*ITEM_KEY, "due_date")} | {"as_of": pl.Date}
        asked = pl.DataFrame(rows, schema=schema).with_row_index("row")
        there = pl.Series([row is not None for row in found])
        new = _frame(document for document, row in zip(documents, found, strict=True) if row is None)
        around = {name: getattr(self.ledger, name) for name in ("companies", "customers", "fx_rates")}
        alone = Ledger.of({"invoices": new, **around})
        answers = [
            part.select("row").hstack(facts.features(part).select(self.registered.model.features.names))
            for facts, part in (
                (self.facts, asked.filter(there)),
                (self.facts.of_new(alone), asked.filter(~there)),
            )
        ]
        return asked.join(pl.concat(answers), on="row", how="left", maintain_order="left").drop("row")

    def _segment(self, item: NewItem) -> SegmentName:
        return self.segments.get((item.company_id, item.customer_id), "new")


def open_scorer(home: Path, as_of: date | None = None) -> LedgerScorer:
    """A scorer over ledger, model and policy of a home at the end of ``as_of`` (default: the ledger's last day).

    Facts and events known by then, and a model trained by then. Raises NotThereError without a ledger or such
    a model, or for a day before the first invoice.
    """
    opened = Home.open(home)
    day = opened.day_of(as_of)
    registered = opened.registry.champion_for(day)
    ledger, settings = opened.ledger.known(day, "end"), registered.model.features
    facts = facts_of_day(opened, ledger, settings)
    scored = score_open_items(ledger, facts, day, registered.model, registered.version)
    with opened.store() as store:
        book = at_par(book_of(ledger, scored, day, opened.policy, store, opened.reporting_currency())).in_order()
    items = items_as_of(ledger, day, "end", settings.tolerance)
    steps = NextSteps.decide(book, ledger, opened.policy)
    return LedgerScorer(
        home=home,
        as_of=day,
        ledger=ledger,
        facts=facts,
        open_items=items.filter(~pl.col("settled")),
        settled=_settled_documents(items),
        registered=registered,
        policy_hash=opened.policy_hash,
        data_version=opened.data_version,
        facts_until=min(opened.last_day(), day),
        next_steps=steps,
        segments={(company, customer): kind for company, customer, kind, _ in steps.segments.iter_rows()},
        max_band=opened.policy.scores.max_band,
    )


def _settled_documents(items: pl.DataFrame) -> frozenset[tuple[str, str | None]]:
    whole = items.group_by("company_id", "invoice_id").agg(pl.col("settled").all())
    return frozenset(whole.filter("settled").select("company_id", "invoice_id").iter_rows())


def _settled(item: NewItem) -> RowProblem:
    said = f"invoice {item.invoice_id!r} of company {item.company_id!r} is settled; open items and new ones are scored"
    return RowProblem("already_settled", said)


def _frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INVOICES.dtypes)


def _document(item: NewItem, invoice_id: str = "") -> dict[str, Any]:
    """The item as a row of the invoices table."""
    return {
        "company_id": item.company_id,
        "invoice_id": invoice_id,
        "instalment": 1,
        "known_on": item.issue_date,
        "customer_id": item.customer_id,
        "document_type": "invoice",
        "issue_date": item.issue_date,
        "due_date": item.due_date,
        "amount": item.amount_minor,
        "currency": item.currency,
        "status": "active",
    }
