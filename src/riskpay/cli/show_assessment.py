"""A whole assessment in the terminal: the open book, money, capacity, days, and parts."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.text import Text

from riskpay.cli.grids import grid
from riskpay.reporting.wording import words

_RULES: Final = ("naive_ratio", "naive_mean", "naive_constant")
_ORDERS: Final = ("model", "naive_ratio", "naive_mean", "largest", "best")
_YES_NO: Final = {"true": "yes", "false": "no"}
_NOTE: Final = (
    "Less: the model less the naive rule in Brier, ten-thousandths, with its 95 % interval by drawing customers; below 0 the "
    "model is better. Money counts each item by its open amount in {reporting}{unrated}. Outcomes are known until {known_until}."
)


def assessment_parts(result: Mapping[str, Any]) -> list[object]:
    """Tables of an assessment; nothing if none was asked for."""
    if "assessment_basis" not in result:
        return []
    basis = result["assessment_basis"]
    asked = f"{basis['asked']} open items on {len(basis['mondays'])} Mondays"
    if basis["asked"] < basis["open_items"]:
        asked += f", every so many of {basis['open_items']}"
    return [
        *_judged("At issue", result["at_issue"]),
        *_judged(f"Not yet due ({asked})", result["snapshots"]["not_due"]),
        *_judged("Overdue", result["snapshots"]["overdue"]),
        *_days_late(result["days_late"]),
        *_capacity(result["capacity"]),
        *_effective(result["effective"]),
        *(part for name, found in result["slices"].items() for part in _slices(name, found)),
        Text(_note(basis), style="dim"),
    ]


def _note(basis: Mapping[str, Any]) -> str:
    unrated = f" (one for one where there is no rate: {basis['without_rate']} items)" if basis["without_rate"] else ""
    return _NOTE.format(reporting=basis["reporting"], known_until=basis["known_until"], unrated=unrated)


def _judged(title: str, found: Mapping[str, Any]) -> list[object]:
    heads = ("", "n>", "share>", "told>", "ROC-AUC>", "Brier>", "ECE>", "of money>", "told>", "Brier>")
    keys = ("n", "base_rate", "mean_p", "roc_auc", "brier", "ece", "amount_base_rate", "amount_mean_p", "amount_brier")
    rows = ([words(target), *(_figure(told["model"][key]) for key in keys)] for target, told in found.items())
    pairs = (
        [words(t), *(cell for rule in _RULES for cell in _change(told["less"][rule]["brier"]))]
        for t, told in found.items()
    )
    ends = [head for rule in _RULES for head in (f"{rule.removeprefix('naive_')}>", "95 %>")]
    return ["", grid(title, heads, rows), grid("", ("less than naive", *ends), pairs)]


def _days_late(found: Mapping[str, Any]) -> Iterator[object]:
    heads = ("", "n>", "left out>", "", "median off by>", "p10>", "p50>", "p90>", "in p10-p90>")
    rows = []
    for situation, told in found.items():
        counts = (words(situation), told["n"], told["unpaid"] + told["otherwise"])
        predictors = [who for who, measures in told.items() if isinstance(measures, Mapping) and "mae" in measures]
        for who in predictors:
            measures = told[who]
            losses = (_figure(measures.get(f"pinball_{share}"), 2) for share in (10, 50, 90))
            first = counts if who == "model" else ("", "", "")
            rows.append(
                [*first, words(who), _figure(measures["mae"], 2), *losses, _figure(measures.get("within_p10_p90"), 2)]
            )
    yield ""
    yield grid(
        "Days late of items that paid: mean error of the median, pinball loss of the quantiles (days)", heads, rows
    )


def _capacity(found: Mapping[str, Any]) -> Iterator[object]:
    heads = ("", "order", "first 50>", "first 5 %>", "money in 10 %>", "in 20 %>")
    keys = ("precision_50", "precision_5pct", "captured_10", "captured_20")
    rows = []
    for name, told in found.items():
        orders = [who for who in _ORDERS if who in told]
        for number, who in enumerate(orders):
            rows.append([_place(name) if number == 0 else "", words(who), *(_figure(told[who][key]) for key in keys)])
    yield ""
    yield grid(
        "At capacity: share that comes true among the first of each day, and share of the money found", heads, rows
    )


def _effective(found: Mapping[str, Any]) -> Iterator[object]:
    heads = ("late by", "", "n>", "share>", "told>", "ROC-AUC>", "Brier>", "ECE>")
    keys = ("n", "base_rate", "mean_p", "roc_auc", "brier", "ece")
    names = {"raw": "due date as written", "effective": "effective due date"}
    rows = [
        [names[kind] if who == "model" else "", words(who), *(_figure(told[who][key]) for key in keys)]
        for kind, told in found.items()
        for who in ("model", "p_late", "naive_ratio")
        if who in told
    ]
    yield ""
    yield grid("The due date as written, and rolled off weekends and holidays", heads, rows)


def _slices(name: str, found: Mapping[str, Any]) -> Iterator[object]:
    heads = ("", "", "n>", "share>", "told>", "ROC-AUC>", "Brier>", "less>", "95 %>")
    keys = ("n", "base_rate", "mean_p", "roc_auc", "brier")
    rows = [
        [
            column if number == 0 else "",
            _YES_NO.get(value, words(value)),
            *(_figure(part[key]) for key in keys),
            *_change(part["brier_less_naive_ratio"]),
        ]
        for column, parts in found.items()
        for number, (value, part) in enumerate(parts.items())
    ]
    yield ""
    yield grid(f"By part, {_place(name)}", heads, rows)


def _place(name: str) -> str:
    situation, _, target = name.partition(".")
    return f"{words(situation)}, {words(target)}"


def _change(found: Mapping[str, float | None]) -> tuple[str, str]:
    """A difference in ten-thousandths, and its interval."""
    ends = "" if found["low"] is None else f"{_points(found['low'])} to {_points(found['high'])}"
    return _points(found["change"]), ends


def _points(value: float | None) -> str:
    return "" if value is None else f"{1e4 * value:+.0f}"


def _figure(value: object, digits: int = 4) -> str:
    if isinstance(value, float):
        return f"{value:.{digits}f}"
    return "" if value is None else str(value)
