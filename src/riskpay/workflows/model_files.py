"""Models leaving the registry as one file, and coming into another one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskpay.errors import UsageError
from riskpay.model.late_model import LateModel
from riskpay.model.portable import SIDECAR, dump, load_model
from riskpay.model.portable_model import PortableModel
from riskpay.model.pyfunc import QUESTION_DAYS
from riskpay.model.registry import Beside
from riskpay.workflows.home import Home


@dataclass(frozen=True)
class ExportedModel:
    """A model's file and the sum to tell whoever gets it."""

    model_version: str
    path: Path
    sha256: str
    trial: bool

    def to_json(self) -> dict[str, Any]:
        """As the command line says it."""
        return {
            "model_version": self.model_version,
            "path": str(self.path),
            "sha256": self.sha256,
            "sidecar": f"{self.path}{SIDECAR}",
            "trial": self.trial,
        }


@dataclass(frozen=True)
class ImportedModel:
    """A model of another home as a version of this one; ``differing``: versions that are others here than where it was written."""

    model_version: str
    train_as_of: str
    about: dict[str, str]
    sha256: str | None
    differing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As the command line says it."""
        return {
            "model_version": self.model_version,
            "train_as_of": self.train_as_of,
            "about": self.about,
            "sha256": self.sha256,
            "differing": list(self.differing),
        }


def export_model(home: Path, version: str, file: Path) -> ExportedModel:
    """Write a version of the registry, or ``champion``, into ``file`` and its sum into ``file``.sha256.

    The trial model that stands for it at the gate goes along. Raises NotThereError for a version that is not there, UsageError
    where the file is there already.
    """
    if file.exists():
        raise UsageError(f"{file} is there already", "name a new file, or remove that one")
    registry = Home.open(home).registry
    kept = registry.champions.named(version)
    named = kept.version
    model, trial = registry.read(named), registry.read_trial(named)
    told = {name: value for name in ("data_version", "policy_hash") if (value := getattr(kept, name))}
    about = {"model_version": named, "train_as_of": model.train_as_of.isoformat(), **told}
    beside = PortableModel.of(trial) if trial else None
    return ExportedModel(named, file, dump(PortableModel.of(model), file, about, beside), trial is not None)


def import_model(home: Path, file: Path, sha256: str | None = None) -> ImportedModel:
    """Register the model in ``file`` as a challenger of this home; it is not promoted.

    ``sha256`` and errors as ``portable.load_model``; DataError also where the model is of another catalogue of features.
    """
    found = load_model(file, sha256)
    model: LateModel = found.model.late_model
    registry = Home.open(home).registry
    about = dict(found.about)
    told = {
        "train_as_of": model.train_as_of,
        "imported_from": file.name,
        **{f"origin.{k}": v for k, v in about.items()},
    }
    trial = found.trial.late_model if found.trial else None
    tags = {name: str(value) for name, value in about.items() if name in {"data_version", "policy_hash"}}
    version = registry.register(model, _example(model), Beside(parameters=told, tags=tags, trial=trial))
    registry.champions.challenge(version)
    return ImportedModel(version, model.train_as_of.isoformat(), about, sha256, found.differing())


def _example(model: LateModel) -> pd.DataFrame:
    """A question from which MLflow reads the names and types of columns: there is no ledger to take one from."""
    day = model.train_as_of.isoformat()
    return pd.DataFrame([dict.fromkeys(QUESTION_DAYS, day) | dict.fromkeys(model.reads, 0.0)])
