"""The day: score what is open, put customers into segments, plan steps, publish worklists."""

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from riskpay.decisions.decide import Decisions, decide
from riskpay.ledger.tables import CUSTOMER_KEY
from riskpay.store.engine import writing
from riskpay.workflows.book import Scored, at_par, book_of, open_items_of, score_open_items, without_rate
from riskpay.workflows.home import Home
from riskpay.workflows.kept_facts import facts_of_day
from riskpay.workflows.kept_scores import clear_scores, keep_scores
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.risk_said import withheld


@dataclass(frozen=True)
class DailyResult:
    """What one day's run did; ``steps`` and ``suppressed`` count next steps of items.

    ``withheld``: what the scores do not say, and so is missing from the value of calls; None: nothing.
    """

    as_of: date
    run_id: str
    model_version: str | None
    model_kind: str | None
    data_version: str
    policy_hash: str
    withheld: str | None
    open_items: int
    customers: int
    worklists: tuple[dict[str, Any], ...]
    steps: int
    suppressed: int
    advice: int
    rates_missing: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        return {
            "as_of": self.as_of.isoformat(),
            "run_id": self.run_id,
            "model_version": self.model_version,
            "model_kind": self.model_kind,
            "data_version": self.data_version,
            "policy_hash": self.policy_hash,
            "withheld": self.withheld,
            "open_items": self.open_items,
            "customers": self.customers,
            "worklists": list(self.worklists),
            "steps": self.steps,
            "suppressed": self.suppressed,
            "would_pay_anyway": self.advice,
            "rates_missing": self.rates_missing,
            "seconds": round(self.seconds, 3),
        }


def daily(
    home: Path, as_of: date | None = None, progress: Progress = silent, *, without_model: bool = False
) -> DailyResult:
    """Do the day at the end of ``as_of`` (default: the last day of the ledger).

    Uses a model trained on or before that day, and facts known by its end. ``without_model`` ranks by
    the policy's points instead. The same day run again over the same facts publishes nothing new.
    Segments, plan and lists come into force together or not at all. Raises NotThereError without a
    fitting model, for an empty ledger, or a day before its first invoice.
    """
    begun = time.perf_counter()
    opened = Home.open(home)
    day = opened.day_of(as_of)
    found = None if without_model else opened.registry.champion_for(day)
    settings = found.model.features if found else opened.train_settings.features
    ledger = opened.ledger.known(day, "end")
    progress("scoring open items", 0, 3)
    if found:
        facts = facts_of_day(opened, ledger, settings)
        scored = score_open_items(ledger, facts, day, found.model, found.version)
    else:
        scored = open_items_of(ledger, day, settings.tolerance)
    with opened.store() as store:
        book = book_of(ledger, scored, day, opened.policy, store, opened.reporting_currency())
        progress("deciding", 1, 3)
        decided = decide(at_par(book), opened.policy)
        progress("publishing", 2, 3)
        counts = _counts(decided, scored)
        noted = counts | _noted(scored)
        lists = [worklist.as_json() for worklist in decided.worklists]
        # Stopped in between, no plan may be in force without the lists that people work by.
        with writing(store.engine):
            run_id = store.runs.record(
                day,
                model_version=found.version if found else "points",
                data_version=opened.data_version,
                policy_hash=opened.policy_hash,
                seconds=time.perf_counter() - begun,
                counts=noted,
            )
            store.segments.record(day, decided.segments)
            store.steps.record(run_id, day, decided.steps)
            store.worklists.publish(run_id, day, lists, [tip.as_json() for tip in decided.advice])
            keep_scores(opened, run_id, scored)
        clear_scores(opened, store)
    return DailyResult(
        as_of=day,
        run_id=run_id,
        model_version=found.version if found else None,
        model_kind=found.model.kind if found else None,
        data_version=opened.data_version,
        policy_hash=opened.policy_hash,
        withheld=withheld(scored.risks.reach if scored.risks else None),
        open_items=counts["open_items"],
        customers=counts["customers"],
        worklists=tuple({"collector": w.collector, "entries": len(w.entries)} for w in decided.worklists),
        steps=counts["steps"],
        suppressed=counts["suppressed"],
        advice=len(decided.advice),
        rates_missing=without_rate(book),
        seconds=time.perf_counter() - begun,
    )


def _noted(scored: Scored) -> dict[str, int | str]:
    """What lists say of the scores beside their figures: the model's kind, and how far its curves reach."""
    risks = scored.risks
    return {"model_kind": risks.model_kind, "curve_reach": risks.reach} if risks else {}


def _counts(decided: Decisions, scored: Scored) -> dict[str, int]:
    suppressed = decided.steps.filter(state="suppressed").height
    return {
        "open_items": scored.items.height,
        "customers": scored.items.select(CUSTOMER_KEY).n_unique(),
        "steps": decided.steps.height - suppressed,
        "suppressed": suppressed,
        "entries": sum(len(worklist.entries) for worklist in decided.worklists),
    }
