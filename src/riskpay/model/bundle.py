"""A model on disk: LightGBM's text beside a JSON of everything else. Reading one runs no code."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from riskpay.errors import DataError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.labels import Grid
from riskpay.model.band import Band
from riskpay.model.baselines import Baselines
from riskpay.model.calibration import Calibration
from riskpay.model.columns import columns_of
from riskpay.model.groups import GROUPS
from riskpay.model.habit import HabitOffset
from riskpay.model.late_model import LateModel
from riskpay.model.paid_shape import PaidShape
from riskpay.model.pay_days import PayDayLevels
from riskpay.model.prior import PriorHazard

BOOSTER_FILE = "booster_{group}_{member}.txt"
REST_FILE = "model.json"


def write_bundle(model: LateModel, folder: Path) -> None:
    """Writes ``booster_<group>_<member>.txt`` and ``model.json`` into ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    rest = asdict(model) | {"train_as_of": model.train_as_of.isoformat(), "columns": columns_of(model.features.names)}
    texts = rest.pop("booster_texts") or ((),) * len(GROUPS)
    rest["members"] = len(texts[0])
    for group, members in zip(GROUPS, texts, strict=True):
        for member, text in enumerate(members):
            (folder / BOOSTER_FILE.format(group=group, member=member)).write_text(text, encoding="utf-8")
    (folder / REST_FILE).write_text(json.dumps(rest, indent=1, sort_keys=True), encoding="utf-8")


def read_bundle(folder: Path) -> LateModel:
    """The model written by ``write_bundle``; raises DataError if it is damaged or of another catalogue."""
    try:
        rest: dict[str, Any] = json.loads((folder / REST_FILE).read_text(encoding="utf-8"))
        columns = tuple(rest.pop("columns"))
        model = _model(rest, tuple(_texts(folder, group, rest["members"]) for group in GROUPS))
    except (OSError, ValueError, KeyError, TypeError) as failed:
        raise DataError(f"the model in {folder} cannot be read: {failed}", "train one with `riskpay train`") from failed
    read = columns_of(model.features.names)
    if columns != read:
        moved = sorted(set(columns) ^ set(read))
        raise DataError(
            f"the model in {folder} reads {len(columns)} columns, this riskpay makes {len(read)} "
            f"({len(model.features.names)} of the catalogue); they differ in {', '.join(moved[:5]) or 'their order'}",
            "train one with `riskpay train`",
        )
    return model


def _texts(folder: Path, group: str, members: int) -> tuple[str, ...]:
    files = [folder / BOOSTER_FILE.format(group=group, member=member) for member in range(members)]
    return tuple(file.read_text(encoding="utf-8") for file in files)


def _model(rest: dict[str, Any], boosters: tuple[tuple[str, ...], ...]) -> LateModel:
    calibration = Calibration(tuple(rest["calibration"]["intercepts"]), tuple(rest["calibration"]["slopes"]))
    prior = rest.get("prior")
    return LateModel(
        booster_texts=() if prior else boosters,
        offset=HabitOffset(tuple(rest["offset"]["levels"]), tuple(rest["offset"]["centres"])),
        calibration=calibration,
        shape=_shape(rest["shape"]),
        grid=Grid(tuple(rest["grid"]["ends"])),
        features=FeatureSettings(**rest["features"]),
        train_as_of=date.fromisoformat(rest["train_as_of"]),
        rounds=tuple(rest["rounds"]),
        training_rows=rest["training_rows"],
        settled_items=rest["settled_items"],
        baselines={target: Baselines(**given) for target, given in rest["baselines"].items()},
        without=tuple(rest.get("without", ())),
        pay_days=PayDayLevels(**{side: _table(rows) for side, rows in rest["pay_days"].items()}),
        band=Band(tuple(rest["band"]["ratios"])),
        prior=_prior(prior) if prior else None,
        settled_only=rest.get("settled_only", False),
        grown_with=rest.get("grown_with", {}),
    )


def _table(rows: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in rows)


def _prior(given: dict[str, Any]) -> PriorHazard:
    return PriorHazard(tuple(given["ends"]), tuple(given["levels"]), given["centre"], _shape(given["shape"]))


def _shape(given: dict[str, Any]) -> PaidShape:
    return PaidShape(tuple(given["share"]), given.get("trust", 0.0))
