"""Proof that no feature looks ahead: riskpay's own on the home's ledger, or a function of the user's."""

import importlib
import sys
import time
import traceback
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from riskpay.dates import Cut
from riskpay.errors import NotThereError, RiskpayError, UsageError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import features
from riskpay.features.leakage import Function, LeakageReport, check
from riskpay.features.leakage_answers import SHAPE, keyed, takes
from riskpay.features.leakage_sample import sample_questions
from riskpay.ledger.ledger import Ledger
from riskpay.workflows.home import Home

_CUTS: Final[tuple[Cut, Cut]] = ("start", "end")
_SHAPE: Final = f"name it MODULE:FUNCTION; {SHAPE}: docs/features.md"


@dataclass(frozen=True)
class LeakageResult:
    """What a check found: one report for each cut, how many pairs it was to ask, and the seconds it took."""

    reports: tuple[LeakageReport, ...]
    wanted: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """pairs_checked (of pairs_wanted; fewer where the ledger holds no more), violations (a feature and a way in
        which it moved, with the cut), unstable (features that said two things of one ledger), features, seconds.
        """
        pairs = list(zip(_CUTS, self.reports, strict=True))
        return {
            "pairs_checked": sum(report.pairs_checked for report in self.reports),
            "pairs_wanted": self.wanted,
            "violations": [v.to_json() | {"cut": cut} for cut, report in pairs for v in report.violations],
            "unstable": [v.to_json() | {"cut": cut} for cut, report in pairs for v in report.unstable],
            "features": max(report.features for report in self.reports),
            "seconds": round(self.seconds, 2),
        }


def check_leakage(home: Path, target: str | None, pairs: int = 5000, seed: int = 1) -> LeakageResult:
    """Ask ``pairs`` questions of the home's ledger again without their future, half of them with each cut.

    ``target``: "module:function" of the user's, imported with the current directory on the path, anew for each cut and
    for the changed ledgers; None for riskpay's own features under the home's policy. Raises NotThereError
    without a ledger or an invoice, and UsageError if the target cannot be imported, fails, or does not give a
    frame with the question's key.
    """
    began = time.perf_counter()
    opened = Home.open(home)
    ledger = opened.ledger
    if ledger.invoices.is_empty():
        raise NotThereError("the ledger holds no invoice yet", "load one: riskpay ingest PATH --format NAME")
    half = pairs // 2
    reports = []
    for n, (cut, count) in enumerate(zip(_CUTS, (pairs - half, half), strict=True)):
        if target is None:
            whole = changed = _own(opened.train_settings.features)
        else:
            whole = _guarded(target, "")
            changed = _guarded(target, " when facts known later are gone or changed, or when asked again")
        reports.append(_checked(whole, changed, ledger, cut, count, seed + n))
    return LeakageResult(tuple(reports), pairs, time.perf_counter() - began)


def _checked(whole: Function, changed: Function, ledger: Ledger, cut: Cut, pairs: int, seed: int) -> LeakageReport:
    if pairs == 0:
        return LeakageReport(0, (), 0)
    rows = None
    if takes(whole) == 1:
        said = keyed(whole(ledger))
        rows = said if "as_of" in said.columns else None
    asked = sample_questions(ledger, pairs, seed, rows=rows)
    return check(whole, ledger, asked, cut, seed, changed)


def _own(settings: FeatureSettings) -> Function:
    return lambda ledger, questions, cut: features(ledger, questions, cut, settings)


def _guarded(target: str, when: str) -> Function:
    """The user's function imported anew, its own mistakes told as such, with its line and ``when`` it made them."""
    module, function = _imported(target)

    @wraps(function)
    def asked(*given: Any) -> Any:  # noqa: ANN401 - whatever the user's function gives
        try:
            return function(*given)
        except RiskpayError:
            raise
        except (Exception, SystemExit) as failed:
            raise UsageError(f"{target} failed{when}: {_said(failed)}{_line(failed, module)}", _SHAPE) from failed

    return asked


def _imported(target: str) -> tuple[ModuleType, Function]:
    name, _, function = target.partition(":")
    if not name or not function:
        raise UsageError(f"{target!r} names no function", _SHAPE)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = _anew(name)
    except (Exception, SystemExit) as failed:
        raise UsageError(f"module {name!r} cannot be imported: {_said(failed)}", f"looked in {here} too") from failed
    found = getattr(module, function, None)
    if not callable(found):
        raise UsageError(f"module {name!r} has no function {function!r}", _SHAPE)
    return module, found


def _anew(name: str) -> ModuleType:
    """The module, and those in its folder, without what they kept from an earlier call."""
    module = importlib.import_module(name)
    file = getattr(module, "__file__", None)
    if file is None or name.split(".", maxsplit=1)[0] == "riskpay":
        return module
    folder = Path(file).parent
    files = {key: getattr(loaded, "__file__", None) for key, loaded in sys.modules.items() if key != "__main__"}
    beside = {key for key, at in files.items() if at and Path(at).parent == folder and folder.name != "site-packages"}
    for key in beside | {name}:
        del sys.modules[key]
    return importlib.import_module(name)


def _line(failed: BaseException, module: ModuleType) -> str:
    """Where in the user's file it failed."""
    frames = traceback.extract_tb(failed.__traceback__)
    at = next((f for f in reversed(frames) if f.filename == module.__file__), None)
    return f" ({Path(at.filename).name}, line {at.lineno})" if at else ""


def _said(failed: BaseException) -> str:
    return f"{type(failed).__name__}: {failed}"
