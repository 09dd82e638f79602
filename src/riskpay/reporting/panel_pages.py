"""Panels drawn by Plotly, for runs, pages and notebooks."""

from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from riskpay.reporting.figures import CAME, GRID, INK, MODEL, NAIVE
from riskpay.reporting.panels import Panels, Role, Ticks

_STYLE: Final[dict[Role, dict[str, object]]] = {
    "model": {"color": MODEL, "width": 2.5},
    "naive": {"color": NAIVE, "width": 1.5},
    "came": {"color": CAME, "width": 1.5},
    "guide": {"color": NAIVE, "width": 1, "dash": "dot"},
}
_HEIGHT: Final = 320
_WIDTH: Final = 320


def page(picture: Panels) -> go.Figure:
    """The picture as a figure of Plotly."""
    columns = picture.columns
    rows = -(-len(picture.panels) // columns)
    gap = 0.3 / rows
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[panel.title for panel in picture.panels],
        horizontal_spacing=0.22 / columns,
        vertical_spacing=gap if rows > 1 else 0,
    )
    told: set[str] = set()
    for place, panel in enumerate(picture.panels):
        at = {"row": place // columns + 1, "col": place % columns + 1}
        for line in panel.lines:
            figure.add_scatter(
                x=line.x,
                y=line.y,
                error_y={"array": line.error, "thickness": 1, "width": 2} if line.error else None,
                mode="lines" if line.role == "guide" or len(line.x) > len(_MARKED) else "lines+markers",
                marker={"size": 5},
                line=_STYLE[line.role],
                name=line.name,
                legendgroup=line.name,
                showlegend=line.name not in told,
                **at,
            )
            told.add(line.name)
        figure.update_xaxes(**_axis(panel.x_top, panel.x_ticks), title=picture.x, **at)
        figure.update_yaxes(**_axis(panel.y_top, panel.y_ticks), **at)
        if at["col"] == 1:
            figure.update_yaxes(title=picture.y, **at)
    return _laid_out(figure, picture, rows, columns)


def _axis(top: float, ticks: Ticks) -> dict[str, object]:
    places = {"tickvals": [place for place, _ in ticks], "ticktext": [text for _, text in ticks]}
    return {"range": [-0.04 * top, 1.04 * top], **places}


_MARKED: Final = range(14)
"""Lines of more points than this carry no markers."""


def _laid_out(figure: go.Figure, picture: Panels, rows: int, columns: int) -> go.Figure:
    figure.update_layout(
        title={"text": picture.title, "x": 0.01, "xanchor": "left"},
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "color": INK, "size": 12},
        legend={"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom", "x": 0},
        width=_WIDTH * columns + 80,
        height=_HEIGHT * rows + 110,
        margin={"l": 60, "r": 20, "t": 90, "b": 90},
    )
    figure.update_annotations(font_size=12)
    figure.update_xaxes(gridcolor=GRID, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, zeroline=False)
    return figure
