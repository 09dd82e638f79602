"""Pictures of a model: reliability, payment curves, differences and sums. One function a figure, for runs and notebooks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import polars as pl

from riskpay.reporting.wording import percent, points

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

INK, MODEL, NAIVE, GRID, CAME = "#1f2933", "#0b6e99", "#9aa5b1", "#e4e7eb", "#c2410c"
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


def add_differences(figure: go.Figure, found: pl.DataFrame, name: str, colour: str, **more: object) -> None:
    """Add a dot and its bar for each row of ``found``: label, change (null: none is drawn), low and high.

    ``more``: what else the trace is told, such as row and col of a figure of several.
    """
    x = found["change"]
    bars = {"array": found["high"] - x, "arrayminus": x - found["low"], "thickness": 1.5}
    marker = {"color": colour, "size": 9}
    figure.add_scatter(x=x, y=found["label"], error_x=bars, mode="markers", marker=marker, name=name, **more)


def add_told_apart(figure: go.Figure, found: pl.DataFrame, **more: object) -> None:
    """Add differences of which less is better, by whether their bars tell better from worse; as ``add_differences``."""
    better, worse = pl.col("high") < 0, pl.col("low") > 0
    for name, which, colour in (
        ("better", better, MODEL),
        ("cannot be told", ~better & ~worse, NAIVE),
        ("worse", worse, CAME),
    ):
        of_them = found.with_columns(change=pl.when(which).then("change"))
        add_differences(figure, of_them, name, colour, legendgroup=name, **more)


def sum_figure(
    first: tuple[str, float], parts: Sequence[Mapping[str, Any]], last: tuple[str, float], title: str
) -> go.Figure:
    """A chance as a sum: where it begins, what each part adds (text, points), and what comes out."""
    told = [(first[0], percent(first[1])), *((part["text"], points(part["points"])) for part in parts)]
    told.append((last[0], percent(last[1])))
    bars = go.Waterfall(
        orientation="h",
        measure=["absolute", *["relative"] * len(parts), "total"],
        x=[first[1], *(part["points"] for part in parts), 0],
        y=[name for name, _ in told],
        text=[text for _, text in told],
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": CAME}},
        decreasing={"marker": {"color": MODEL}},
        totals={"marker": {"color": NAIVE}},
        connector={"line": {"color": GRID}},
    )
    figure = dressed(go.Figure(bars), title)
    figure.update_xaxes(tickformat=".0%", zeroline=False)
    return figure.update_yaxes(showgrid=False, autorange="reversed", automargin=True)


def dressed(figure: go.Figure, title: str, x: str = "", y: str = "") -> go.Figure:
    """``figure`` in the looks of all: its title, what its axes show, colours, letters, the legend above."""
    figure.update_layout(
        title=title,
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "color": INK},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    figure.update_xaxes(title=x, gridcolor=GRID)
    figure.update_yaxes(title=y, gridcolor=GRID)
    return figure


def _blank(title: str, x: str, y: str) -> go.Figure:
    return dressed(go.Figure(), title, x, y).update_layout(legend={"y": -0.2, "yanchor": "top"})
