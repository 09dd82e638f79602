"""Pictures of a model: reliability, lift and payment curves. One function a figure, for pages, runs and notebooks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

INK, MODEL, NAIVE, GRID = "#1f2933", "#0b6e99", "#9aa5b1", "#e4e7eb"
_BINS = 10


def reliability(happened: BoolArray, predictions: dict[str, FloatArray], title: str) -> go.Figure:
    """Predicted against observed share over ten bins of equal count, a line a predictor.

    Points on the diagonal are what a calibrated predictor gives; bars show two standard errors.
    """
    figure = _blank(title, "predicted probability", "observed share")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": NAIVE, "dash": "dot"}, name="calibrated")
    for number, (name, p) in enumerate(predictions.items()):
        parts = [part for part in np.array_split(np.argsort(p, kind="stable"), _BINS) if len(part)]
        seen = np.array([happened[part].mean() for part in parts])
        error = 2 * np.sqrt(seen * (1 - seen) / [len(part) for part in parts])
        figure.add_scatter(
            x=[p[part].mean() for part in parts],
            y=seen,
            error_y={"array": error, "thickness": 1},
            mode="lines+markers",
            line={"color": MODEL if number == 0 else NAIVE},
            name=name.replace("_", " "),
        )
    return figure


def lift(happened: BoolArray, predictions: dict[str, FloatArray], title: str) -> go.Figure:
    """Share of all events found in the first share of questions, ordered by predicted probability."""
    figure = _blank(title, "share of items looked at", "share of late items found")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": NAIVE, "dash": "dot"}, name="by chance")
    events = max(1, int(happened.sum()))
    x = np.linspace(0, 1, 101)
    for number, (name, p) in enumerate(predictions.items()):
        found = np.concatenate([[0.0], np.cumsum(happened[np.argsort(-p, kind="stable")]) / events])
        y = found[np.round(x * len(happened)).astype(int)]
        colour = MODEL if number == 0 else NAIVE
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": colour}, name=name.replace("_", " "))
    return figure


def payment_curves(unpaid: dict[str, npt.NDArray[np.float32]], title: str) -> go.Figure:
    """Mean payment curve of each group of items, in days from as_of. ``unpaid``: (items, days) by group."""
    figure = _blank(title, "days from today", "share still unpaid, under usual effort")
    for name, matrix in unpaid.items():
        if len(matrix):
            figure.add_scatter(y=matrix.mean(axis=0), mode="lines", name=f"{name} ({len(matrix)} items)")
    figure.update_yaxes(range=[0, 1.02])
    return figure


def importance_figures(looks_at: Mapping[str, Any]) -> dict[str, go.Figure]:
    """A picture a figure (p_late, p_unpaid_30) of how far families and phrases move it, by file name.

    ``looks_at``: as ``Importance.to_json`` gives it.
    """
    return {f"importance_{figure}": _importance(figure, told) for figure, told in looks_at.items()}


def _importance(name: str, told: Mapping[str, Any]) -> go.Figure:
    title = f"What moves {name}: mean of {told['questions']} questions, absolute"
    figure = _blank(title, "points of probability", "")
    families = {f"all of family {one['family']}": one["mean_abs"] for one in reversed(told["families"])}
    phrases = {one["phrase"]: one["mean_abs"] for one in reversed(told["phrases"])}
    for bars, colour, legend in ((phrases, NAIVE, "phrase"), (families, MODEL, "family")):
        x = [100 * value for value in bars.values()]
        figure.add_bar(x=x, y=list(bars), orientation="h", marker={"color": colour}, name=legend)
    figure.update_layout(height=140 + 22 * (len(families) + len(phrases)), margin={"l": 380})
    return figure


def _blank(title: str, x: str, y: str) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        title=title,
        xaxis_title=x,
        yaxis_title=y,
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "color": INK},
        legend={"orientation": "h", "y": -0.2},
    )
    figure.update_xaxes(gridcolor=GRID)
    figure.update_yaxes(gridcolor=GRID)
    return figure
