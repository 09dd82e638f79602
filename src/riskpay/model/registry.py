"""The registry of trained models, in MLflow. The only module that knows MLflow."""

import contextlib
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # riskpay tells its own progress

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

from riskpay.errors import DataError, NotThereError
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.champions import NAME, Champions
from riskpay.model.late_model import LateModel
from riskpay.model.reference import Reference, read_reference

TRIAL = "trial"
"""Folder of a run's artifacts with the trial model's bundle."""
REFERENCE = "reference"
"""Folder of a run's artifacts with what later data is held against."""


@dataclass(frozen=True)
class Registered:
    """A model of the registry and its version there."""

    model: LateModel
    version: str


@dataclass(frozen=True)
class Beside:
    """What a run keeps beside its model.

    ``figures``: Plotly's, by file name. ``documents``: plain values, kept as JSON by file name. ``tags``: what
    ``champions.Version`` tells. ``trial``: the model grown alike but frozen before the weeks held back; it stands for this
    one in later comparisons. ``reference``: what the model was trained on, in short.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    trial: LateModel | None = None
    reference: Reference | None = None


class Registry:
    """Models and runs at an MLflow tracking address; ``artifacts`` holds the files of new experiments."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        self._uri = uri
        self._artifacts = artifacts
        self._client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
        self.champions = Champions(self._client)

    def register(self, model: LateModel, example: pd.DataFrame, beside: Beside | None = None) -> str:
        """Log a run with the model and all that is kept beside it; gives its version.

        ``example``: a few rows of days and features, from which MLflow derives the signature.
        """
        kept = beside or Beside()
        self._enter()
        with mlflow.start_run(run_name=f"train as of {model.train_as_of}") as run, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlflow.log_params(dict(kept.parameters))
            mlflow.log_metrics(dict(kept.metrics))
            for name, figure in kept.figures.items():
                mlflow.log_figure(figure, f"plots/{name}.html")
            for name, document in kept.documents.items():
                mlflow.log_dict(document, f"{name}.json")
            if kept.trial is not None:
                _log_bundle(kept.trial)
            if kept.reference is not None:
                _log_reference(kept.reference)
            logged = self._log_model(model, example)
            # MLflow tells people at the terminal what it registered; riskpay says that itself.
            with contextlib.redirect_stderr(io.StringIO()):
                made = mlflow.register_model(logged.model_uri, NAME, await_registration_for=0)
        version = str(made.version)
        known = {"train_as_of": model.train_as_of.isoformat(), "run": run.info.run_id, "kind": model.kind}
        for name, text in {**known, **kept.tags}.items():
            self._client.set_model_version_tag(NAME, version, name, text)
        return version

    def champion_for(self, as_of: date) -> Registered:
        """The model that answers on ``as_of``, as ``Champions.fitting``; raises NotThereError if there is none."""
        version = self.champions.fitting(as_of).version
        return Registered(self.read(version), version)

    def read(self, version: str) -> LateModel:
        """The model of a version; raises DataError if it is damaged or of another catalogue."""
        return self._bundle(self._client.get_model_version_download_uri(NAME, version))

    def read_trial(self, version: str) -> LateModel | None:
        """The trial model beside a version, None if none was kept; raises as ``read``."""
        run = self._client.get_model_version(NAME, version).tags["run"]
        kept = any(file.path == TRIAL for file in self._client.list_artifacts(run))
        return self._bundle(f"runs:/{run}/{TRIAL}") if kept else None

    def read_reference(self, version: str) -> Reference | None:
        """What a version was trained on, None if nothing was kept; raises DataError if it is damaged."""
        run = self._client.get_model_version(NAME, version).tags["run"]
        if not any(file.path == REFERENCE for file in self._client.list_artifacts(run)):
            return None
        self._enter()
        return read_reference(Path(mlflow.artifacts.download_artifacts(artifact_uri=f"runs:/{run}/{REFERENCE}")))

    def read_document(self, version: str, name: str) -> dict[str, Any] | None:
        """A document kept beside a version, None if there is none of that name; raises DataError if it is damaged."""
        address = f"runs:/{self._client.get_model_version(NAME, version).tags['run']}/{name}.json"
        self._enter()
        try:
            found: dict[str, Any] = mlflow.artifacts.load_dict(address)
        except MlflowException:
            return None
        except (OSError, ValueError) as failed:
            raise DataError(f"{address} cannot be read: {failed}", "train a model with `riskpay train`") from failed
        return found

    def _bundle(self, address: str) -> LateModel:
        self._enter()
        try:
            folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=address))
        except (MlflowException, OSError) as failed:
            raise DataError(f"the model's files are not at {address}: {failed}", "train one: riskpay train") from failed
        return read_bundle(folder / _data_folder(folder))

    def _log_model(self, model: LateModel, example: pd.DataFrame) -> Any:  # noqa: ANN401 - MLflow's ModelInfo
        from riskpay.model.pyfunc import QUESTION_DAYS, CurveModel  # noqa: PLC0415 - it reads pandas, which loading does not need

        asked = example[[*QUESTION_DAYS, *model.reads]]
        signature = mlflow.models.infer_signature(asked, CurveModel(model).predict(asked))
        with tempfile.TemporaryDirectory() as place:
            write_bundle(model, Path(place) / "bundle")
            return mlflow.pyfunc.log_model(
                name=NAME,
                loader_module="riskpay.model.pyfunc",
                data_path=str(Path(place) / "bundle"),
                signature=signature,
                input_example=asked,
                pip_requirements=[f"riskpay=={installed('riskpay')}"],
            )

    def _enter(self) -> None:
        mlflow.set_tracking_uri(self._uri)
        mlflow.set_registry_uri(self._uri)
        if self._client.get_experiment_by_name(NAME) is None:
            self._artifacts.mkdir(parents=True, exist_ok=True)
            self._client.create_experiment(NAME, artifact_location=self._artifacts.absolute().as_uri())
        mlflow.set_experiment(NAME)


def _log_bundle(trial: LateModel) -> None:
    with tempfile.TemporaryDirectory() as place:
        write_bundle(trial, Path(place))
        mlflow.log_artifacts(place, TRIAL)


def _log_reference(reference: Reference) -> None:
    with tempfile.TemporaryDirectory() as place:
        reference.write(Path(place))
        mlflow.log_artifacts(place, REFERENCE)


def _data_folder(folder: Path) -> str:
    """Where the bundle lies inside MLflow's model folder."""
    found = next(iter(sorted(folder.rglob("model.json"))), None)
    if found is None:
        raise NotThereError(f"no model lies in {folder}", "train one with `riskpay train`")
    return str(found.parent.relative_to(folder))
