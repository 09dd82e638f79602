"""Monitoring as one page that can be kept, sent and printed: status, checks, plots. It holds what it needs itself."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final

import plotly.graph_objects as go
from jinja2 import Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from riskpay.reporting import monitor_figures as figures
from riskpay.reporting.monitor_checks import FEATURE, shown
from riskpay.reporting.pages import STATIC, environment

GROUPS: Final = {
    "data": "Does data come",
    "drift": "Does it look as it did",
    "answers": "Are answers as good as in the test",
    "calibration": "Does what is told happen",
}
_CONFIG: Final = {"responsive": True, "displayModeBar": False, "scrollZoom": False}


def render(result: Mapping[str, Any]) -> str:
    """One HTML page of the JSON of a monitor's result, Plotly's script in it, nothing loaded from elsewhere."""
    checks = shown(result)
    groups = {title: [c for c in checks if c["name"].split(".")[0] == key] for key, title in GROUPS.items()}
    return _template().render(
        result=result,
        as_of=date.fromisoformat(result["as_of"]),
        wanted=[c for c in checks if c["status"] in ("alarm", "warn")],
        groups={title: found for title, found in groups.items() if found},
        plots=_plots(result),
        script=Markup(get_plotlyjs()),  # noqa: S704 - Plotly's own script, from its wheel
    )


def _plots(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Titles, notes and figures of what there is to draw."""
    series, found = result["series"], list[dict[str, Any]]()
    if len(series.get("weeks", ())) > 1:
        found.append(
            _plot("Invoices and payments a week", "Weeks end on the day looked from.", figures.volume(series["weeks"]))
        )
    months = series.get("by_month", {})
    if months.get("late"):
        note = "By month of the answer. Bars are two standard errors, whole customers taken as one."
        found.append(_plot("Late: told and happened", note, figures.calibration(months["late"])))
    if series.get("by_week", {}).get("late"):
        note = "Mean squared error of the chances, lower is better."
        found.append(_plot("Late: Brier score", note, figures.loss(series["by_week"]["late"], _tested(result))))
    if months.get("unpaid_30"):
        note = "Chance of being unpaid 30 days after the answer."
        found.append(_plot("Unpaid in 30 days: told and happened", note, figures.calibration(months["unpaid_30"])))
    return found + _drift(result)


def _drift(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    moved, found = result["series"].get("moved", {}), list[dict[str, Any]]()
    features = [one for one in moved.get("at_issue", ()) if one["column"] != "p_late"]
    for population, column, title in (
        ("at_issue", "p_late", "Chance of being late, at issue"),
        ("later", "p_unpaid_30", "Unpaid in 30 days, open items"),
    ):
        one = next((one for one in moved.get(population, ()) if one["column"] == column), None)
        if one:
            note = "Tenths of the answers in training, lowest first; a flat row of bars is no change."
            found.append(_plot(title, note, figures.spread(one, "tenth of the answers in training")))
    if features:
        bound = next(c["threshold"] for c in result["checks"] if c["name"].startswith(FEATURE))
        note = (
            "Items issued in the last four weeks against what the model was trained on. A mark is how far four weeks "
            "usually lay from what came before them: only a dot to the right of its mark counts."
        )
        found.append({**_plot("Features that moved most", note, figures.features(features, **bound)), "wide": True})
    return found


def _tested(result: Mapping[str, Any]) -> float | None:
    """The Brier score of the test in training: the one found less the loss against it."""
    check = next((c for c in result["checks"] if c["name"] == "answers.late.brier"), None)
    if not check or check["value"] is None:
        return None
    return float(check["measures"]["brier"]["value"]) - float(check["value"])


def _plot(title: str, note: str, figure: go.Figure) -> dict[str, Any]:
    html = figure.to_html(full_html=False, include_plotlyjs=False, config=_CONFIG, default_width="100%")
    return {"title": title, "note": note, "html": Markup(html), "wide": False}  # noqa: S704 - made by Plotly of our own figures


@cache
def _template() -> Template:
    return environment(STATIC).get_template("monitor.html")
