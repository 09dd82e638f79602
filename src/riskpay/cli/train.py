"""`riskpay train`: fit, calibrate, evaluate, register."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskpay.cli.engine_options import (
    EngineChoice,
    EngineName,
    Scheduler,
    WorkerMemory,
    Workers,
    chosen_engine,
)
from riskpay.cli.options import AsJson, AsOf, settings_home
from riskpay.cli.output import progress, put_json, show
from riskpay.errors import UsageError

if TYPE_CHECKING:
    from riskpay.model.hazard import Grower
    from riskpay.workflows.cluster import ClusterEngine
    from riskpay.workflows.engines import LocalEngine


class RowsName(StrEnum):
    """Who reads the training rows of a booster."""

    WHOLE = "whole"
    SPREAD = "spread"


def train(
    ctx: typer.Context,
    as_of: AsOf = None,
    engine: EngineChoice = EngineName.LOCAL,
    scheduler: Scheduler = None,
    workers: Workers = 2,
    worker_memory: WorkerMemory = "4GiB",
    rows: Annotated[
        RowsName,
        typer.Option(
            help="Each booster by one worker, the same as local; or by all workers, each on its share of rows."
        ),
    ] = RowsName.WHOLE,
    time_limit: Annotated[
        float, typer.Option(metavar="MINUTES", min=1, help="Of an attempt at one booster with --rows spread.")
    ] = 60,
    export_matrix: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the person-period matrix that the boosters learn from, as .parquet or .csv."
        ),
    ] = None,
    export_only: Annotated[
        bool, typer.Option("--export-only", help="With --export-matrix: write the matrix and train nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on what was known on a day, and make it champion if it passes the gate of the policy.

    With fewer settled items than the policy asks for, a prior model stands in and says so.

    With --engine dask the boosters are grown by the workers, and the model is the same to the last tree. Workers on
    other machines must see the home under the same path. With --rows spread all workers grow each booster together,
    each on its share of the rows, for rows that one of them cannot hold (this process holds them all, once). Then
    the trees are as good but not the same, nor are those of a second run; and when a worker is lost or the time
    is up all are started anew, so that the cluster must be free of other work.

    --export-matrix replaces FILE in one step, before the training begins; docs/scikit-learn.md says what is in it.

    JSON: `model_version, kind, metrics, promoted, champion, stand_in, failed, gate[].{rule, passed, said}, why`; with
    --export-matrix also `matrix.{path, rows, columns, features}`.
    """
    home = settings_home(ctx)
    if rows is RowsName.SPREAD and engine is not EngineName.DASK:
        raise UsageError("--rows spread without --engine dask", "add --engine dask, or leave it out")
    if export_only:
        _exported(home, as_of, export_matrix, as_json=as_json)
        return
    from riskpay.workflows.train import train as fit

    with progress("training") as tell, chosen_engine(engine, scheduler, workers, worker_memory) as chosen:
        result = fit(home, as_of, tell, _grower(chosen, home, rows, time_limit), export_matrix).to_json()
    if as_json:
        put_json(result)
        return
    from riskpay.cli.show_figures import training_parts

    show(*training_parts(result))


def _exported(home: Path, as_of: date | None, file: Path | None, *, as_json: bool) -> None:
    if file is None:
        raise UsageError("--export-only without --export-matrix", "say where the matrix is to go: --export-matrix FILE")
    from riskpay.workflows.export_matrix import export_matrix

    with progress("exporting") as tell:
        found = export_matrix(home, file, as_of, tell)
    if as_json:
        untrained: dict[str, Any] = {"model_version": None, "metrics": {}, "promoted": False}
        put_json({**untrained, "train_as_of": found.train_as_of.isoformat(), "matrix": found.to_json()})
        return
    from riskpay.cli.show_figures import matrix_parts

    show(*matrix_parts(found.to_json()))


def _grower(engine: "LocalEngine | ClusterEngine", home: Path, rows: RowsName, minutes: float) -> "Grower":
    from riskpay.model.hazard import grown_here
    from riskpay.workflows.engines import LocalEngine

    if isinstance(engine, LocalEngine):
        return grown_here
    from riskpay.workflows.growing import by_engine
    from riskpay.workflows.spread import by_spreading

    return by_spreading(engine, home, minutes) if rows is RowsName.SPREAD else by_engine(engine, home)
