"""The checks of the monitor in the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.text import Text

from riskpay.cli.grids import grid
from riskpay.reporting.monitor_checks import shown
from riskpay.reporting.wording import check_name, check_status

_STYLES: Final = {"alarm": "bold red", "warn": "yellow"}


def monitor_parts(result: Mapping[str, Any]) -> list[object]:
    """The status, a table of checks, and what to do next about those that are not in order."""
    status = Text(
        f"{check_status(result['status'])}, as of {result['as_of']}", style=_STYLES.get(result["status"], "bold")
    )
    checks = shown(result)
    rows = ((check_name(c["name"]), check_status(c["status"]), *_against(c), c["said"]) for c in checks)
    return [status, *_about(result), grid("", ("check", "status", "value>", "alarm>", "found"), rows), *_next(checks)]


def _about(result: Mapping[str, Any]) -> Iterator[Text]:
    if result["model_version"]:
        yield Text(f"Model {result['model_version']}, trained as of {result['train_as_of']}.", style="dim")
        yield Text(f"Answers: {result['basis']}.", style="dim")


def _against(check: Mapping[str, Any]) -> tuple[str, str]:
    value, bound = check["value"], check["threshold"]
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip("."), f"{bound['alarm']:g}" if bound else ""


def _next(checks: list[Mapping[str, Any]]) -> Iterator[Text]:
    """What to do, each thing once, with the checks that ask for it."""
    wanted: dict[str, list[str]] = {}
    for check in checks:
        if check["next"]:
            wanted.setdefault(check["next"], []).append(check_name(check["name"]))
    for step, names in wanted.items():
        yield Text(f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}: {step}.")
