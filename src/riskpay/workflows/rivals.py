"""Whom a new model is compared with: the champion, or its trial model where the champion knows the answers."""

from dataclasses import dataclass
from datetime import date

from riskpay.errors import DataError
from riskpay.model.champions import Version
from riskpay.model.late_model import LateModel
from riskpay.model.registry import Registry

_ENOUGH = "better than the naive ratio was enough"


@dataclass(frozen=True)
class Rival:
    """What stands for the champion in a comparison (None: nothing can), whose version that is, and why, in words."""

    model: LateModel | None
    version: Version | None = None
    said: tuple[str, ...] = ()


def rival(registry: Registry, start: date) -> Rival:
    """What stands for the champion on questions from ``start`` on: a model that knew nothing of that day or later.

    A champion trained after ``start`` has learnt from those questions. Its trial model, grown alike for its own
    test and frozen before it, has not, and stands for it. One champion that an older riskpay wrote, or whose
    trial model is too young (training as of an earlier day), cannot be compared.
    """
    current = registry.champions.champion()
    if current is None:
        return Rival(None)
    version = current.version
    try:
        champion = registry.read(version)
        if champion.train_as_of <= start:
            return Rival(champion, current)
        trial = registry.read_trial(version)
    except DataError as failed:
        return Rival(None, current, (f"not compared: champion {version} cannot be read, {failed.message}; {_ENOUGH}",))
    late = f"champion {version} was trained as of {champion.train_as_of}, after {start}"
    if trial is None:
        return Rival(None, current, (f"not compared: {late}, and has no trial model beside it; {_ENOUGH}",))
    if trial.train_as_of > start:
        return Rival(
            None, current, (f"not compared: {late}, and its trial model as of {trial.train_as_of} too; {_ENOUGH}",)
        )
    return Rival(trial, current, (f"for champion {version} stands its trial model, frozen as of {trial.train_as_of}",))
