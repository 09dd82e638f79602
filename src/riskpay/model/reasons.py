"""Why the model thinks an item will be late: LightGBM's contributions, grouped to the catalogue's phrases."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from riskpay.dates import WEEKDAYS
from riskpay.features.catalogue import Feature
from riskpay.features.labels import intervals
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.groups import group_of
from riskpay.model.late_model import LateModel
from riskpay.model.risk import ItemKey, Reason
from riskpay.model.subset import blanked

SHOWN = 4
_LEAST = 0.02


def explain(model: LateModel, frame: pl.DataFrame, shown: int = SHOWN) -> dict[ItemKey, tuple[Reason, ...]]:
    """The strongest reasons of each item, strongest first, by item key.

    An item past the grid's last end has none: its curve no longer moves. ``frame`` as for ``LateModel.hazards``.
    Contributions (TreeSHAP, log-odds, slope of the calibration applied) to the hazard of the item's first interval,
    sign turned so that above 0 means later; those of features with one phrase are added, the strongest of them
    names the value.
    """
    if frame.is_empty():
        return {}
    first = intervals(frame, model.grid).filter("first")
    if first.is_empty():
        return {}
    slopes = np.asarray(model.calibration.slopes)[group_of(first["interval"].to_numpy().astype(np.int64))]
    weights = -model.hazard.contributions(blanked(first, model.without)) * slopes[:, None]
    told = [number for number, feature in enumerate(model.hazard.read) if feature.name not in model.without]
    read = [model.hazard.read[number] for number in told]
    rows = zip(first.iter_rows(named=True), weights[:, told], strict=True)
    return {_key(row): _reasons(row, read, weight.tolist(), shown) for row, weight in rows}


def _key(row: dict[str, object]) -> ItemKey:
    company, invoice, instalment = (row[name] for name in ITEM_KEY)
    return str(company), str(invoice), int(str(instalment))


def _reasons(
    row: dict[str, object], read: Sequence[Feature], weights: Sequence[float], shown: int
) -> tuple[Reason, ...]:
    groups: dict[str, list[tuple[float, Feature]]] = {}
    for feature, weight in zip(read, weights, strict=True):
        groups.setdefault(feature.phrase, []).append((weight, feature))
    found = [_reason(row, group) for group in groups.values()]
    strongest = sorted(found, key=lambda reason: (-abs(reason.weight), reason.code))
    return tuple(reason for reason in strongest[:shown] if abs(reason.weight) >= _LEAST)


def _reason(row: dict[str, object], group: list[tuple[float, Feature]]) -> Reason:
    total = sum(weight for weight, _ in group)
    _, feature = max(group, key=lambda pair: pair[0] * total)
    way = "points to late payment" if total > 0 else "points to payment on time"
    return Reason(feature.name, f"{feature.phrase} ({_shown(feature, row[feature.name])}) {way}", total)


def _shown(feature: Feature, value: object) -> str:
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
    return f"{value:.0f} {feature.unit}"
