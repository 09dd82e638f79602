"""What a model looks at in general: how far features move its chances, by family and by phrase, over a sample of questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.attribution import Attributed, Contributed, grouped
from riskpay.model.late_model import LateModel
from riskpay.model.phrases import by_phrase
from riskpay.model.reasons import HORIZON

SAMPLE: Final = 2000
"""Questions that are looked at: the latest ones."""
FEWER: Final = 500
"""As many where it should not take long: a mean over them is known to some 4 % of itself."""
PHRASES: Final = 20
"""Phrases that are told, of those that move the most."""


@dataclass(frozen=True)
class Moved:
    """How far something moves a chance: the mean of its absolute contributions, in points of probability.

    ``phrase``: None for a whole family. Contributions of features that stand together are added before they are made absolute.
    """

    family: str
    phrase: str | None
    mean_abs: float


@dataclass(frozen=True)
class Importance:
    """Of each figure (p_late; P(unpaid in 30 days)) the ``questions`` asked, and families and phrases, the strongest first.

    The p_late of a question past its due date is a fact, so those are not asked there.
    """

    questions: Mapping[str, int]
    families: Mapping[str, tuple[Moved, ...]]
    phrases: Mapping[str, tuple[Moved, ...]]

    def to_json(self) -> dict[str, Any]:
        """As plain values; ``share``: of all families' means together."""
        return {
            figure: {
                "questions": self.questions[figure],
                "families": [{"family": one.family, **self._size(figure, one)} for one in self.families[figure]],
                "phrases": [
                    {"family": one.family, "phrase": one.phrase, **self._size(figure, one)}
                    for one in self.phrases[figure]
                ],
            }
            for figure in self.questions
        }

    def _size(self, figure: str, one: Moved) -> dict[str, float]:
        whole = sum(family.mean_abs for family in self.families[figure])
        return {"mean_abs": round(one.mean_abs, 6), "share": round(one.mean_abs / whole, 6) if whole else 0.0}


def importance(model: LateModel, frame: pl.DataFrame, days: int = HORIZON, size: int = SAMPLE) -> Importance:
    """What moves p_late and P(unpaid ``days`` days from as_of) over the ``sample`` of ``size`` questions with features.

    ``frame`` as for ``LateModel.hazards``; contributions as ``attribution`` tells them of one item. TreeSHAP is slow: some
    500 person-period rows a second a core, of which a question has one to five.
    """
    asked = sample(frame, size)
    found = Contributed.of(model, asked, days)
    open_yet = found.at <= model.grid.ends[0]
    told = {
        "p_late": (found.lateness(), open_yet),
        f"p_unpaid_{days}": (found.unpaid(days), np.ones(len(open_yet), dtype=bool)),
    }
    return Importance(
        {figure: int(asked_of.sum()) for figure, (_, asked_of) in told.items()},
        {figure: _families(one, asked_of) for figure, (one, asked_of) in told.items()},
        {figure: _phrases(one, asked_of) for figure, (one, asked_of) in told.items()},
    )


def sample(frame: pl.DataFrame, size: int) -> pl.DataFrame:
    """The latest ``size`` questions, in order of day and item."""
    return frame.sort("as_of", *ITEM_KEY).tail(size)


def _families(found: Attributed, asked: npt.NDArray[np.bool_]) -> tuple[Moved, ...]:
    places: dict[str, list[int]] = {}
    for number, feature in enumerate(found.read):
        places.setdefault(feature.family, []).append(number)
    return _moved(found, asked, [(family, None) for family in places], list(places.values()))


def _phrases(found: Attributed, asked: npt.NDArray[np.bool_]) -> tuple[Moved, ...]:
    places = by_phrase(found.read)
    names = [(found.read[there[0]].family, phrase) for phrase, there in places.items()]
    return _moved(found, asked, names, list(places.values()))[:PHRASES]


def _moved(
    found: Attributed,
    asked: npt.NDArray[np.bool_],
    names: Sequence[tuple[str, str | None]],
    places: Sequence[Sequence[int]],
) -> tuple[Moved, ...]:
    points = np.abs(grouped(found.points[asked], places))
    means = points.mean(axis=0) if len(points) else np.zeros(len(places))
    moved = [Moved(*name, float(mean)) for name, mean in zip(names, means, strict=True)]
    return tuple(sorted(moved, key=lambda one: (-one.mean_abs, one.family, one.phrase or "")))
