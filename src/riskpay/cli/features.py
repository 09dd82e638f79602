"""`riskpay features`: the catalogue's features of a whole ledger as files."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from riskpay.cli.engine_options import EngineChoice, EngineName, Scheduler, WorkerMemory, Workers, chosen_engine
from riskpay.cli.options import AsJson, settings_home
from riskpay.cli.output import progress, put_json, show
from riskpay.errors import UsageError

if TYPE_CHECKING:
    from riskpay.dates import Cut


class CutName(StrEnum):
    """Which facts a day knows."""

    START = "start"
    END = "end"


def features(
    ctx: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder for the Parquet files.")],
    at: Annotated[
        str,
        typer.Option(
            metavar="issue|DATE|FILE",
            help="Every item at its issue date; every item open on a day; or the questions of a Parquet or CSV file.",
        ),
    ] = "issue",
    cut: Annotated[
        CutName | None,
        typer.Option(help="Facts known before the day, or by its end too.  [default: end for a DATE, else start]"),
    ] = None,
    engine: EngineChoice = EngineName.LOCAL,
    scheduler: Scheduler = None,
    workers: Workers = 2,
    worker_memory: WorkerMemory = "4GiB",
    items: Annotated[int, typer.Option(min=1000, help="About how many items are worked on at a time.")] = 250_000,
    as_json: AsJson = False,
) -> None:
    """Write every feature of every question into FOLDER, part by part, whatever the size of the ledger.

    Partitions and answers are written beside FOLDER first; with a cluster on other machines all must see that place.

    JSON: `folder, questions, features, parts, seconds`.
    """
    home = settings_home(ctx)
    from riskpay.workflows.feature_build import build
    from riskpay.workflows.home import Home

    opened = Home.open(home)
    questions = _questions(at)
    facts: Cut = cut.value if cut else ("end" if isinstance(questions, date) else "start")
    settings = opened.train_settings.features
    with progress("computing features") as tell, chosen_engine(engine, scheduler, workers, worker_memory) as chosen:
        events = opened.events() if settings.disputes else None
        result = build(opened.files.folder(), out, questions, facts, settings, chosen, items, tell, events)
    if as_json:
        put_json(result.to_json())
        return
    show(
        f"{result.questions:,} questions with {result.to_json()['features']} features each, in {result.parts} files in "
        f"{result.folder} ({result.seconds:.1f} s)"
    )


def _questions(at: str) -> 'Path | date | Literal["issue"]':
    if at == "issue":
        return "issue"
    try:
        return date.fromisoformat(at)
    except ValueError:
        file = Path(at)
    if not file.is_file():
        raise UsageError(f"--at {at} is neither issue, nor a date, nor a file", "for example: --at 2019-08-01")
    return file
