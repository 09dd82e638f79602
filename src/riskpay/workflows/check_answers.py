"""Whether answers came true: losses against the test in training, and how far chances are from what happened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from riskpay.decisions.policy_monitor import Bound, Monitor
from riskpay.model.by_customer import Estimate
from riskpay.model.performance import Performance, performance, trend
from riskpay.model.ripened import HORIZONS, months, weeks
from riskpay.workflows.checks import Check, level, too_few

LATE = "late"
_TEST_ERRORS = 1.96
_RETRAIN = "train anew on what is known now: riskpay train; the challenger must pass the gate"


@dataclass(frozen=True)
class Ripe:
    """Answers whose truth came out, by target (late, unpaid_H), columns as ``ripened.COLUMNS``, and where they are from."""

    by_target: Mapping[str, pl.DataFrame]
    basis: str


@dataclass(frozen=True)
class Answers:
    """The checks of answers, and measures by week and month of the answer, by target."""

    checks: list[Check]
    by_week: dict[str, list[dict[str, Any]]]
    by_month: dict[str, list[dict[str, Any]]]


def check_answers(
    ripe: Ripe, tested: Mapping[str, Any], until: date, rules: Monitor, lags: Mapping[str, int]
) -> Answers:
    """Checks by target. ``tested``: measures of the test in training; ``lags``: days from an answer until its truth is out.

    Judged are answers whose truth came out in the last ``performance_days``; months show all of them.
    """
    checks: list[Check] = []
    by_month: dict[str, list[tuple[date, Performance]]] = {}
    by_week: dict[str, list[tuple[date, Performance]]] = {}
    for target, rows in ripe.by_target.items():
        since = until - timedelta(days=rules.performance_days + lags[target])
        recent = performance(rows.filter(pl.col("as_of") > since), ranked=target == LATE)
        by_month[target], by_week[target] = _measured(months(rows)), _measured(weeks(rows))
        short = _short(recent, rules, ripe.basis)
        if target == LATE:
            checks += _against_test(recent, tested.get(LATE, {}), rules, short)
        checks.append(_gap(target, recent, rules, short))
        if target == LATE:
            checks += [_slope(recent, rules, short), _trend(by_month[target], rules)]
    return Answers(checks, _shown(by_week), _shown(by_month))


def targets() -> tuple[str, ...]:
    """The targets, in order: late, and unpaid at every horizon."""
    return (LATE, *(f"unpaid_{horizon}" for horizon in HORIZONS))


def _against_test(found: Performance | None, tested: Mapping[str, Any], rules: Monitor, short: str) -> list[Check]:
    brier, auc = "answers.late.brier", "answers.late.roc_auc"
    then = tested.get("model") or {}
    if short or found is None or then.get("brier") is None:
        said = short or "the champion has no test to be held against"
        return [too_few(brier, rules.brier_loss, said), too_few(auc, rules.roc_auc_loss, said)]
    errors = [found.brier.error or 0.0, _width((tested.get("intervals") or {}).get("brier"))]
    loss = Estimate(found.brier.value - then["brier"], sum(error**2 for error in errors) ** 0.5)
    said = f"Brier {found.brier.value:.4f}, {then['brier']:.4f} in the test, {_of(found)}"
    sure = loss.surely_beyond(0, rules.standard_errors)
    return [
        _judged(brier, loss.value, loss.value, rules.brier_loss, said, found, sure=sure),
        _ranking(auc, found, then, rules),
    ]


def _ranking(name: str, found: Performance, then: Mapping[str, Any], rules: Monitor) -> Check:
    if found.roc_auc is None or found.roc_auc_interval is None or then.get("roc_auc") is None:
        return too_few(name, rules.roc_auc_loss, "only one outcome occurs: no ranking can be measured")
    low, high = found.roc_auc_interval
    loss = then["roc_auc"] - found.roc_auc
    said = f"ROC-AUC {found.roc_auc:.4f} ({low:.3f} to {high:.3f}), {then['roc_auc']:.4f} in the test, {_of(found)}"
    return _judged(name, loss, loss, rules.roc_auc_loss, said, found, sure=high < then["roc_auc"])


def _gap(target: str, found: Performance | None, rules: Monitor, short: str) -> Check:
    name = f"calibration.{target}.gap"
    if short or found is None:
        return too_few(name, rules.calibration_gap, short)
    error = found.ratio.error or 0.0
    said = (
        f"told {found.predicted:.1%}, happened {found.observed:.1%}; observed/expected "
        f"{found.ratio.value:.3f} ({found.ratio.value - 1.96 * error:.3f} to {found.ratio.value + 1.96 * error:.3f}), {_of(found)}"
    )
    return _either_way(name, found.gap, rules.calibration_gap, rules, said, found)


def _slope(found: Performance | None, rules: Monitor, short: str) -> Check:
    name = "calibration.late.slope"
    if short or found is None or found.slope is None:
        return too_few(name, rules.calibration_slope, short or "only one outcome occurs: no slope can be measured")
    off = Estimate(found.slope.value - 1, found.slope.error)
    bold = "too bold" if off.value < 0 else "too timid"
    said = f"slope {found.slope.value:.3f} ± {1.96 * (found.slope.error or 0):.3f}, 1 if calibrated: {bold} if anything"
    return _either_way(name, off, rules.calibration_slope, rules, said)


def _trend(by_month: list[tuple[date, Performance]], rules: Monitor) -> Check:
    name = "calibration.late.trend"
    full = [found for _, found in by_month if not _short(found, rules, "")]
    moved = trend([found.gap for found in full])
    if moved is None:
        return too_few(
            name, rules.calibration_trend, f"{len(full)} full months of answers whose truth is out; 3 are needed"
        )
    said = f"observed less predicted changes by {moved.value:+.4f} a month over {len(full)} months"
    return _either_way(name, moved, rules.calibration_trend, rules, said)


def _either_way(
    name: str, off: Estimate, bound: Bound, rules: Monitor, said: str, found: Performance | None = None
) -> Check:
    size = Estimate(abs(off.value), off.error)
    return _judged(name, off.value, size.value, bound, said, found, sure=size.surely_beyond(0, rules.standard_errors))


def _judged(
    name: str, value: float, size: float, bound: Bound, said: str, found: Performance | None, *, sure: bool
) -> Check:
    """The check of a value by its size, in order where chance alone may have made it."""
    status = level(size, bound)
    told = said if sure or status == "ok" else f"{said}; that may be chance"
    details = {"measures": found.to_json()} if found else {}
    return Check(name, status if sure else "ok", value, bound, told, _RETRAIN, details)


def _of(found: Performance) -> str:
    return f"{found.n} items of {found.customers} customers"


def _short(found: Performance | None, rules: Monitor, basis: str) -> str:
    """Why there is too little to judge; empty if there is enough."""
    n, customers = (found.n, found.customers) if found else (0, 0)
    if n >= rules.min_items and customers >= rules.min_customers:
        return ""
    return (
        f"truth is out for {n} answers to {customers} customers; {rules.min_items} to {rules.min_customers} are needed"
        + (f" ({basis})" if basis else "")
    )


def _width(interval: list[float] | None) -> float:
    """The standard error behind a 95 % interval."""
    return (interval[1] - interval[0]) / (2 * _TEST_ERRORS) if interval else 0.0


def _measured(parts: Iterable[tuple[date, pl.DataFrame]]) -> list[tuple[date, Performance]]:
    found = ((day, performance(part, ranked=False)) for day, part in parts)
    return [(day, one) for day, one in found if one]


def _shown(by_time: Mapping[str, list[tuple[date, Performance]]]) -> dict[str, list[dict[str, Any]]]:
    return {t: [{"from": day.isoformat(), **one.to_json()} for day, one in rows] for t, rows in by_time.items()}
