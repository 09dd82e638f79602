"""The registry of trained models, in MLflow. The only module that knows MLflow."""

import contextlib
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing leaves the machine
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

from riskpay.errors import DataError, NotThereError
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.late_model import LateModel

NAME = "late_payment"
CHAMPION = "champion"
TRIAL = "trial"
"""Folder of a run's artifacts with the trial model's bundle."""
_TRAIN_AS_OF = "train_as_of"
_PROMOTED = "promoted"


@dataclass(frozen=True)
class Registered:
    """A model of the registry and its version there."""

    model: LateModel
    version: str


class Registry:
    """Models and runs at an MLflow tracking address; ``artifacts`` holds the files of new experiments."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        self._uri = uri
        self._artifacts = artifacts
        self._client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)

    def register(
        self,
        model: LateModel,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        figures: Mapping[str, Any],
        example: pd.DataFrame,
        trial: LateModel | None = None,
        documents: Mapping[str, Any] | None = None,
    ) -> str:
        """Log a run with parameters, metrics, figures (Plotly, by file name) and the model; gives its version.

        ``documents``: what is kept as JSON beside them, by file name.
        ``example``: a few rows of days and features, from which MLflow derives the signature. ``trial``: the
        model grown alike but frozen before the weeks held back; it stands for this one in later comparisons.
        """
        self._enter()
        with mlflow.start_run(run_name=f"train as of {model.train_as_of}") as run, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            for name, figure in figures.items():
                mlflow.log_figure(figure, f"plots/{name}.html")
            for name, document in (documents or {}).items():
                mlflow.log_dict(document, f"{name}.json")
            if trial is not None:
                _log_bundle(trial)
            logged = self._log_model(model, example)
            # MLflow tells people at the terminal what it registered; riskpay says that itself.
            with contextlib.redirect_stderr(io.StringIO()):
                made = mlflow.register_model(logged.model_uri, NAME, await_registration_for=0)
        version = str(made.version)
        self._client.set_model_version_tag(NAME, version, _TRAIN_AS_OF, model.train_as_of.isoformat())
        self._client.set_model_version_tag(NAME, version, "run", run.info.run_id)
        return version

    def promote(self, version: str) -> None:
        """Make a version the champion; one trained for an earlier day than the champion answers for days up to then."""
        self._client.set_model_version_tag(NAME, version, _PROMOTED, "true")
        current, days = self.champion_version(), self._promoted()
        if current is None or days[version] >= days.get(current, date.min):
            self._client.set_registered_model_alias(NAME, CHAMPION, version)

    def champion_version(self) -> str | None:
        """The champion's version, or None if no model was ever promoted."""
        try:
            return str(self._client.get_model_version_by_alias(NAME, CHAMPION).version)
        except MlflowException:
            return None

    def champion_for(self, as_of: date) -> Registered:
        """The champion if it was trained on or before ``as_of``, else the newest former one that was.

        Raises NotThereError if there is none.
        """
        days = self._promoted()
        current = self.champion_version()
        fitting = [v for v, day in days.items() if day <= as_of]
        if not fitting:
            trained = (
                f"; promoted models were trained as of {', '.join(map(str, sorted(days.values())))}" if days else ""
            )
            raise NotThereError(
                f"no promoted model was trained on or before {as_of}{trained}",
                f"train one with `riskpay train --as-of {as_of}`",
            )
        best = current if current in fitting else max(fitting, key=lambda v: (days[v], int(v)))
        return Registered(self.read(best), best)

    def _promoted(self) -> dict[str, date]:
        found = self._client.search_model_versions(f"name='{NAME}'")
        kept = (v for v in found if v.tags.get(_PROMOTED) == "true")
        return {str(v.version): date.fromisoformat(v.tags[_TRAIN_AS_OF]) for v in kept}

    def read(self, version: str) -> LateModel:
        """The model of a version; raises DataError if it is damaged or of another catalogue."""
        return self._bundle(self._client.get_model_version_download_uri(NAME, version))

    def read_trial(self, version: str) -> LateModel | None:
        """The trial model beside a version, None if none was kept; raises as ``read``."""
        run = self._client.get_model_version(NAME, version).tags["run"]
        kept = any(file.path == TRIAL for file in self._client.list_artifacts(run))
        return self._bundle(f"runs:/{run}/{TRIAL}") if kept else None

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


def _data_folder(folder: Path) -> str:
    """Where the bundle lies inside MLflow's model folder."""
    found = next(iter(sorted(folder.rglob("model.json"))), None)
    if found is None:
        raise NotThereError(f"no model lies in {folder}", "train one with `riskpay train`")
    return str(found.parent.relative_to(folder))
