"""Panels drawn as SVG: text that Markdown pages can show and that a repository can keep.

Plotly cannot write SVG without a browser, and its pages are a megabyte each; these are a few thousand characters.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from riskpay.reporting.figures import CAME, GRID, INK, MODEL, NAIVE
from riskpay.reporting.panels import Line, Panel, Panels, Role

_SIDE, _LEFT, _TOP, _RIGHT, _BOTTOM = 190, 60, 34, 22, 44
"""Length of an axis, and the room around it, in pixels."""
_WIDTH, _HEIGHT = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM
_HEAD, _FOOT = 34, 30
_LOOK: Final[dict[Role, str]] = {
    "model": f'stroke="{MODEL}" stroke-width="2.2"',
    "naive": f'stroke="{NAIVE}" stroke-width="1.4"',
    "came": f'stroke="{CAME}" stroke-width="1.4"',
    "guide": f'stroke="{NAIVE}" stroke-width="1" stroke-dasharray="2 3"',
}
_FONT: Final = "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\""


def svg(picture: Panels) -> str:
    """The picture as an SVG document, white behind so that it can be read on dark pages too."""
    rows = -(-len(picture.panels) // picture.columns)
    width, height = _WIDTH * picture.columns, _HEAD + _HEIGHT * rows + _FOOT
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT} font-size="11" fill="{INK}">',
        f"<title>{escape(picture.title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="12" y="22" font-size="15" font-weight="600">{escape(picture.title)}</text>',
    ]
    for place, panel in enumerate(picture.panels):
        x, y = place % picture.columns * _WIDTH + _LEFT, _HEAD + place // picture.columns * _HEIGHT + _TOP
        names = (picture.x, picture.y if place % picture.columns == 0 else "")
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel, *names), "</g>"]
    return "\n".join([*parts, *_legend(picture, height - 12), "</svg>"]) + "\n"


def _panel(panel: Panel, x_name: str, y_name: str) -> Iterator[str]:
    yield f'<text x="{_SIDE / 2:g}" y="-12" text-anchor="middle" font-weight="600">{escape(panel.title)}</text>'
    for place, text in panel.x_ticks:
        x = _SIDE * place / panel.x_top
        yield f'<path d="M{x:.1f} 0V{_SIDE}" stroke="{GRID}"/>'
        yield f'<text x="{x:.1f}" y="{_SIDE + 15}" text-anchor="middle">{escape(text)}</text>'
    for place, text in panel.y_ticks:
        y = _SIDE * (1 - place / panel.y_top)
        yield f'<path d="M0 {y:.1f}H{_SIDE}" stroke="{GRID}"/>'
        yield f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>'
    yield f'<text x="{_SIDE / 2:g}" y="{_SIDE + 32}" text-anchor="middle" fill="#52606d">{escape(x_name)}</text>'
    if y_name:
        middle = f'x="{-_SIDE / 2:g}" y="-46" transform="rotate(-90)" text-anchor="middle"'
        yield f'<text {middle} fill="#52606d">{escape(y_name)}</text>'
    for line in panel.lines:
        yield from _line(line, panel)


def _line(line: Line, panel: Panel) -> Iterator[str]:
    points = [(_SIDE * x / panel.x_top, _SIDE * (1 - y / panel.y_top)) for x, y in zip(line.x, line.y, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke-linejoin="round" {_LOOK[line.role]}/>'
    for (x, y), half in zip(points, line.error, strict=False):
        reach = _SIDE * half / panel.y_top
        yield f'<path d="M{x:.1f} {max(0.0, y - reach):.1f}V{min(_SIDE, y + reach):.1f}" stroke="{MODEL}"/>'


def _legend(picture: Panels, y: int) -> Iterator[str]:
    """Every name once, in the order in which it is drawn."""
    names = {line.name: line.role for panel in picture.panels for line in panel.lines}
    x = _LEFT
    for name, role in names.items():
        yield f'<path d="M{x} {y - 4}h22" {_LOOK[role]}/>'
        yield f'<text x="{x + 28}" y="{y}">{escape(name)}</text>'
        x += 46 + 7 * len(name)
