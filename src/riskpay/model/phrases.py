"""How the value of a feature is said, and how features of one phrase stand together."""

from collections.abc import Sequence
from typing import Final

from riskpay.dates import WEEKDAYS
from riskpay.features.catalogue import Feature

_FINE: Final = frozenset({"spreads", "log odds"})
"""Units whose tenths matter."""


def said(feature: Feature, value: object) -> str:
    """The value of a feature in plain words; "not known" for null."""
    if not isinstance(value, int | float):
        return "not known"
    match feature.unit:
        case "yes or no":
            text = "yes" if value else "no"
        case "share":
            text = f"{round(100 * value)} %"  # whole: never a zero with a sign
        case "log10 money":
            text = f"{10**value:,.0f}"
        case "log10 ratio":
            text = f"{10**value:.1f} times"
        case "0 = Monday":
            text = WEEKDAYS[int(value)]
        case "day":
            text = f"day {value:.0f}"
        case unit:
            text = _counted(value, unit)
    return text


def _counted(value: float, unit: str) -> str:
    """A number with its unit, of which there may be one: 1 day, 2 days, 0.4 spreads; never a zero with a sign."""
    whole = round(value, 1) + 0.0 if unit in _FINE else round(value)
    return f"{whole:g} {unit.removesuffix('s') if whole == 1 else unit}"


def by_phrase(read: Sequence[Feature]) -> dict[str, list[int]]:
    """The places in ``read`` of the features of each phrase, phrases in the order in which they first stand there."""
    groups: dict[str, list[int]] = {}
    for number, feature in enumerate(read):
        groups.setdefault(feature.phrase, []).append(number)
    return groups
