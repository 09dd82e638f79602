"""From one set of figures of an item to another, phrase by phrase: what each changed figure adds to its chances.

The phrases whose figures changed are taken over one after the other, once in the catalogue's order and once in the reverse order,
and the mean of both is told: the Shapley value of each phrase wherever no more than two phrases act together (such pairs of orders:
Mitchell, Cooper, Frank and Holmes 2022). A figure that did not change adds nothing, and the parts sum to the whole way because each
order does. Figures that are said alike before and after, as all shrunk shares are on a quiet day, are one step together. A model is
asked about twice as many sets of figures as there are steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.catalogue import Feature
from riskpay.model.bridge import Part
from riskpay.model.chances import Chances, chances
from riskpay.model.late_model import LateModel
from riskpay.model.phrases import by_phrase, said

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Parts = tuple[Part, ...]

DUE_DATE: Final = "due_date"
_COUNTS_FROM_DUE: Final = "days_from_due"


@dataclass(frozen=True)
class Walked:
    """What each step adds to p_late and to S, of one item."""

    p_late: Parts
    unpaid: Parts


@dataclass(frozen=True)
class Step:
    """What is taken over at once: some phrases, by their places, and how that is said."""

    code: str
    text: str
    phrases: tuple[int, ...]


def walk(
    model: LateModel, start: pl.DataFrame, end: pl.DataFrame, ends: tuple[Chances, Chances], days: int, split: BoolArray
) -> list[Walked | None]:
    """What each step from ``start`` to ``end`` adds to p_late and S(``days``), by item.

    The frames hold the same items in the same order, as of one day; ``ends``: their chances at either end. None
    for the items that are not to be ``split``.
    """
    ways = _Ends.of(model, start, end)
    steps = [ways.steps(item) if asked else [] for item, asked in enumerate(split)]
    items, taken = _stations(steps, len(ways.phrases))
    asked = chances(model, ways.between(items, taken), days) if len(items) else ends[0]
    found: list[Walked | None] = []
    at = 0
    for item, way in enumerate(steps):
        stations = slice(at, at := at + 2 * max(0, len(way) - 1))
        late = _shapley(ends[0].p_late[item], asked.p_late[stations], ends[1].p_late[item])
        unpaid = _shapley(ends[0].unpaid[item], asked.unpaid[stations], ends[1].unpaid[item])
        found.append(Walked(_parts(way, late), _parts(way, unpaid)) if split[item] else None)
    return found


@dataclass(frozen=True)
class _Ends:
    """Both ends of the way of all items, and the places of the features of each phrase.

    ``due``: number of the phrase with which a moved due date is taken over: that of the days since it, if it is read.
    """

    read: tuple[Feature, ...]
    phrases: dict[str, list[int]]
    start: pl.DataFrame
    end: pl.DataFrame
    changed: BoolArray
    due: int

    @classmethod
    def of(cls, model: LateModel, start: pl.DataFrame, end: pl.DataFrame) -> "_Ends":
        read = tuple(feature for feature in model.hazard.read if feature.name not in model.without)
        moved = [start[feature.name].ne_missing(end[feature.name]).to_numpy() for feature in read]
        phrases = by_phrase(read)
        place = next((n for n, feature in enumerate(read) if feature.name == _COUNTS_FROM_DUE), 0)
        due = next(number for number, there in enumerate(phrases.values()) if place in there)
        return cls(read, phrases, start, end, np.stack(moved, axis=1), due)

    def steps(self, item: int) -> list[Step]:
        """The way of one item: a step a phrase whose figures are said otherwise at the end, one for all others."""
        told, small = [], []
        for number, (phrase, places) in enumerate(self.phrases.items()):
            moved = [self.read[place] for place in places if self.changed[item, place]]
            step = self._due_date(item, number) or self._step(item, phrase, number, moved)
            if step:
                told.append(step)
            elif moved:
                small.append(number)
        if small:
            figures = "a small change of one figure" if len(small) == 1 else f"small changes of {len(small)} figures"
            told.append(Step("small_changes", figures, tuple(small)))
        return told

    def between(self, items: IntArray, taken: BoolArray) -> pl.DataFrame:
        """Questions of some items, in which each phrase that is ``taken`` (rows, phrases) has its figures of the end."""
        start, end = self.start[items], self.end[items]
        columns = []
        for number, places in enumerate(self.phrases.values()):
            mask = pl.Series(taken[:, number])
            names = [self.read[place].name for place in places] + [DUE_DATE] * (number == self.due)
            columns += [end[name].zip_with(mask, start[name]) for name in names]
        return end.with_columns(columns)

    def _due_date(self, item: int, number: int) -> Step | None:
        before, after = self.start[DUE_DATE][item], self.end[DUE_DATE][item]
        if before == after or number != self.due:
            return None
        return Step(DUE_DATE, f"its due date was moved (from {before} to {after})", (number,))

    def _step(self, item: int, phrase: str, number: int, moved: Sequence[Feature]) -> Step | None:
        for feature in moved:
            before, after = (said(feature, frame[feature.name][item]) for frame in (self.start, self.end))
            if before != after:
                return Step(feature.name, f"{phrase} ({before}, now {after})", (number,))
        return None


def _stations(steps: Sequence[Sequence[Step]], phrases: int) -> tuple[IntArray, BoolArray]:
    """The items, and the phrases taken over, at each stop on the ways: growing from the first step, then from the last."""
    items: list[int] = []
    taken: list[BoolArray] = []
    for item, way in enumerate(steps):
        for order in (way, way[::-1]):
            here = np.zeros(phrases, dtype=bool)
            for step in order[:-1]:
                here = here.copy()
                here[list(step.phrases)] = True
                items.append(item)
                taken.append(here)
    return np.asarray(items, dtype=np.int64), np.asarray(taken, dtype=bool).reshape(-1, phrases)


def _shapley(start: float, between: FloatArray, end: float) -> list[float]:
    """What each step adds in one order and in the reverse one, the mean of both, in the first order."""
    half = len(between) // 2
    there = [after - before for before, after in pairwise([start, *between[:half], end])]
    back = [after - before for before, after in pairwise([start, *between[half:], end])]
    return [float(one + other) / 2 for one, other in zip(there, reversed(back), strict=True)]


def _parts(way: Sequence[Step], added: Sequence[float]) -> Parts:
    # Without any step both ends are the same, and what is added from one to the other is nothing.
    return tuple(Part(step.code, step.text, points) for step, points in zip(way, added, strict=False))
