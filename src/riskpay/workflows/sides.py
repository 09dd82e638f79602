"""The two days that are compared: which run scored each, by which model, over which data."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from riskpay.errors import NotThereError, UsageError
from riskpay.model.registry import Registered
from riskpay.store.runs import Run, Runs
from riskpay.workflows.home import Home


@dataclass(frozen=True)
class Side:
    """The end of a day, as a model scored it; ``run``: the one that was recorded, None if nobody scored the day."""

    as_of: date
    registered: Registered
    run: Run | None

    def to_json(self) -> dict[str, Any]:
        """What names it; versions of data and policy are those that its run recorded."""
        run = self.run
        return {
            "as_of": self.as_of.isoformat(),
            "run_id": run.run_id if run else None,
            "model_version": self.registered.version,
            "data_version": run.data_version if run else None,
            "policy_hash": run.policy_hash if run else None,
        }


def sides(
    home: Home, as_of: date | None = None, since: date | None = None, there: Registered | None = None
) -> tuple[Side, Side]:
    """The earlier day and the later one.

    ``as_of``: default the last day that a model scored. ``since``: default the last such day before it. A day named that no
    model scored is asked of the champion of that day. ``there``: a model that was read already. Raises NotThereError where there is no such day, UsageError for a
    ``since`` that is not before ``as_of``.
    """
    with home.store() as store:
        later = _later(home, store.runs, as_of, there)
        day = since or _day_before(store.runs, later.as_of)
        check_order(day, later.as_of)
        home.check_day(day)
        return _side(home, store.runs, day, later.registered), later


def side_as_scored(home: Home, as_of: date, registered: Registered) -> Side:
    """The side of a day that a model was asked about, with its run, if that was by the same model."""
    with home.store() as store:
        run = store.runs.of_day(as_of)
    return Side(as_of, registered, run if run and run.model_version == registered.version else None)


def since_day(home: Home, later: Side, since: date) -> Side:
    """The side of a day before ``later``; raises as ``sides``."""
    check_order(since, later.as_of)
    home.check_day(since)
    with home.store() as store:
        return _side(home, store.runs, since, later.registered)


def check_order(since: date, as_of: date) -> None:
    """Raises UsageError unless ``since`` is a day before ``as_of``."""
    if since >= as_of:
        raise UsageError(f"{since} does not lie before {as_of}: nothing can have changed since", "give an earlier day")


def _later(home: Home, runs: Runs, as_of: date | None, there: Registered | None) -> Side:
    if as_of is None:
        run = runs.newest()
        if run is None:
            raise NotThereError("no day was scored by a model yet", "run: riskpay daily")
        as_of = run.as_of
    home.check_day(as_of)
    return _side(home, runs, as_of, there)


def _day_before(runs: Runs, as_of: date) -> date:
    run = runs.before(as_of)
    if run is None:
        raise NotThereError(
            f"no model scored a day before {as_of}", "name a day to compare with: --since DATE, since in a request"
        )
    return run.as_of


def _side(home: Home, runs: Runs, day: date, there: Registered | None) -> Side:
    run = runs.of_day(day)
    if run is None:
        return Side(day, home.registry.champion_for(day), None)
    if there is not None and there.version == run.model_version:
        return Side(day, there, run)
    return Side(day, Registered(home.registry.read(run.model_version), run.model_version), run)
