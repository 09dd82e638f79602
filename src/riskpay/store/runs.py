"""Score runs: what was scored, when, by which model over which data and policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Engine, Select, insert, select

from riskpay.store.clock import utc_now
from riskpay.store.engine import writing
from riskpay.store.models import ScoreRun

POINTS: Final = "points"
"""Stands for the model's version where a day was ranked by the policy's points, without a model."""


@dataclass(frozen=True)
class Run:
    """One scoring of an open book; ``counts`` such as open_items, customers, steps, and the kind of the model."""

    run_id: str
    as_of: date
    model_version: str
    data_version: str
    policy_hash: str
    created_at: datetime
    seconds: float
    counts: Mapping[str, int | str]


class Runs:
    """The log of score runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(
        self,
        as_of: date,
        *,
        model_version: str,
        data_version: str,
        policy_hash: str,
        seconds: float,
        counts: Mapping[str, int | str],
        created_at: datetime | None = None,
    ) -> str:
        """Log one run and give back its new ``run_id``. Every execution is a run of its own.

        ``seconds`` is what the run took; ``created_at`` is now unless given.
        """
        run = {
            "run_id": uuid4().hex,
            "as_of": as_of,
            "model_version": model_version,
            "data_version": data_version,
            "policy_hash": policy_hash,
            "created_at": created_at or utc_now(),
            "seconds": seconds,
            "counts": dict(counts),
        }
        with writing(self._engine) as connection:
            connection.execute(insert(ScoreRun).values(run))
        return str(run["run_id"])

    def get(self, run_id: str) -> Run | None:
        """The run of that id; None if there is none."""
        return self._one(select(ScoreRun.__table__).where(ScoreRun.run_id == run_id))

    def latest(self) -> Run | None:
        """The run recorded last, whatever its day; None before the first."""
        return self._one(select(ScoreRun.__table__).order_by(ScoreRun.created_at.desc(), ScoreRun.run_id).limit(1))

    def of_day(self, as_of: date) -> Run | None:
        """The run of a day by a model that was recorded last; None if no model scored the day."""
        return self._one(_by_model().where(ScoreRun.as_of == as_of).limit(1))

    def before(self, as_of: date) -> Run | None:
        """The run by a model of the last day before ``as_of`` that has one; None if no model scored an earlier day."""
        return self._one(_by_model().where(ScoreRun.as_of < as_of).limit(1))

    def newest(self) -> Run | None:
        """The run by a model of the last day that has one; None if no model scored any day."""
        return self._one(_by_model().limit(1))

    def since(self, day: date) -> list[Run]:
        """The runs of ``day`` and later days, in the order in which they were recorded."""
        query = select(ScoreRun.__table__).where(ScoreRun.as_of >= day).order_by(ScoreRun.created_at, ScoreRun.run_id)
        with self._engine.connect() as connection:
            return [Run(**row) for row in connection.execute(query).mappings()]

    def _one(self, query: Select[Any]) -> Run | None:
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return Run(**row) if row else None


def _by_model() -> Select[Any]:
    """Runs by a model, the last day first, of one day the one recorded last first."""
    by_day = ScoreRun.as_of.desc(), ScoreRun.created_at.desc(), ScoreRun.run_id
    return select(ScoreRun.__table__).where(ScoreRun.model_version != POINTS).order_by(*by_day)
