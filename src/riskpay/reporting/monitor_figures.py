"""Pictures of monitoring, from the JSON of its result. One function a figure, for the page and for notebooks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

INK, NOW, BEFORE, GRID = "#1b1f23", "#0b5a56", "#aab4bd", "#e4e7eb"
WARN, ALARM = "#c2670b", "#9a1b1b"
SHOWN: Final = 15
"""Features in the list of those that moved most."""

_HEIGHT: Final = 300
_ROW: Final = 24
_ERRORS: Final = 2
_LEAST: Final = 0.01
"""Smaller indexes are drawn as this: a logarithmic axis has no 0."""


def volume(weeks: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Invoices and payments by week, oldest first."""
    figure = _blank("", "a week")
    days = [week["from"] for week in weeks]
    for name, colour in (("invoices", NOW), ("payments", WARN)):
        figure.add_scatter(
            x=days,
            y=[week[name] for week in weeks],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2},
        )
    figure.update_yaxes(rangemode="tozero")
    return figure


def calibration(months: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Share told and share that happened, by month of the answer; bars are two standard errors, by customer."""
    figure = _blank("", "share")
    days = [month["from"] for month in months]
    figure.add_scatter(
        x=days,
        y=[month["predicted"] for month in months],
        mode="lines+markers",
        name="told",
        line={"color": BEFORE, "width": 2},
    )
    errors = [_ERRORS * (month["gap"]["error"] or 0) for month in months]
    figure.add_scatter(
        x=days,
        y=[month["observed"] for month in months],
        error_y={"array": errors, "thickness": 1.2, "width": 3},
        mode="markers",
        name="happened",
        marker={"color": NOW, "size": 8},
    )
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(tickformat="%b\n%Y", dtick="M1" if len(days) < 7 else None)
    return figure


def loss(weeks: Sequence[Mapping[str, Any]], tested: float | None) -> go.Figure:
    """Brier score by week of the answer, and that of the test in training as a line."""
    figure = _blank("", "Brier score")
    figure.add_scatter(
        x=[week["from"] for week in weeks],
        y=[week["brier"]["value"] for week in weeks],
        error_y={"array": [_ERRORS * (week["brier"]["error"] or 0) for week in weeks], "thickness": 1.2, "width": 3},
        mode="lines+markers",
        name="by week of the answer",
        line={"color": NOW, "width": 2},
    )
    if tested is not None:
        figure.add_hline(
            y=tested, line={"color": INK, "dash": "dot", "width": 1.2}, showlegend=True, name="test in training"
        )
    figure.update_yaxes(rangemode="nonnegative")
    return figure


def spread(moved: Mapping[str, Any], what: str) -> go.Figure:
    """Shares of a column by bin of the reference, then and now; bin 0 is null and left out where it is empty."""
    figure = _blank(what, "share of questions")
    bins = [k for k in range(len(moved["before"])) if moved["before"][k] + moved["now"][k] > 0]
    names = ["not known" if k == 0 else str(n) for n, k in enumerate(bins, start=0 if bins and bins[0] == 0 else 1)]
    for side, label, colour in (("before", "in training", BEFORE), ("now", "last four weeks", NOW)):
        figure.add_bar(x=names, y=[moved[side][k] for k in bins], name=label, marker={"color": colour})
    figure.update_xaxes(type="category")
    figure.update_yaxes(tickformat=".0%")
    return figure


def features(moved: Sequence[Mapping[str, Any]], warn: float, alarm: float) -> go.Figure:
    """The features that moved most beyond what is usual: their index, how large it usually was, and the bounds.

    On a logarithmic axis: what grows by itself, such as a customer's age, has an index many times that of the others.
    """
    top = sorted(moved, key=lambda one: one["psi"] / max(one["usual"] or 0, warn), reverse=True)[:SHOWN][::-1]
    names = [one["column"].replace("_", " ") for one in top]
    figure = _blank("population stability index", "")
    figure.add_scatter(
        x=[one["usual"] for one in top],
        y=names,
        mode="markers",
        name="usually at most",
        marker={"color": INK, "symbol": "line-ns-open", "size": 14, "line": {"width": 2}},
    )
    figure.add_scatter(
        x=[max(one["psi"], _LEAST) for one in top],
        y=names,
        mode="markers",
        name="last four weeks",
        marker={"color": NOW, "size": 10},
    )
    for value, colour, name in ((warn, WARN, "warns"), (alarm, ALARM, "alarms")):
        figure.add_vline(x=value, line={"color": colour, "dash": "dot", "width": 1.2}, showlegend=True, name=name)
    ticks = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    figure.update_yaxes(automargin=True, tickfont={"size": 11}, type="category", range=[-0.7, len(top) - 0.3])
    figure.update_layout(height=150 + _ROW * len(top))
    return figure


def _blank(x: str, y: str) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        template="plotly_white",
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        font={"family": "system-ui, sans-serif", "color": INK, "size": 12},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": {"text": x}, "automargin": True, "gridcolor": GRID, "ticklabelstandoff": 6},
        yaxis={"title": {"text": y}, "automargin": True, "gridcolor": GRID},
        dragmode=False,
        hovermode="closest",
    )
    return figure
