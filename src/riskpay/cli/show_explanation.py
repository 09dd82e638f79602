"""One invoice in the terminal: its chances, its curve, the reasons and the facts they come from."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from riskpay.cli.grids import grid
from riskpay.cli.show_changes import change_parts, sum_parts
from riskpay.cli.show_figures import plain_value
from riskpay.reporting.wording import day, percent, words

_CHANCES: Final = {
    "p_late": "paid late",
    "p_unpaid_7": "unpaid in 7 days",
    "p_unpaid_30": "unpaid in 30 days",
    "p_unpaid_90": "unpaid in 90 days",
}
_DAYS: Final = {"p10": "one in ten is paid by", "p50": "half are paid by", "p90": "nine in ten are paid by"}
_APART: Final = {*_CHANCES, *(f"{name}_band" for name in _CHANCES), "pay_date", "pay_between", "curve", "abstains"}


def explain_parts(result: Mapping[str, Any]) -> list[object]:
    """An invoice's risk, its curve at some days, the reasons and the features used."""
    risk = result["late_risk"]
    curve = ((f"after {point['day']} days", percent(point["p_unpaid"])) for point in risk.get("curve", ()))
    reasons = ((reason["text"], f"{reason['weight']:+.2f}") for reason in result["reasons"])
    features = (
        (name, f"{v:.4g}" if isinstance(v, float) else plain_value(v)) for name, v in result["features"].items()
    )
    title = f"Invoice {result.get('invoice_id', '')} at the end of {result.get('as_of', '')}"
    return [
        grid(title, ("", ">"), _risk_rows(risk)),
        grid("Still unpaid, under usual effort", ("", ">"), curve),
        grid("Why", ("reason", "weight>"), reasons),
        *sum_parts(result),
        *change_parts(result.get("changes")),
        grid("History used", ("feature", "value>"), features),
    ]


def _risk_rows(risk: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, text in _CHANCES.items():
        if name in risk:
            yield text, _chance(risk[name], risk.get(f"{name}_band"))
    if risk.get("abstains"):
        yield "not sure", "the bands are wider than the policy allows"
    for name, text in _DAYS.items():
        if name in risk.get("pay_date", {}):
            yield text, day(risk["pay_date"][name]) or "not known"
    if between := risk.get("pay_between"):
        ends = " to ".join(day(between[end]) or "not known" for end in ("first", "last"))
        yield f"paid between, {percent(between['share'])} sure", ends
    for name, value in risk.items():
        if name not in _APART and value is not None:
            yield words(name), plain_value(value)


def _chance(chance: float | None, band: Mapping[str, float] | None) -> str:
    if chance is None or band is None:
        return percent(chance) or "not known"
    return f"{percent(chance)} ({percent(band['low'])} to {percent(band['high'])})"
