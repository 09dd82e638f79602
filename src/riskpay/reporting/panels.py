"""Pictures of an assessment as plain values: small panels in a row, drawn as pages (Plotly) or as SVG in Markdown.

They are made from an assessment's JSON, so that a run and the model card, which keeps that JSON, show the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import floor, log10, sqrt
from typing import Any, Final, Literal

from riskpay.reporting.wording import words

Ticks = tuple[tuple[float, str], ...]
Role = Literal["model", "naive", "came", "guide"]
"""What a line stands for: the model, a naive rule, what came, or a line to read by."""

SITUATIONS: Final = {"at_issue": "at issue", "not_due": "not yet due", "overdue": "overdue"}
"""Situations of an assessment in words."""
_ASKED: Final = {"at_issue": "asked at issue", "not_due": "open and not yet due", "overdue": "open and overdue"}
TARGETS: Final = {
    "late": "late",
    "late_30": "over 30 days late",
    "late_60": "over 60 days late",
    "late_90": "over 90 days late",
    "unpaid_7": "unpaid in 7 days",
    "unpaid_30": "unpaid in 30 days",
    "unpaid_60": "unpaid in 60 days",
    "unpaid_90": "unpaid in 90 days",
}
_LAST: Final = 120.0
_DAYS: Final[Ticks] = tuple((float(day), str(day)) for day in range(0, 121, 30))


@dataclass(frozen=True)
class Line:
    """Points of one line; ``error``: half the length of a bar at each."""

    name: str
    role: Role
    x: tuple[float, ...]
    y: tuple[float, ...]
    error: tuple[float, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Lines over one pair of axes, both from 0; ticks are places on an axis and what is written there."""

    title: str
    lines: tuple[Line, ...]
    x_top: float
    y_top: float
    x_ticks: Ticks
    y_ticks: Ticks


@dataclass(frozen=True)
class Panels:
    """Panels of one picture, with the names of its axes."""

    title: str
    x: str
    y: str
    panels: tuple[Panel, ...]

    @property
    def columns(self) -> int:
        """Panels in a row: up to four side by side, more of them three by three."""
        return len(self.panels) if len(self.panels) <= 4 else 3


def pictures(found: Mapping[str, Any]) -> dict[str, Panels]:
    """Every picture of an assessment's JSON by file name."""
    by_situation = {f"reliability_{name}": _reliability(name, found) for name in SITUATIONS}
    named = {**by_situation, "lift": _lift(found), "curves": _curves(found), "drift": _drift(found)}
    return {name: picture for name, picture in named.items() if picture.panels}


def _reliability(situation: str, found: Mapping[str, Any]) -> Panels:
    told = {
        name: bins for name, bins in found["reliability"].items() if name.startswith(f"{situation}.") and bins["model"]
    }
    # Late targets on snapshots say much the same as at issue; there the curve's own days are shown.
    shown = {
        name: bins
        for name, bins in told.items()
        if situation == "at_issue" or ".unpaid_" in name or name.endswith(".late")
    }
    panels = tuple(_reliability_panel(TARGETS[name.partition(".")[2]], bins) for name, bins in shown.items())
    return Panels(f"Reliability: items {_ASKED[situation]}", "predicted", "happened", panels)


def _reliability_panel(title: str, told: Mapping[str, Any]) -> Panel:
    roles: dict[str, Role] = {"naive_ratio": "naive", "model": "model"}
    top = _top(max(b["mean_p"], b["observed"] + _error(b)) for bins in told.values() for b in bins)
    lines = [Line("calibrated", "guide", (0.0, top), (0.0, top))]
    for name, role in roles.items():
        bins = told[name]
        error = tuple(_error(b) for b in bins) if role == "model" else ()
        x, y = tuple(b["mean_p"] for b in bins), tuple(b["observed"] for b in bins)
        lines.append(Line(words(name), role, x, y, error))
    return Panel(title, tuple(lines), top, top, shares(top), shares(top))


def _error(found: Mapping[str, Any]) -> float:
    """Two standard errors of the share that a bin saw."""
    return 2 * sqrt(found["observed"] * (1 - found["observed"]) / found["n"])


def _lift(found: Mapping[str, Any]) -> Panels:
    panels = tuple(
        _lift_panel(_title(name), orders["money"]) for name, orders in found["lift"].items() if orders["money"]
    )
    return Panels("Money found, by share of items looked at", "items looked at", "money found", panels)


def _lift_panel(title: str, orders: Mapping[str, Any]) -> Panel:
    roles: dict[str, Role] = {"best": "came", "largest": "guide", "naive_ratio": "naive", "model": "model"}
    names = {"best": "best possible", "largest": "largest first"}
    steps = len(orders["model"]) - 1
    x = tuple(step / steps for step in range(steps + 1))
    lines = [Line(names.get(name, words(name)), role, x, tuple(orders[name])) for name, role in roles.items()]
    return Panel(title, tuple(lines), 1.0, 1.0, shares(1.0), shares(1.0))


def _curves(found: Mapping[str, Any]) -> Panels:
    panels = []
    for segment, curve in found["curves"].items():
        lines = [_curve_line("what came", "came", curve["observed"]), _curve_line("model", "model", curve["predicted"])]
        panels.append(Panel(f"{words(segment)} ({curve['n']:,})", tuple(lines), _LAST, 1.0, _DAYS, shares(1.0)))
    return Panels("Payment curve at issue, by segment", "days from issue", "still unpaid", tuple(panels))


def _curve_line(name: str, role: Role, shares: Mapping[str, float | None]) -> Line:
    there = {int(day): share for day, share in shares.items() if share is not None}
    return Line(name, role, tuple(map(float, there)), tuple(there.values()))


def _drift(found: Mapping[str, Any]) -> Panels:
    panels = tuple(_drift_panel(_title(name), weeks) for name, weeks in found["weeks"].items() if weeks)
    return Panels("Predicted and observed share, week by week", "week of the question", "share", panels)


def _drift_panel(title: str, weeks: list[Mapping[str, Any]]) -> Panel:
    x = tuple(map(float, range(len(weeks))))
    roles: dict[str, tuple[str, Role]] = {
        "base_rate": ("what came", "came"),
        "naive_ratio_mean_p": ("naive ratio", "naive"),
        "mean_p": ("model", "model"),
    }
    lines = tuple(Line(name, role, x, tuple(week[key] for week in weeks)) for key, (name, role) in roles.items())
    top = _top(share for line in lines for share in line.y)
    every = -(-len(weeks) // 4)
    ticks = tuple((float(n), _day(weeks[n]["week"])) for n in range(0, len(weeks), every))
    return Panel(title, lines, max(1.0, x[-1]), top, ticks, shares(top))


def _title(name: str) -> str:
    situation, _, target = name.partition(".")
    return f"{SITUATIONS[situation]}: {TARGETS[target]}"


def _top(found: Iterable[float]) -> float:
    """The end of an axis of shares: a little above the largest, at most 1."""
    return min(1.0, 1.1 * max(found)) or 1.0


def shares(top: float) -> Ticks:
    """Ticks of an axis of shares from 0 to ``top``: at most six, at round places, in percent."""
    size = 10.0 ** floor(log10(top))
    step = next(size * part for part in (0.2, 0.5, 1.0, 2.0) if top / (size * part) <= 5)
    digits = max(0, -floor(log10(step * 100)))
    return tuple((n * step, f"{100 * n * step:.{digits}f} %") for n in range(int(top / step * 1.0001) + 1))


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%b}"
