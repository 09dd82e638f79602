"""Proof that no feature looks ahead: riskpay's own on the home's ledger, or a function of the user's."""

import importlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from riskpay.dates import Cut
from riskpay.errors import NotThereError, RiskpayError, UsageError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import features
from riskpay.features.leakage import Compute, LeakageReport, check
from riskpay.features.leakage_sample import DAYS, sample_questions
from riskpay.ledger.ledger import Ledger
from riskpay.workflows.home import Home

_CUTS: Final[tuple[Cut, Cut]] = ("start", "end")
_SHAPE: Final = (
    "name it MODULE:FUNCTION; it is called with (ledger, questions, cut) and gives a frame: docs/features.md"
)


@dataclass(frozen=True)
class LeakageResult:
    """What a check found: one report for each cut, and the seconds it took."""

    reports: tuple[LeakageReport, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """pairs_checked, violations (a feature and a way in which it moved, with the cut), features, seconds."""
        pairs = zip(_CUTS, self.reports, strict=True)
        return {
            "pairs_checked": sum(report.pairs_checked for report in self.reports),
            "violations": [v.to_json() | {"cut": cut} for cut, report in pairs for v in report.violations],
            "features": max(report.features for report in self.reports),
            "seconds": round(self.seconds, 2),
        }


def check_leakage(home: Path, target: str | None, pairs: int = 5000, seed: int = 1) -> LeakageResult:
    """Ask ``pairs`` questions of the home's ledger again without their future, half of them with each cut.

    ``target``: "module:function" of the user's, imported with the current directory on the path; None for riskpay's own
    features under the home's policy. Raises NotThereError without a ledger or an invoice, and UsageError
    if the target cannot be imported, fails, or does not give a frame with the question's key.
    """
    began = time.perf_counter()
    opened = Home.open(home)
    ledger = opened.ledger
    if ledger.invoices.is_empty():
        raise NotThereError("the ledger holds no invoice yet", "load one: riskpay ingest PATH --format NAME")
    compute = _own(opened.train_settings.features) if target is None else _guarded(target, _imported(target))
    half = pairs // 2
    reports = [
        _checked(compute, ledger, cut, count, seed + n)
        for n, (cut, count) in enumerate(zip(_CUTS, (pairs - half, half), strict=True))
    ]
    return LeakageResult(tuple(reports), time.perf_counter() - began)


def _checked(compute: Compute, ledger: Ledger, cut: Cut, pairs: int, seed: int) -> LeakageReport:
    if pairs == 0:
        return LeakageReport(0, (), 0)
    return check(compute, ledger, sample_questions(ledger, pairs, seed, DAYS // 2), cut, seed)


def _own(settings: FeatureSettings) -> Compute:
    return lambda ledger, questions, cut: features(ledger, questions, cut, settings)


def _imported(target: str) -> Compute:
    module, _, name = target.partition(":")
    if not module or not name:
        raise UsageError(f"{target!r} names no function", _SHAPE)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = importlib.import_module(module)
    except Exception as failed:
        raise UsageError(f"module {module!r} cannot be imported: {_said(failed)}", f"looked in {here} too") from failed
    function = getattr(found, name, None)
    if not callable(function):
        raise UsageError(f"module {module!r} has no function {name!r}", _SHAPE)
    compute: Compute = function
    return compute


def _guarded(target: str, compute: Compute) -> Compute:
    """The user's function, its own mistakes told as such."""

    def asked(ledger: Ledger, questions: pl.DataFrame, cut: Cut) -> pl.DataFrame:
        try:
            return compute(ledger, questions, cut)
        except RiskpayError:
            raise
        except Exception as failed:
            raise UsageError(f"{target} failed: {_said(failed)}", _SHAPE) from failed

    return asked


def _said(failed: Exception) -> str:
    return f"{type(failed).__name__}: {failed}"
