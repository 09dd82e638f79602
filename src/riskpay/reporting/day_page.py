"""A day as one page that can be kept, sent and printed: the list, a cadence, and how good the chances are."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Template

from riskpay.reporting.pages import ITEMS_SHOWN, STATIC, environment
from riskpay.reporting.step_groups import by_state

TIPS_SHOWN = 10
STEPS_SHOWN = 12
TARGETS = {"late": "Paid after the due date", "late_30": "Paid more than 30 days late"}
PREDICTORS = {
    "model": "riskpay",
    "naive_ratio": "past late share",
    "naive_mean": "past days late",
    "naive_constant": "overall share",
}
MEASURES = ("roc_auc", "pr_auc", "brier", "ece")


def render(day: Mapping[str, Any]) -> str:
    """One HTML page without scripts and without anything loaded from elsewhere.

    ``day``: ``as_of`` (ISO), ``model_version`` (None: the list is ranked by points), ``worklist`` as
    the workflow gives it, and, where there is one, ``cadence`` of a customer and ``backtest`` with
    ``cutoff``, ``until`` and ``targets`` of a backtest's JSON.
    """
    listed, cadence = day["worklist"], day.get("cadence")
    entries = listed["entries"]
    return _template().render(
        as_of=date.fromisoformat(day["as_of"]),
        model_version=day.get("model_version"),
        data_version=listed.get("data_version") or "",
        policy_hash=listed.get("policy_hash") or "",
        entries=entries,
        several=len({entry.get("collector") for entry in entries}) > 1,
        companies=len({entry["company_id"] for entry in entries}) > 1,
        items_shown=ITEMS_SHOWN,
        steps_shown=STEPS_SHOWN,
        tips=listed.get("would_pay_anyway") or [],
        tips_shown=TIPS_SHOWN,
        cadence=cadence,
        parts=by_state(cadence["steps"]) if cadence else (),
        backtest=_tested(day.get("backtest")),
    )


def _tested(backtest: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The figures of the tests as rows to show; None if nothing was tested."""
    targets = {name: found for name, found in ((backtest or {}).get("targets") or {}).items() if found}
    if backtest is None or not targets:
        return None
    parts = [
        {
            "title": TARGETS.get(name, name),
            "n": found["model"]["n"],
            "base_rate": found["model"]["base_rate"],
            "rows": [
                (said, [_figure(found[who].get(measure)) for measure in MEASURES])
                for who, said in PREDICTORS.items()
                if who in found
            ],
        }
        for name, found in targets.items()
    ]
    return {"cutoff": backtest.get("cutoff"), "until": backtest.get("until"), "parts": parts}


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


@cache
def _template() -> Template:
    return environment(STATIC).get_template("day.html")
