"""The gate: whether a new model may become champion, rule by rule, on questions that it did not learn from.

Each rule is a pure function of ``Held`` (what happened and what each predictor said) and of ``GateRules``
(the policy's bounds), and gives a ``Finding``. What is better or worse is said by the mean of squared errors (Brier
score) with a 95 % interval over drawn customers: a gain or loss counts where the interval excludes zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from riskpay.model.differences import Difference, brier_difference

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

Relation = Literal["refresh", "other", "aged", "prior"]
"""How a challenger stands to the champion: the same recipe on newer data, or another recipe; or whatever the recipe, the
champion is so old, or only a prior model, that what is not shown to be worse replaces it."""

_REPLACED = {"aged": "an aged champion", "prior": "a prior model"}

Rule = Literal["tested", "labels", "leak", "fresh", "naive", "champion", "segments", "level", "ece", "prior"]


@dataclass(frozen=True)
class Finding:
    """What one rule found: its name, whether the challenger passed, and the figures in words."""

    rule: Rule
    passed: bool
    said: str

    def to_json(self) -> dict[str, str | bool]:
        """Plain values."""
        return {"rule": self.rule, "passed": self.passed, "said": self.said}


@dataclass(frozen=True)
class Verdict:
    """The gate's answer: promoted if every rule was passed, and there was one; ``notes`` say what was not asked."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def promoted(self) -> bool:
        """Whether the challenger becomes champion."""
        return bool(self.findings) and all(finding.passed for finding in self.findings)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the rules that were failed."""
        return tuple(finding.rule for finding in self.findings if not finding.passed)

    @property
    def why(self) -> tuple[str, ...]:
        """Every finding and note in words."""
        said = (f"{'passed' if found.passed else 'failed'}: {found.said}" for found in self.findings)
        return (*said, *self.notes)


@dataclass(frozen=True)
class GateRules:
    """The policy's bounds; Brier scores and shares from 0 to 1.

    ``min_brier_gain``: over the naive ratio. ``min_champion_gain``: over the champion, of another recipe.
    ``max_brier_loss``: which the interval of a refresh must stay within. ``max_segment_loss``: in one segment of at least
    ``min_segment_questions`` questions. ``max_level_error``: |mean predicted - observed share|. ``max_ece``: expected
    calibration error. ``max_feature_auc``: ROC-AUC beyond which one feature alone tells too much.
    ``max_data_age_days``, ``min_recent_volume``: see ``freshness``.
    """

    min_brier_gain: float
    min_champion_gain: float
    max_brier_loss: float
    max_segment_loss: float
    min_segment_questions: int
    max_level_error: float
    max_ece: float
    max_feature_auc: float
    max_data_age_days: int
    min_recent_volume: float


@dataclass(frozen=True)
class Held:
    """Questions held back, all arrays of shape (questions,): what happened, of whom, and what each predictor said.

    ``customers``: a number a customer. ``segments``: the name of each question's segment. ``champion``: None where
    nothing that knows none of these questions stands for it.
    """

    happened: BoolArray
    customers: IntArray
    segments: npt.NDArray[np.str_]
    model: FloatArray
    naive: FloatArray
    champion: FloatArray | None = None

    def __len__(self) -> int:
        """Number of questions."""
        return len(self.happened)

    @property
    def rival(self) -> tuple[str, FloatArray]:
        """Whom the challenger may not fall behind: the champion, else the naive ratio, with its name."""
        return ("the naive ratio", self.naive) if self.champion is None else ("the champion", self.champion)


def any_held(held: Held) -> Finding:
    """Whether anything was held back to test on."""
    if len(held):
        number = len(np.unique(held.customers))
        return Finding("tested", passed=True, said=f"{len(held)} questions of {number} customers held back")
    said = "no decided question was held back, and an untested model is not promoted: load more history"
    return Finding("tested", passed=False, said=said)


def against_naive(held: Held, rules: GateRules) -> Finding:
    """Better than the customer's own shrunk late share, by the policy's margin and beyond the luck of the customers."""
    found = _less(held, held.naive)
    passed = found.shows_below(-rules.min_brier_gain)
    margin = f", a gain of {rules.min_brier_gain:.4f} is asked for" if rules.min_brier_gain else ""
    said = (
        f"Brier {_brier(held, held.model)} against the naive ratio's {_brier(held, held.naive)}, {found.said}{margin}"
    )
    return Finding("naive", passed, said)


def against_champion(held: Held, relation: Relation, rules: GateRules) -> Finding | None:
    """Better than the champion if it is another recipe, no worse if it is a refresh; None without a champion to ask."""
    if held.champion is None:
        return None
    found = _less(held, held.champion)
    said = f"Brier {_brier(held, held.model)} against the champion's {_brier(held, held.champion)}, {found.said}"
    if relation == "other":
        asked = f"another recipe must be better by {rules.min_champion_gain:.4f}, and the interval exclude zero"
        return Finding("champion", found.shows_below(-rules.min_champion_gain), f"{said}; {asked}")
    if relation == "refresh":
        asked = f"a refresh of the same recipe must be shown to be no worse than by {rules.max_brier_loss:.4f}"
        return Finding("champion", found.rules_out(rules.max_brier_loss), f"{said}; {asked}")
    asked = f"what replaces {_REPLACED[relation]} must not be shown to be worse than by {rules.max_brier_loss:.4f}"
    return Finding("champion", not found.shows_above(rules.max_brier_loss), f"{said}; {asked}")


def by_segment(held: Held, rules: GateRules) -> Finding | None:
    """No segment worse than the champion (else the naive ratio) beyond bound and luck; None if none is large enough."""
    who, other = held.rival
    names, counts = np.unique(held.segments, return_counts=True)
    asked = [str(name) for name, count in zip(names, counts, strict=True) if count >= rules.min_segment_questions]
    worse = list(_worse(held, other, asked, rules.max_segment_loss))
    if not asked:
        return None
    bound = f"{rules.max_segment_loss:.4f} in Brier score is the bound, against {who}"
    said = f"worse in {'; '.join(worse)}" if worse else f"in none of {', '.join(asked)} worse beyond it"
    return Finding("segments", not worse, f"{said}; {bound}")


def _worse(held: Held, other: FloatArray, names: list[str], bound: float) -> Iterator[str]:
    for name in names:
        here = held.segments == name
        found = brier_difference(held.happened[here], held.model[here], other[here], held.customers[here])
        if found.shows_above(bound):
            yield f"{name} ({int(here.sum())} questions, {found.said})"


def _less(held: Held, other: FloatArray) -> Difference:
    return brier_difference(held.happened, held.model, other, held.customers)


def _brier(held: Held, p: FloatArray) -> str:
    return f"{np.mean((p - held.happened) ** 2):.4f}"
