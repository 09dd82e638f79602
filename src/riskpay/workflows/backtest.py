"""A backtest: a model frozen at a cutoff, asked about the items issued after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from riskpay.errors import NotThereError, TooFewLabelsError
from riskpay.model.ablation import Trial, Window
from riskpay.model.assessment import Assessment
from riskpay.model.late_model import LateModel
from riskpay.model.subset import Group
from riskpay.model.testing import TargetTest, issued_between, judge
from riskpay.model.training import TARGETS, Asked, ask, ask_landmarks, fit_model
from riskpay.workflows.ablation import Ablation, ablation
from riskpay.workflows.assess import assess
from riskpay.workflows.home import Home
from riskpay.workflows.periods import Period
from riskpay.workflows.progress import Progress, silent


@dataclass(frozen=True)
class BacktestResult:
    """Tests by target on items issued from ``cutoff`` to ``until``, both included; what features add and the whole
    assessment, if asked for. ``model`` and ``asked``: the model that was tested, and the questions about those items.
    """

    cutoff: date
    until: date
    tests: dict[str, TargetTest]
    model: LateModel
    asked: Asked
    ablation: Ablation | None = None
    assessment: Assessment | None = None

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        return {
            "cutoff": self.cutoff.isoformat(),
            "until": self.until.isoformat(),
            "targets": {target: found.to_json() for target, found in self.tests.items()},
            **(self.ablation.to_json() if self.ablation else {}),
            **(self.assessment.to_json() if self.assessment else {}),
        }


def backtest(
    home: Path,
    cutoff: date,
    until: date | None = None,
    progress: Progress = silent,
    without: Sequence[Group] = (),
    *,
    full: bool = False,
) -> BacktestResult:
    """Train on what was known before ``cutoff`` and test on items issued from then to ``until``.

    ``until`` defaults to the last issue day. ``without``: for each group of features, models without it are grown
    and compared as well; that takes four trainings a group. ``full``: the model is assessed on the open book and by
    parts too (``assess``). Raises NotThereError if nothing was issued in that time,
    TooFewLabelsError if there is too little to learn from, or all test items ended alike.
    """
    opened = Home.open(home)
    opened.check_day(cutoff)
    ledger, settings = opened.ledger, opened.train_settings
    last = ledger.invoices["issue_date"].max()
    assert isinstance(last, date)  # noqa: S101 a narrowing: check_day found an invoice
    end = until or last
    if last < cutoff:
        raise NotThereError(
            f"no invoice was issued from {cutoff} on; the last one was issued on {last}", "give an earlier --cutoff"
        )
    progress("building payment histories", 0, 3)
    asked = ask_landmarks(ledger, cutoff, settings)
    progress("training on what was known at the cutoff", 1, 3)
    model = fit_model(ledger, asked, cutoff, settings)
    progress("asking about later items", 2, 3)
    later = ask(ledger, issued_between(ledger, cutoff, end), settings)
    tests = judge(ledger, model, later, settings)
    _check(tests, cutoff, end)
    assessment = None
    if full:
        period = Period(ledger, asked, later, cutoff, end, opened.policy, settings, opened.reporting_currency())
        assessment = assess(period, model, progress)
    if not without:
        return BacktestResult(cutoff, end, tests, model, later, assessment=assessment)
    window = Window.of(later, ledger, cutoff, end, settings)
    trial = Trial.of(window, model, settings)
    found = ablation(ledger, asked, trial, without, settings, progress)
    return BacktestResult(cutoff, end, tests, model, later, found, assessment)


def _check(tests: dict[str, TargetTest], cutoff: date, until: date) -> None:
    late = tests[next(iter(TARGETS))]
    if not len(late.happened):
        raise NotThereError(
            f"no item issued from {cutoff} to {until} was decided by the ledger's last day", "give an earlier --until"
        )
    if late.happened.all() or not late.happened.any():
        what = "late" if late.happened.all() else "on time"
        raise TooFewLabelsError(
            f"all {len(late.happened)} items issued from {cutoff} to {until} were paid {what}: no ranking can be measured",
            "choose a cutoff and an until between which some items are paid late and some are not",
        )
