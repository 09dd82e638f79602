"""A backtest's ablation: models without each family of features, judged before the cutoff and after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskpay.ledger.ledger import Ledger
from riskpay.model.ablation import Effect, Trial, blind_to, effect, full_measures, reseeded, validation_trials
from riskpay.model.subset import Group
from riskpay.model.training import Asked, TrainSettings
from riskpay.workflows.progress import Progress

USES = ("validation", "test")
"""What windows are for: choosing features (before the cutoff), and seeing what came after it, not for choosing."""

Trials = dict[str, list[Trial]]
Effects = dict[str, Effect]


@dataclass(frozen=True)
class Ablation:
    """What leaving each group out changes, by use; what another seed alone changes; how good the full model is."""

    effects: dict[Group, Effects]
    another_seed: Effects
    full: dict[str, dict[str, dict[str, float | None]]]
    trials: Trials

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it: ``ablation``, and ``ablation_basis`` beside it."""
        return {
            "ablation": [self._group(group) | _uses(effects) for group, effects in self.effects.items()],
            "ablation_basis": {
                "windows": [_window(use, trial) for use, trials in self.trials.items() for trial in trials],
                "full": {use: _rounded(found) for use, found in self.full.items()},
                "another_seed": _uses(self.another_seed),
            },
        }

    def _group(self, group: Group) -> dict[str, Any]:
        read = len(self.trials["test"][0].read.intersection(group.names))
        return {"family": group.family, "feature": group.feature, "features": len(group.names), "read": read}


def ablation(
    ledger: Ledger, asked: Asked, test: Trial, groups: Sequence[Group], settings: TrainSettings, progress: Progress
) -> Ablation:
    """Models without each group, beside the full ones, on later periods before the test's cutoff and on the test.

    ``asked``: the landmark questions before the cutoff; they are not asked again. Each model is grown from what was
    known at its own cutoff, with the same seed, and finds its own rounds and calibration.
    """
    progress("training on periods before the cutoff", 0, len(groups) + 2)
    trials = {"validation": validation_trials(ledger, asked, test.window.cutoff, settings), "test": [test]}

    def effects(other: TrainSettings) -> Effects:
        return {use: effect(ledger, asked, found, other) for use, found in trials.items()}

    progress("training with another seed", 1, len(groups) + 2)
    chance = effects(reseeded(settings))
    found = {}
    for number, group in enumerate(groups):
        progress(f"training without {group.name}", number + 2, len(groups) + 2)
        found[group] = effects(blind_to(settings, group))
    full = {use: full_measures(told) for use, told in trials.items()}
    return Ablation(found, chance, full, trials)


def _uses(effects: Effects) -> dict[str, Any]:
    return {use: effects[use].to_json() for use in USES}


def _window(use: str, trial: Trial) -> dict[str, Any]:
    window = trial.window
    return {
        "use": use,
        "cutoff": window.cutoff.isoformat(),
        "until": window.until.isoformat(),
        "n": {target: rows.height for target, rows in window.decided.items()},
    }


def _rounded(found: dict[str, dict[str, float | None]]) -> dict[str, dict[str, float | None]]:
    return {
        target: {name: None if value is None else round(value, 6) for name, value in figures.items()}
        for target, figures in found.items()
    }
