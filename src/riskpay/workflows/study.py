"""Trials of settings, kept in SQLite by Optuna. The only module that knows Optuna."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import optuna

from riskpay.model.search_space import Choice, Range, Value

Space = Mapping[str, Range | Choice]

FILE_NAME: Final = "tuning.db"
_UNPRUNED: Final = 5
"""Trials before any is stopped early."""


@dataclass(frozen=True)
class Trial:
    """Settings that were tried. ``state``: complete, or pruned (stopped after a bad fold); ``told``: what was noted."""

    number: int
    state: str
    settings: dict[str, Value]
    loss: float | None
    told: dict[str, Any]


class Study:
    """The trials of one study; only one process at a time may go on with it."""

    def __init__(self, home: Path, name: str, space: Space, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = space
        self._distributions = {key: _distribution(given) for key, given in space.items()}
        self._study = optuna.create_study(
            study_name=name,
            storage=f"sqlite:///{(home / FILE_NAME).absolute()}",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED),
            load_if_exists=True,
        )
        # A process that goes on must not draw once more what the one before it drew.
        self._study.sampler = optuna.samplers.TPESampler(seed=seed + len(self._study.get_trials(deepcopy=False)))

    def resume(self) -> int:
        """Puts what a stopped process was trying when it ended first in the queue; how many those were."""
        broken = self._study.get_trials(states=(optuna.trial.TrialState.RUNNING,))
        for trial in broken:
            self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            if trial.params:
                self._study.enqueue_trial(trial.params)
        return len(broken)

    def note(self, settings: Mapping[str, Value], losses: list[float], told: Mapping[str, Any]) -> None:
        """A finished trial of settings that were tried elsewhere; ``losses`` by folds so far, the last one of all."""
        self._study.add_trial(
            optuna.create_trial(
                value=losses[-1],
                params=dict(settings),
                distributions=self._distributions,
                user_attrs=dict(told),
                intermediate_values=dict(enumerate(losses)),
            )
        )

    def wish(self, settings: Mapping[str, Value]) -> None:
        """Has settings tried next, if they lie within the space and were not tried yet."""
        if all(settings[key] in given for key, given in self._space.items()):
            self._study.enqueue_trial({key: settings[key] for key in self._space}, skip_if_exists=True)

    def ask(self) -> "Running":
        """The settings to try next."""
        return Running(self._study, self._study.ask(self._distributions), self._space)

    def trials(self) -> list[Trial]:
        """All trials that came to an end, in order."""
        over = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
        return [_trial(trial, self._space) for trial in self._study.get_trials(states=over)]


class Running:
    """A trial under way."""

    def __init__(self, study: optuna.Study, trial: optuna.Trial, space: Space) -> None:
        self._study, self._trial = study, trial
        self.number: int = trial.number
        self.settings = {key: given.said(trial.params[key]) for key, given in space.items()}

    def hopeless(self, fold: int, loss: float) -> bool:
        """Whether a trial with that loss over the folds up to ``fold`` is worse than half of those before it."""
        self._trial.report(loss, fold)
        return bool(self._trial.should_prune())

    def end(self, loss: float | None, told: Mapping[str, Any]) -> None:
        """Writes down how it ended; ``loss`` None: it was stopped early."""
        for name, value in told.items():
            self._trial.set_user_attr(name, value)
        state = optuna.trial.TrialState.PRUNED if loss is None else optuna.trial.TrialState.COMPLETE
        self._study.tell(self._trial, loss, state=state)

    def fail(self) -> None:
        """Writes down that it cannot be tried."""
        self._study.tell(self._trial, state=optuna.trial.TrialState.FAIL)


def _trial(found: optuna.trial.FrozenTrial, space: Space) -> Trial:
    settings = {key: given.said(found.params[key]) for key, given in space.items()}
    complete = found.state is optuna.trial.TrialState.COMPLETE
    return Trial(
        found.number, found.state.name.lower(), settings, found.value if complete else None, dict(found.user_attrs)
    )


def _distribution(given: Range | Choice) -> optuna.distributions.BaseDistribution:
    if isinstance(given, Choice):
        return optuna.distributions.CategoricalDistribution(given.values)
    if given.whole:
        return optuna.distributions.IntDistribution(int(given.low), int(given.high), log=given.log)
    return optuna.distributions.FloatDistribution(given.low, given.high, log=given.log)
