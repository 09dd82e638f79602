"""What each group of features adds, in the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.text import Text

from riskpay.cli.grids import grid

_HEADS: Final = ("without", "read>", "Brier>", "95 %>", "log loss>", "ROC-AUC>", "test: Brier>", "95 %>")
_NOTE: Final = (
    "Changes in ten-thousandths, without the features less with them: above 0 in Brier and log loss, below 0 in "
    'ROC-AUC, they help. 95 % by drawing customers; "another seed" shows what chance in training changes. '
    "Choose by the columns from before the cutoff; those of the test are not for choosing, as a test by which "
    "something was chosen tests it no longer."
)


def ablation_parts(result: Mapping[str, Any]) -> list[object]:
    """A table a target with a row for each group left out; nothing if no ablation was asked for."""
    if "ablation" not in result:
        return []
    parts: list[object] = []
    for target in result["ablation_basis"]["full"]["validation"]:
        parts += ["", grid(_title(target, result), _HEADS, _rows(target, result))]
    return [*parts, Text(_NOTE, style="dim")]


def _title(target: str, result: Mapping[str, Any]) -> str:
    windows = [window for window in result["ablation_basis"]["windows"] if window["use"] == "validation"]
    asked = sum(window["n"][target] for window in windows)
    return f"What features add to {target}: {asked} items issued from {windows[0]['cutoff']} to {windows[-1]['until']}"


def _rows(target: str, result: Mapping[str, Any]) -> Iterator[list[str]]:
    for found in result["ablation"]:
        yield [found["feature"] or found["family"], str(found["read"]), *_changes(found, target)]
    yield ["another seed", "", *_changes(result["ablation_basis"]["another_seed"], target)]


def _changes(found: Mapping[str, Any], target: str) -> list[str]:
    before, after = found["validation"][target], found["test"][target]
    return [
        *_with_interval(before["brier"]),
        _points(before["log_loss"]["change"]),
        _points(before["roc_auc"]["change"]),
        *_with_interval(after["brier"]),
    ]


def _with_interval(change: Mapping[str, float | None]) -> list[str]:
    ends = f"{_points(change['low'])} to {_points(change['high'])}" if change["low"] is not None else ""
    return [_points(change["change"]), ends]


def _points(value: float | None) -> str:
    return "" if value is None else f"{1e4 * value:+.1f}"
