"""The demo: the whole day on a synthetic ledger, through the same doors as a real one."""

import tempfile
from pathlib import Path
from typing import Any

from riskpay.reporting.day_page import render
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import World, synthesise
from riskpay.workflows.daily import daily
from riskpay.workflows.demo_home import PAGE, begin, discard, finish
from riskpay.workflows.ingest import ingest
from riskpay.workflows.lists import cadence, worklist
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.train import TrainResult, train

CUSTOMERS, MONTHS, SEED = 160, 18, 7
SHOWN = 15
_STEPS = 5


def demo(home: Path, progress: Progress = silent) -> dict[str, Any]:
    """Make a synthetic ledger in a fresh ``home``, train, score, publish, and write a page of the day.

    A home of an earlier demo is made anew. Any other home that is not empty raises UsageError, and so does
    one that holds more than the demo made: it is somebody's. Stopped half-way, it leaves nothing behind.
    """
    begin(home)
    try:
        return _play(home, progress)
    except BaseException:
        discard(home)
        raise


def _play(home: Path, progress: Progress) -> dict[str, Any]:
    progress("making a synthetic ledger", 0, _STEPS)
    world = synthesise(CUSTOMERS, MONTHS, SEED)
    progress("loading it", 1, _STEPS)
    _load(home, world)
    progress("training on what was known, and testing on the last weeks", 2, _STEPS)
    trained = train(home, world.as_of)
    progress("scoring open items and ranking customers", 3, _STEPS)
    done = daily(home, world.as_of, without_model=not trained.has_champion)
    progress("writing the page", 4, _STEPS)
    listed = worklist(home, world.as_of)
    first = listed["entries"][0]["customer_id"]
    result = {
        "as_of": world.as_of.isoformat(),
        "model_version": done.model_version,
        "worklist": {**listed, "entries": listed["entries"][:SHOWN]},
        "cadence": cadence(home, first),
        "backtest": _backtest(trained),
        "page": str(home / PAGE),
        "daily": done.to_json(),
    }
    (home / PAGE).write_text(render(result), encoding="utf-8")
    finish(home)
    return result


def _load(home: Path, world: World) -> None:
    with tempfile.TemporaryDirectory() as place:
        write_world(world, Path(place) / "ledger")
        ingest(home, Path(place) / "ledger", "canonical", world.as_of)


def _backtest(trained: TrainResult) -> dict[str, Any]:
    """The test that the gate read: a model frozen weeks before the training day, asked about later items."""
    return {
        "cutoff": trained.tested_from.isoformat() if trained.tested_from else None,
        "until": trained.train_as_of.isoformat(),
        "targets": {target: test.to_json() for target, test in trained.tests.items()},
    }
