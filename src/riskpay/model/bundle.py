"""A model on disk: LightGBM's text beside a JSON of everything else. Reading one runs no code."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from riskpay.errors import DataError
from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
from riskpay.features.labels import Grid
from riskpay.model.baselines import Baselines
from riskpay.model.calibration import Calibration
from riskpay.model.curve import PaidShape
from riskpay.model.hazard import COLUMNS
from riskpay.model.late_model import LateModel

BOOSTER_FILE = "booster_{}.txt"
REST_FILE = "model.json"


def write_bundle(model: LateModel, folder: Path) -> None:
    """Writes ``booster_<n>.txt``, one a member, and ``model.json`` into ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    rest = asdict(model) | {"train_as_of": model.train_as_of.isoformat(), "columns": COLUMNS}
    rest["members"] = len(rest.pop("booster_texts"))
    for number, text in enumerate(model.booster_texts):
        (folder / BOOSTER_FILE.format(number)).write_text(text, encoding="utf-8")
    (folder / REST_FILE).write_text(json.dumps(rest, indent=1, sort_keys=True), encoding="utf-8")


def read_bundle(folder: Path) -> LateModel:
    """The model written by ``write_bundle``; raises DataError if it is damaged or of another catalogue."""
    try:
        rest: dict[str, Any] = json.loads((folder / REST_FILE).read_text(encoding="utf-8"))
        files = [folder / BOOSTER_FILE.format(number) for number in range(rest["members"])]
        columns = tuple(rest.pop("columns"))
        model = _model(rest, tuple(file.read_text(encoding="utf-8") for file in files))
    except (OSError, ValueError, KeyError, TypeError) as failed:
        raise DataError(f"the model in {folder} cannot be read: {failed}", "train one with `riskpay train`") from failed
    if columns != COLUMNS:
        moved = sorted(set(columns) ^ set(COLUMNS))
        raise DataError(
            f"the model in {folder} reads {len(columns)} columns, this riskpay makes {len(COLUMNS)} "
            f"({len(FEATURE_NAMES)} of the catalogue); they differ in {', '.join(moved[:5]) or 'their order'}",
            "train one with `riskpay train`",
        )
    return model


def _model(rest: dict[str, Any], boosters: tuple[str, ...]) -> LateModel:
    calibration = Calibration(tuple(rest["calibration"]["intercepts"]), tuple(rest["calibration"]["slopes"]))
    return LateModel(
        booster_texts=boosters,
        calibration=calibration,
        shape=PaidShape(tuple(rest["shape"]["share"])),
        grid=Grid(tuple(rest["grid"]["ends"])),
        features=FeatureSettings(**rest["features"]),
        train_as_of=date.fromisoformat(rest["train_as_of"]),
        rounds=rest["rounds"],
        training_rows=rest["training_rows"],
        settled_items=rest["settled_items"],
        baselines={target: Baselines(**given) for target, given in rest["baselines"].items()},
    )
