"""Scoring items that may be new, of customers that may be new: what the scoring endpoint answers with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from riskpay.decisions.cadence import ItemSteps, ladder_of, next_step, roll
from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import SegmentName
from riskpay.decisions.segments import customer_segments
from riskpay.decisions.steps import Debtor, channel_of, debtors_of
from riskpay.features.catalogue import FEATURE_NAMES
from riskpay.features.facts import valued_states
from riskpay.features.histories import QUESTION_KEY, Facts, answer, gather
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.tables import CUSTOMER_KEY, INVOICES, ITEM_KEY
from riskpay.model.reasons import explain
from riskpay.model.registry import Registered
from riskpay.workflows.book import at_par, book_of, score_open_items
from riskpay.workflows.home import Home
from riskpay.workflows.scoring_types import NewItem, RowProblem, ScoredItem

Key = tuple[str, str]


@dataclass(frozen=True)
class LedgerScorer:
    """Answers from one ledger, model and policy, read when it was opened. Writes nothing."""

    ledger: Ledger
    facts: Facts
    settled: frozenset[tuple[str, str | None]]
    registered: Registered
    policy: Policy
    policy_hash: str
    data_version: str
    facts_until: date
    debtors: dict[Key, Debtor]
    inactive: frozenset[Key]

    @property
    def model_version(self) -> str:
        """Version of the model in the registry."""
        return self.registered.version

    def score(
        self, items: Sequence[NewItem], as_of: date, *, with_reasons: bool = False
    ) -> Sequence[ScoredItem | RowProblem]:
        """One answer an item, in order, from what is known by the end of ``as_of``.

        An item issued after ``as_of`` is asked on its issue day. One whose invoice the ledger has is
        answered as the ledger knows it; a settled one is a problem of its row.
        """
        settled = [(item.company_id, item.invoice_id) in self.settled for item in items]
        asked = [item for item, done in zip(items, settled, strict=True) if not done]
        scored = iter(self._scored(asked, as_of, with_reasons=with_reasons))
        return [_settled(item) if done else next(scored) for item, done in zip(items, settled, strict=True)]

    def _scored(self, items: list[NewItem], as_of: date, *, with_reasons: bool) -> list[ScoredItem]:
        if not items:
            return []
        frame = self._features(items, as_of)
        model = self.registered.model
        reasons = explain(model, frame) if with_reasons else {}
        table = replace(model.risks(frame, as_of, self.model_version), reasons=reasons)
        answers = []
        for row, (item, day) in enumerate(zip(items, frame["as_of"], strict=True)):
            risk = replace(table.risk(row), as_of=day, invoice_id=item.invoice_id or "")
            segment = self._segment(item)
            answers.append(ScoredItem(risk, segment, self._step(item, segment, day)))
        return answers

    def _features(self, items: list[NewItem], as_of: date) -> pl.DataFrame:
        """Questions of the items in their order, with features; each is answered as if asked alone."""
        known = self.facts.of_customers(_frame(map(_document, items)).select(CUSTOMER_KEY).unique())
        open_ones = latest(known.states).filter(~pl.col("settled"))
        own = {
            (row["company_id"], row["customer_id"], row["invoice_id"]): row
            for row in open_ones.sort("due_date", descending=True).iter_rows(named=True)
        }
        found = [own.get((item.company_id, item.customer_id, item.invoice_id)) for item in items]
        # An item that the ledger does not have gets a number of its own: two alike are two items.
        rows = [
            row or _document(item, f"{n} of {len(items)}")
            for n, (row, item) in enumerate(zip(found, items, strict=True))
        ]
        new = _frame(row for row, there in zip(rows, found, strict=True) if there is None)
        settings = self.registered.model.features
        rest = {"companies": self.ledger.companies, "fx_rates": self.ledger.fx_rates}
        complete = known.with_items(valued_states(Ledger.of({"invoices": new, **rest}), settings))
        days = [max(as_of, item.issue_date) for item in items]
        asked = pl.DataFrame(
            [
                {**{name: row[name] for name in (*ITEM_KEY, "due_date")}, "as_of": day}
                for row, day in zip(rows, days, strict=True)
            ],
            schema={
                "company_id": pl.String,
                "invoice_id": pl.String,
                "instalment": pl.Int32,
                "due_date": pl.Date,
                "as_of": pl.Date,
            },
        )
        return asked.hstack(answer(complete, asked.select(QUESTION_KEY), "end", settings).select(FEATURE_NAMES))

    def _segment(self, item: NewItem) -> SegmentName:
        known = self.debtors.get((item.company_id, item.customer_id))
        return known.segment if known else "new"

    def _step(self, item: NewItem, segment: SegmentName, as_of: date) -> dict[str, Any] | None:
        """The first step of the item's ladder; None for accounts that get none."""
        key = (item.company_id, item.customer_id)
        if key in self.inactive:
            return None
        debtor = self.debtors.get(key)
        country = (debtor.country if debtor else None) or self._country(item.company_id)
        effective = roll(self.policy, self._country(item.company_id))(item.due_date)
        state = ItemSteps(as_of, effective, country)
        coming = next_step(state, ladder_of(self.policy, segment), self.policy, segment.replace("_", " "))
        if coming is None:
            return None
        return {
            "due_on": coming.due_on,
            "channel": channel_of(coming.step, debtor.addresses if debtor else frozenset()),
            "tone": coming.step.tone,
            "owner": coming.step.owner,
            "step_code": coming.step.code,
            "rule": coming.rule,
        }

    def _country(self, company_id: str) -> str:
        found = self.ledger.companies.filter(company_id=company_id)["country"]
        return str(found[0]) if len(found) else ""


def open_scorer(home: Path) -> LedgerScorer:
    """A scorer over the newest ledger, the champion and the policy of a home.

    Raises NotThereError without a ledger or a promoted model.
    """
    opened = Home.open(home)
    day = opened.last_day()
    registered = opened.registry.champion_for(day)
    ledger, settings = opened.ledger, registered.model.features
    scored = score_open_items(ledger, day, registered.model, registered.version, settings)
    with opened.store() as store:
        book = at_par(book_of(ledger, scored, day, opened.policy, store, opened.reporting_currency())).in_order()
    known = gather(ledger, settings)
    return LedgerScorer(
        ledger=ledger,
        facts=known,
        settled=_settled_documents(known.states),
        registered=registered,
        policy=opened.policy,
        policy_hash=opened.policy_hash,
        data_version=opened.files.current_version(),
        facts_until=day,
        debtors=debtors_of(book, customer_segments(book, opened.policy), opened.policy),
        inactive=frozenset(
            book.customers.filter(pl.col("account_status") != "active").select(CUSTOMER_KEY).iter_rows()
        ),
    )


def _settled_documents(states: pl.DataFrame) -> frozenset[tuple[str, str | None]]:
    whole = latest(states).group_by("company_id", "invoice_id").agg(pl.col("settled").all())
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
