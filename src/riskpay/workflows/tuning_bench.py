"""What settings are tried on: folds of the past, what the defaults lose there, and the study that notes the rest."""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

import polars as pl

from riskpay.errors import TooFewLabelsError, UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.model.search_space import SPACE, Choice, Range, Value, space_of
from riskpay.model.training import Asked, TrainSettings, ask_landmarks
from riskpay.model.tuning import OBJECTIVE, Fold, folds, lost, means, trained_on
from riskpay.workflows.home import Home
from riskpay.workflows.progress import Progress
from riskpay.workflows.study import Study
from riskpay.workflows.training_file import TrainingFile

_FOLDER: Final = "tuning"
_ROLE: Final = "role"
_DEFAULTS: Final = "defaults"


@dataclass(frozen=True)
class Bench:
    """What trials are made on: the folds, the settings that are varied, and what the defaults lose there."""

    ledger: Ledger
    asked: Asked
    day: date
    folds: list[Fold]
    settings: TrainSettings
    in_force: Mapping[str, Value]
    defaults: list[pl.DataFrame]
    chance: list[pl.DataFrame]
    study: Study
    name: str
    space: Mapping[str, Range | Choice]
    progress: Progress

    @classmethod
    def of(cls, opened: Home, day: date, progress: Progress) -> "Bench":
        """The bench of a home as of a day; what the defaults lose is worked out once and kept in HOME/tuning."""
        file = TrainingFile.read(opened.settings.home)
        settings = file.model_copy(update=_shipped()).applied(opened.train_settings)
        progress("building payment histories")
        ledger = opened.ledger.known(day, "start")
        asked = ask_landmarks(ledger, day, settings)
        found = folds(ledger, asked, day, settings)
        name = _name(opened, day, settings)
        place = opened.settings.home / _FOLDER
        of_defaults = place / f"{name}-defaults.parquet"
        defaults = _kept(of_defaults, "training with the defaults", ledger, asked, found, settings, progress)
        used = [fold for fold in found if fold.start in {part["fold"][0] for part in defaults}]
        seeded = with_values(settings, {"seed": settings.hazard.seed + 1000})
        of_chance = place / f"{name}-another-seed.parquet"
        chance = _kept(of_chance, "training with another seed", ledger, asked, used, seeded, progress)
        space = space_of(trained_on(defaults), settings.hazard.small_rows)
        study = Study(opened.settings.home, name, space, settings.hazard.seed)
        in_force = {key: getattr(file, key) for key in SPACE}
        return cls(ledger, asked, day, used, settings, in_force, defaults, chance, study, name, space, progress)

    def begin(self) -> None:
        """Makes the defaults the study's first trial; what was broken off is tried next, then the settings in force."""
        if not any(trial.told.get(_ROLE) == _DEFAULTS for trial in self.study.trials()):
            values = {key: getattr(self.settings.hazard, key) for key in self.space}
            self.study.note(values, so_far(self.defaults), {_ROLE: _DEFAULTS})
        self.study.resume()
        self.study.wish(self.in_force)


def _kept(
    file: Path, what: str, ledger: Ledger, asked: Asked, found: list[Fold], settings: TrainSettings, progress: Progress
) -> list[pl.DataFrame]:
    """What ``settings`` lose by fold, folds with too little history left out: read from ``file`` once it was written."""
    if not file.exists():
        parts, lacking = [], None
        for number, fold in enumerate(found):
            progress(what, number, len(found))
            try:
                parts.append(lost(ledger, asked, fold, settings))
            except TooFewLabelsError as few:
                lacking = few
        if lacking and not parts:
            raise lacking
        file.parent.mkdir(exist_ok=True)
        writing = file.with_suffix(".writing")
        pl.concat(parts).write_parquet(writing)
        writing.rename(file)
    return pl.read_parquet(file).partition_by("fold", maintain_order=True)


def so_far(parts: Sequence[pl.DataFrame]) -> list[float]:
    """The objective over the folds up to each one."""
    found = [means(pl.concat(parts[: end + 1]))[OBJECTIVE] for end in range(len(parts))]
    return [0.0 if value is None else value for value in found]


def with_values(settings: TrainSettings, values: Mapping[str, Any]) -> TrainSettings:
    """``settings`` with other values of how boosters are grown."""
    return replace(settings, hazard=replace(settings.hazard, **values))


def _shipped() -> dict[str, Any]:
    """The defaults of what is searched."""
    return {key: TrainingFile.model_fields[key].default for key in SPACE}


def _name(opened: Home, day: date, settings: TrainSettings) -> str:
    """A study's name: the day, and a digest of all that its figures depend on and that is not searched."""
    what = [opened.data_version, installed("riskpay"), day, asdict(settings.features), settings.lag_days]
    told = json.dumps([*what, settings.min_settled, settings.grown_with, sorted(SPACE)], default=str, sort_keys=True)
    return f"{day}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """While nobody else tunes in this home: what is being tried by a process that is gone can be told by that."""
    with (home / ".tuning.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another riskpay tune is at work in {home}", "let it finish, or stop it; what it tried is kept"
            ) from None
        yield
