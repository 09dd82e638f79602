"""How the value of a feature is said, and how features of one phrase stand together."""

from collections.abc import Sequence

from riskpay.dates import WEEKDAYS
from riskpay.features.catalogue import Feature


def said(feature: Feature, value: object) -> str:
    """The value of a feature in plain words; "not known" for null."""
    if not isinstance(value, int | float):
        return "not known"
    if feature.unit == "yes or no":
        return "yes" if value else "no"
    if feature.unit == "share":
        return f"{100 * value:.0f} %"
    if feature.unit.startswith("log10"):
        return f"{10**value:,.0f}" if feature.unit == "log10 money" else f"{10**value:.1f} times"
    if feature.unit == "0 = Monday":
        return WEEKDAYS[int(value)]
    if feature.unit == "day":
        return f"day {value:.0f}"
    return _counted(value, feature.unit)


def _counted(value: float, unit: str) -> str:
    """A number with its unit, of which there may be one: 1 day, 2 days, 0.4 spreads."""
    whole = round(value, 1) if unit == "spreads" else round(value)
    return f"{whole:g} {unit.removesuffix('s') if whole == 1 else unit}"


def by_phrase(read: Sequence[Feature]) -> dict[str, list[int]]:
    """The places in ``read`` of the features of each phrase, phrases in the order in which they first stand there."""
    groups: dict[str, list[int]] = {}
    for number, feature in enumerate(read):
        groups.setdefault(feature.phrase, []).append(number)
    return groups
