"""What the routes and pages work with: the store, and a scorer that follows the newest run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Annotated, Protocol

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

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
    def data_version(self) -> str:
        """Version of the ledger files."""

    @property
    def policy_hash(self) -> str:
        """Hash of the policy."""

    @property
    def facts_until(self) -> date:
        """Day of the newest fact the ledger knows."""

    def score(
        self, items: Sequence[NewItem], as_of: date, *, with_reasons: bool = False
    ) -> Sequence[ScoredItem | RowProblem]:
        """One answer an item, in order, from what is known by the end of ``as_of``; reasons only if asked for."""


@dataclass
class Services:
    """The store, and the scorer opened when first asked for and again after every recorded run."""

    store: Store
    open_scorer: Callable[[], Scorer]
    _scorer: Scorer | None = None
    _opened_at: str | None = None
    _lock: Lock = field(default_factory=Lock)

    async def scorer(self) -> Scorer:
        """The scorer over the newest ledger, model and policy; opened in a thread, as it reads files."""
        run = self.store.runs.latest()
        stamp = run.run_id if run else None
        if self._scorer is not None and stamp == self._opened_at:
            return self._scorer
        return await run_in_threadpool(self._open, stamp)

    def _open(self, stamp: str | None) -> Scorer:
        with self._lock:
            if self._scorer is None or stamp != self._opened_at:
                self._scorer = self.open_scorer()
                self._opened_at = stamp
            return self._scorer


async def score(
    scorer: Scorer, items: Sequence[NewItem], as_of: date, *, with_reasons: bool
) -> Sequence[ScoredItem | RowProblem]:
    """The scorer's answers; a large question is worked on beside the event loop."""
    if len(items) <= SMALL_QUESTION:
        return scorer.score(items, as_of, with_reasons=with_reasons) if items else []
    return await run_in_threadpool(scorer.score, items, as_of, with_reasons=with_reasons)


async def services(request: Request) -> Services:
    """The services the application was made with."""
    found: Services = request.app.state.services
    return found


ServicesOf = Annotated[Services, Depends(services)]
"""Declares a route's or page's need of the services."""
