"""Registered models in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from riskpay.cli.grids import grid

_HEADS = ("model>", "kind", "trained as of", "is", "gate", "tested from", "Brier>", "gain>")


def models_parts(found: Mapping[str, Any]) -> list[object]:
    """A row a version, why those did not pass or were withdrawn, and how the champion changed."""
    models, history = found["models"], found["history"]
    if not models:
        return ["No model is registered yet: riskpay train"]
    rows = (
        [
            one["version"],
            one["kind"],
            one["train_as_of"],
            _standing(one),
            one["verdict"] or "not asked",
            one["tested_from"] or "",
            _figure(one["brier"]),
            _figure(one["gain"]),
        ]
        for one in models
    )
    parts: list[object] = [grid("Models", _HEADS, rows)]
    parts += [Text(f"model {one['version']} {said}", style="dim") for one in models for said in _said(one)]
    changes = ([change["at"], change["version"], change["by"], change["reason"]] for change in history)
    return [*parts, *([grid("Champions", ("since", "model>", "by", "reason"), changes)] if history else [])]


def _standing(one: Mapping[str, Any]) -> str:
    if one["withdrawn"] is not None:
        return "withdrawn"
    return " ".join(one["aliases"]) or ("former" if one["promoted"] else "")


def _said(one: Mapping[str, Any]) -> list[str]:
    failed = [why for why in one["why"] if why.startswith("failed:")]
    taken = [f"was taken against the gate: {one['override']}"] if one["override"] is not None else []
    back = [f"was withdrawn: {one['withdrawn']}"] if one["withdrawn"] is not None else []
    return [*failed, *taken, *back]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
