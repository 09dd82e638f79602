"""Monitoring: does data come, does it look as it did, do answers come true. One result for people, pages and schedulers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from riskpay.errors import NotThereError
from riskpay.ledger.ledger import Ledger
from riskpay.model.profile import WINDOW_DAYS, Moved
from riskpay.model.registry import Registered
from riskpay.store.load_log import read_last_load
from riskpay.workflows.check_answers import Answers, check_answers
from riskpay.workflows.check_data import check_data
from riskpay.workflows.check_drift import Drift, check_drift
from riskpay.workflows.checks import Check, Status, too_few, worst
from riskpay.workflows.home import Home
from riskpay.workflows.monitor_facts import asked_lately, lags, ripe_answers
from riskpay.workflows.progress import Progress, silent

_DIGITS = 6


@dataclass(frozen=True)
class MonitorResult:
    """Every check, the worst status, and the series that the page draws."""

    as_of: date
    seen_from: date
    champion: Registered | None
    basis: str
    checks: tuple[Check, ...]
    series: Mapping[str, Any]

    @property
    def status(self) -> Status:
        """The worst status of the checks; ``not_enough`` only where none of them had enough."""
        return worst(check.status for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        model = self.champion.model if self.champion else None
        return {
            "status": self.status,
            "as_of": self.as_of.isoformat(),
            "seen_from": self.seen_from.isoformat(),
            "model_version": self.champion.version if self.champion else None,
            "train_as_of": model.train_as_of.isoformat() if model else None,
            "basis": self.basis,
            "checks": [check.to_json() for check in self.checks],
            "series": dict(self.series),
        }


def monitor(
    home: Path, as_of: date | None = None, today: date | None = None, progress: Progress = silent
) -> MonitorResult:
    """Check data, drift and answers at the end of ``as_of`` (default: the ledger's last day).

    The age of the data is counted to ``as_of`` if it is given, else to ``today``, else to the ledger's last day.
    Watched is the model that `riskpay daily` would use on that day. Raises NotThereError for an empty ledger or a
    day before its first invoice.
    """
    opened = Home.open(home)
    day = opened.day_of(as_of)
    rules, seen_from = opened.policy.monitor, as_of or today or day
    progress("looking at the data", 0, 3)
    ledger = opened.ledger.known(day, "end")
    data = check_data(ledger, day, seen_from, read_last_load(opened.settings.home), rules)
    try:
        found = opened.registry.champion_for(day)
    except NotThereError as missing:
        watched = [too_few(name, None, missing.message) for name in ("drift.features", "answers.late.brier")]
        return MonitorResult(day, seen_from, None, "", (*data.checks, *watched), {"weeks": data.weeks})
    drift, answers, basis = _watched(opened, found, ledger, day, progress)
    series = {
        "weeks": data.weeks,
        "moved": {population: [_moved(one) for one in rows] for population, rows in drift.moved.items()},
        "by_week": answers.by_week,
        "by_month": answers.by_month,
    }
    return MonitorResult(day, seen_from, found, basis, (*data.checks, *drift.checks, *answers.checks), series)


def _watched(
    opened: Home, found: Registered, ledger: Ledger, day: date, progress: Progress
) -> tuple[Drift, Answers, str]:
    rules, first = opened.policy.monitor, day - timedelta(days=WINDOW_DAYS - 1)
    progress("asking about the last weeks", 1, 3)
    reference = opened.registry.read_reference(found.version)
    asked = asked_lately(ledger, found.model, day, first)
    if reference is None:
        said = f"model {found.version} has no reference: it came as a file, or an older riskpay trained it"
        drift, tested = Drift({}, [too_few("drift.features", rules.drifted_share, said)]), {}
    else:
        drift = check_drift(reference, asked.since(first), first, found.model.reads, rules)
        tested = reference.tested
    progress("holding answers against what happened", 2, 3)
    ripe = ripe_answers(opened, found, ledger, asked, day)
    answers = check_answers(ripe, tested, day, rules, lags(found.model, ledger, opened.policy.posting_lag_days))
    return drift, answers, ripe.basis


def _moved(one: Moved) -> dict[str, Any]:
    shares = {side: [round(share, _DIGITS) for share in getattr(one, side)] for side in ("before", "now")}
    usual = None if one.usual is None else round(one.usual, _DIGITS)
    return {"column": one.column, "psi": round(one.psi, _DIGITS), "usual": usual, **shares}
