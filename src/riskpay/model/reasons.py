"""Why the model thinks an item will be late: LightGBM's contributions, grouped to the catalogue's phrases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from riskpay.features.catalogue import Feature
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.attribution import Attributed, Contributed, FloatArray
from riskpay.model.bridge import Bridge, Part
from riskpay.model.late_model import LateModel
from riskpay.model.phrases import by_phrase, said
from riskpay.model.risk import ItemKey, Reason

SHOWN = 4
HORIZON: Final = 30
"""Days from as_of of the chance whose reasons are told unless another is asked for."""
_LEAST = 0.02


@dataclass(frozen=True)
class Why:
    """Why one item is thought to be paid when it is.

    ``reasons``: the strongest for lateness. ``lateness``: p_late as a bridge from its base, None for an item past its due date:
    that it is late is a fact then. ``curve``: P(unpaid ``horizon`` days from as_of), likewise.
    """

    reasons: tuple[Reason, ...]
    lateness: Bridge | None
    curve: Bridge


def explain(model: LateModel, frame: pl.DataFrame, shown: int = SHOWN) -> dict[ItemKey, tuple[Reason, ...]]:
    """The strongest reasons of each item, strongest first, by item key.

    An item past the grid's last end has none: its curve no longer moves. ``frame`` as for ``LateModel.hazards``.
    Contributions (TreeSHAP, log-odds, slope of the calibration applied) to the hazard of the item's first interval,
    sign turned so that above 0 means later; those of features with one phrase are added, the strongest of them
    names the value. Where the lateness is still open, ``points`` says the same of p_late.
    """
    return _strongest(Contributed.of(model, frame), shown) if frame.height else {}


def explain_all(model: LateModel, frame: pl.DataFrame, days: int = HORIZON, shown: int = SHOWN) -> dict[ItemKey, Why]:
    """All that is told of each item, by item key: the ``shown`` strongest reasons, and the bridges of p_late and S(``days``)."""
    if frame.is_empty():
        return {}
    found = Contributed.of(model, frame, days)
    reasons, unpaid, late = _strongest(found, shown), found.unpaid(days), found.lateness()
    answers = {}
    for row, item in enumerate(frame.iter_rows(named=True)):
        key = _key(item)
        open_yet = found.at[row] <= model.grid.ends[0]
        lateness = _bridge("p_late", late, row, item, _LATE) if open_yet else None
        answers[key] = Why(reasons.get(key, ()), lateness, _bridge(f"p_unpaid_{days}", unpaid, row, item, _UNPAID))
    return answers


_LATE: Final = ("points to late payment", "points to payment on time")
_UNPAID: Final = ("points to staying unpaid", "points to payment")


def _strongest(found: Contributed, shown: int) -> dict[ItemKey, tuple[Reason, ...]]:
    rows, paying = found.firsts()
    points = found.lateness().points
    open_yet = found.at <= found.model.grid.ends[0]
    answers = {}
    for item, weights in zip(rows.iter_rows(named=True), -paying, strict=True):
        row = item["position"]
        answers[_key(item)] = _reasons(item, found.read, weights, points[row] if open_yet[row] else None, shown)
    return answers


def _key(row: dict[str, object]) -> ItemKey:
    company, invoice, instalment = (row[name] for name in ITEM_KEY)
    return str(company), str(invoice), int(str(instalment))


def _reasons(
    row: dict[str, object], read: Sequence[Feature], weights: FloatArray, points: FloatArray | None, shown: int
) -> tuple[Reason, ...]:
    found = []
    for phrase, places in by_phrase(read).items():
        feature, total = _strongest_of(read, weights, places)
        added = None if points is None else float(points[places].sum())
        text = f"{phrase} ({said(feature, row[feature.name])}) {_way(total, _UNPAID if points is None else _LATE)}"
        found.append(Reason(feature.name, text, total, added))
    strongest = sorted(found, key=lambda reason: (-abs(reason.weight), reason.code))
    return tuple(reason for reason in strongest[:shown] if abs(reason.weight) >= _LEAST)


def _bridge(figure: str, found: Attributed, row: int, item: dict[str, object], ways: tuple[str, str]) -> Bridge:
    parts = []
    for phrase, places in by_phrase(found.read).items():
        feature, total = _strongest_of(found.read, found.points[row], places)
        if total:
            text = f"{phrase} ({said(feature, item[feature.name])}) {_way(total, ways)}"
            parts.append(Part(feature.name, text, total))
    return Bridge(figure, float(found.base[row]), tuple(parts), float(found.chance[row]))


def _strongest_of(read: Sequence[Feature], weights: FloatArray, places: Sequence[int]) -> tuple[Feature, float]:
    """The sum over the features of a phrase, and the one of them that pulls its way the most."""
    own = weights[list(places)]
    total = float(own.sum())
    return read[places[int(np.argmax(own * total))]], total


def _way(total: float, ways: tuple[str, str]) -> str:
    return ways[0] if total > 0 else ways[1]
