"""What the routes and pages work with: the store, and a scorer that follows the newest run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from riskpay.serving.working import Working
from riskpay.store.database import Store
from riskpay.workflows.scoring_types import NewItem, RowProblem, ScoredItem

SMALL_QUESTION = 32
"""Items scored at once on the event loop; more go to a thread so that pages stay quick."""


class Scorer(Protocol):
    """Scores new items over one ledger, model and policy. Writes nothing."""

    @property
    def model_version(self) -> str:
        """Version of the model in the registry."""

    @property
    def model_kind(self) -> str:
        """hazard, or prior where there was too little to learn from."""

    @property
    def data_version(self) -> str:
        """Version of the ledger files."""

    @property
    def policy_hash(self) -> str:
        """Hash of the policy."""

    @property
    def facts_until(self) -> date:
        """Day of the newest fact the ledger knows."""

    def at(self, as_of: date) -> "Scorer":
        """The scorer that looks from the end of ``as_of``, and knows nothing of later days.

        Over the ledger and policy of the moment it is opened, which ``data_version`` and ``policy_hash`` name.
        """

    def score(
        self, items: Sequence[NewItem], as_of: date, *, with_reasons: bool = False, with_sums: bool = False
    ) -> Sequence[ScoredItem | RowProblem]:
        """One answer an item, in order, from what is known by the end of ``as_of``; reasons and sums only if asked for."""

    def changes(
        self,
        since: date | None = None,
        customer: tuple[str, str] | None = None,
        invoices: Sequence[str] = (),
        top: int = 20,
    ) -> Mapping[str, Any]:
        """What changed since a day (default: the last one scored before) in the whole book, or of a customer and some invoices.

        ``top``: items of each kind that are listed of a book.
        """


@dataclass(frozen=True)
class ChangesQuestion:
    """What changed until the end of ``as_of`` (default: the newest fact's day), as ``Scorer.changes`` is asked."""

    as_of: date | None = None
    since: date | None = None
    customer: tuple[str, str] | None = None
    invoices: tuple[str, ...] = ()
    top: int = 20


OTHER_DAYS = 3
"""Scorers of other days than the newest that are kept open."""


@dataclass
class Services:
    """The store, and the scorer opened when first asked for and again after every recorded run.

    Scorers of other days are opened when asked for, and the last few are kept until the next run. One opened
    after a load that no run has followed yet knows that load, while the newest does not: each answer names the
    versions that it was made from.
    """

    store: Store
    open_scorer: Callable[[], Scorer]
    _newest: Scorer | None = None
    _others: dict[date, Scorer] = field(default_factory=dict)
    _opened_at: str | None = None
    _working: Working[Mapping[str, Any]] = field(default_factory=Working)
    _lock: Lock = field(default_factory=Lock)

    async def scorer(self, as_of: date | None = None) -> Scorer:
        """The scorer that looks from ``as_of`` (default: the newest fact's day), over what was there when it was opened.

        Opened in a thread, as it reads files.
        """
        run = self.store.runs.latest()
        stamp = run.run_id if run else None
        if stamp == self._opened_at and self._newest is not None:
            own = as_of or self._newest.facts_until
            there = self._newest if own == self._newest.facts_until else self._others.get(own)
            if there is not None:
                return there
        return await run_in_threadpool(self._open, stamp, as_of)

    async def changes(self, question: ChangesQuestion, patience: float | None = None) -> Mapping[str, Any] | None:
        """What changed between two days, worked out in a thread once a run; None where that takes longer than ``patience`` seconds.

        Without patience it is waited for. Raises as ``Scorer.changes``.
        """
        run = self.store.runs.latest()
        return await self._working.answer((run and run.run_id, question), lambda: self._changed(question), patience)

    async def _changed(self, question: ChangesQuestion) -> Mapping[str, Any]:
        scorer = await self.scorer(question.as_of)
        asked = question.since, question.customer, question.invoices, question.top
        return await run_in_threadpool(scorer.changes, *asked)

    def _open(self, stamp: str | None, as_of: date | None) -> Scorer:
        with self._lock:
            if self._newest is None or stamp != self._opened_at:
                self._newest, self._others = self.open_scorer(), {}
                self._opened_at = stamp
            if as_of is None or as_of == self._newest.facts_until:
                return self._newest
            if as_of not in self._others:
                kept = list(self._others.items())[-OTHER_DAYS + 1 :]
                self._others = {**dict(kept), as_of: self._newest.at(as_of)}
            return self._others[as_of]


async def score(
    scorer: Scorer, items: Sequence[NewItem], as_of: date, *, with_reasons: bool, with_sums: bool = False
) -> Sequence[ScoredItem | RowProblem]:
    """The scorer's answers; a large question is worked on beside the event loop."""
    if len(items) <= SMALL_QUESTION:
        return scorer.score(items, as_of, with_reasons=with_reasons, with_sums=with_sums) if items else []
    return await run_in_threadpool(scorer.score, items, as_of, with_reasons=with_reasons, with_sums=with_sums)


async def services(request: Request) -> Services:
    """The services the application was made with."""
    found: Services = request.app.state.services
    return found


ServicesOf = Annotated[Services, Depends(services)]
"""Declares a route's or page's need of the services."""
