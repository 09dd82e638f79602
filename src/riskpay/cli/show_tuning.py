"""Settings that were tried, in the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.text import Text

from riskpay.cli.grids import grid

_SHOWN: Final = 15
_HEADS: Final = ("trial>", "log loss>", "change>", "95 %>", "Brier, late>", "Brier, late_30>")
_NOTE: Final = (
    "Changes in ten-thousandths, against the defaults on the same items: below 0 is better. 95 % by drawing customers; "
    '"another seed" shows what chance in training changes. The best of many trials looks better than it is.'
)


def tuning_parts(result: Mapping[str, Any], *, asked_to_apply: bool) -> list[object]:
    """The best trials, best first, beside the defaults and another seed; the best one's settings; what was written."""
    first, last = result["folds"][0]["cutoff"], result["folds"][-1]["until"]
    tried = [trial for trial in result["trials"] if trial["log_loss"] is not None]
    stopped = len(result["trials"]) - len(tried)
    title = f"{len(tried) - 1} trials on items issued from {first} to {last}, {stopped} more stopped early"
    table = grid(title, _HEADS, _rows(result, tried))
    return [table, Text(_NOTE, style="dim"), *_settings(result, tried), "", Text(_outcome(result, asked_to_apply))]


def _rows(result: Mapping[str, Any], tried: list[Mapping[str, Any]]) -> Iterator[list[str]]:
    ordered = sorted(tried, key=lambda trial: (trial["log_loss"], trial["number"]))
    for trial in [trial for place, trial in enumerate(ordered) if place < _SHOWN or "changes" not in trial]:
        changed = _changes(trial["changes"]) if "changes" in trial else ["the defaults"]
        yield [str(trial["number"]), f"{trial['log_loss']:.4f}", *changed]
    yield ["another seed", "", *_changes(result["another_seed"])]


def _settings(result: Mapping[str, Any], tried: list[Mapping[str, Any]]) -> Iterator[object]:
    """What the best trial sets otherwise than the defaults."""
    best = next(trial["settings"] for trial in tried if trial["number"] == result["best"])
    base = next(trial["settings"] for trial in tried if "changes" not in trial)
    rows = [(key, base[key], value) for key, value in best.items() if value != base[key]]
    if rows:
        yield from ("", grid(f"Settings of trial {result['best']}", ("", "default>", "tried>"), rows))


def _changes(found: Mapping[str, Any]) -> list[str]:
    loss = found["log_loss"]
    ends = "" if loss["low"] is None else f"{_points(loss['low'])} to {_points(loss['high'])}"
    return [
        _points(loss["change"]),
        ends,
        _points(found["brier_late"]["change"]),
        _points(found["brier_late_30"]["change"]),
    ]


def _points(value: float | None) -> str:
    return "" if value is None else f"{1e4 * value:+.1f}"


def _outcome(result: Mapping[str, Any], asked_to_apply: bool) -> str:
    best = f"trial {result['best']}"
    if result["applied"]:
        said = (f"{key} {change['from']} -> {change['to']}" for key, change in result["applied"].items())
        return f"Written to training.toml: {', '.join(said)}. `riskpay train` uses it."
    if result["applied"] is not None:
        return "training.toml says this already."
    if not result["beyond_chance"]:
        return f"Nothing is better than the defaults beyond chance (best: {best})." + (
            " Nothing was written." if asked_to_apply else ""
        )
    return f"Best: {best}. `riskpay tune --trials 0 --apply` writes it to training.toml."
