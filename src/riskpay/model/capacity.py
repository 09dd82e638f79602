"""What a team that can look at only so many items a day finds: precision, and money captured.

Each day's items are a list of their own (a snapshot of the open book, or the items issued that day). An order that is
better puts more of what happens, or more of its money, into the part that the team gets to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from riskpay.model.answers import Answers
from riskpay.model.differences import Difference
from riskpay.model.judged import DRAWS, difference, drawn_weights, rounded

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FIRST: Final = 50
"""Items a day that a team looks at."""
SHARE: Final = 0.05
MONEY_SHARES: Final = (0.1, 0.2)


@dataclass(frozen=True)
class Capacity:
    """What each order finds, by measure, and the model's order less the naive ratio's.

    ``precision_50``, ``precision_5pct``: share to which it happened among the first 50, or 5 %, of each day. ``captured_10``,
    ``captured_20``: share of all money to which it happened that lies in the first 10 %, 20 % of the items of each day.
    For precision items are ordered by probability, for money by probability times open amount.
    """

    days: int
    found: dict[str, dict[str, float | None]]
    less: dict[str, Difference]

    def to_json(self) -> dict[str, object]:
        """Days, measures by order, and pairs."""
        less = {name: d.to_json() for name, d in self.less.items()}
        return {"days": self.days, **{k: rounded(v) for k, v in self.found.items()}, "less": {"naive_ratio": less}}


@dataclass(frozen=True)
class _Room:
    """How many items of each day are looked at: so many, or a share of them."""

    name: str
    first: int | None = None
    share: float = 0.0

    def of(self, total: FloatArray) -> FloatArray:
        """Items looked at, of days that hold so many."""
        return np.minimum(total, self.first) if self.first else self.share * total


_PRECISION: Final = (_Room(f"precision_{FIRST}", first=FIRST), _Room(f"precision_{round(100 * SHARE)}pct", share=SHARE))
_CAPTURED: Final = tuple(_Room(f"captured_{round(100 * share)}", share=share) for share in MONEY_SHARES)


def capacity(answers: Answers, day: IntArray, draws: int = DRAWS, seed: int = 7) -> Capacity:
    """What orders find among answers, ``day`` by ``day`` (a number a question).

    Orders: those of the predictors, ``largest`` (by amount alone) and ``best`` (knowing what happens). A drawn customer
    that counts twice takes twice the room of the list.
    """
    told = {**answers.predictions, "largest": np.ones(len(day)), "best": answers.happened.astype(np.float64)}
    _, list_of = np.unique(day, return_inverse=True)
    _, owner = np.unique(answers.owners, return_inverse=True)
    number = int(owner.max()) + 1 if len(day) else 0
    orders = {name: _Orders(answers, p, list_of, owner) for name, p in told.items()}
    found = {name: order.found(np.ones(number)) for name, order in orders.items()}
    pair = orders["model"], orders["naive_ratio"]
    drawn = [tuple(order.found(weight) for order in pair) for weight in drawn_weights(number, draws, seed)]
    less = {
        m: difference(ours, found["naive_ratio"][m], ((a[m], b[m]) for a, b in drawn), draws)
        for m, ours in found["model"].items()
    }
    return Capacity(len(np.unique(day)), found, less)


class _Orders:
    """One predictor's two orders of the lists: by probability, and by probability times amount."""

    def __init__(self, answers: Answers, p: FloatArray, list_of: IntArray, owner: IntArray) -> None:
        happened, worth = answers.happened.astype(np.float64), answers.worth
        self._by_chance = _Order(p, worth, happened, list_of, owner)
        self._by_money = _Order(p * worth, worth, happened * worth, list_of, owner)

    def found(self, weight: FloatArray) -> dict[str, float | None]:
        """All measures, each customer counting ``weight`` times."""
        return {
            **{
                room.name: gain / n if n > 0 else None
                for room, (gain, n, _) in self._by_chance.looked(_PRECISION, weight)
            },
            **{
                room.name: gain / all_ if all_ > 0 else None
                for room, (gain, _, all_) in self._by_money.looked(_CAPTURED, weight)
            },
        }


class _Order:
    """Items of lists in one order, ready to be cut off under many weights."""

    def __init__(
        self, value: FloatArray, worth: FloatArray, gain: FloatArray, list_of: IntArray, owner: IntArray
    ) -> None:
        # What an order cannot tell apart is taken in order of the amount, as a person would.
        order = np.lexsort((-worth, -value, list_of))
        self._owner, self._gain = owner[order], gain[order]
        self._starts = np.flatnonzero(np.diff(list_of[order], prepend=-1))

    def looked(self, rooms: Sequence[_Room], weight: FloatArray) -> Iterator[tuple[_Room, tuple[float, float, float]]]:
        """For each room: what is gained by looking, how many items are looked at, and all there is to gain."""
        if not len(self._owner):
            yield from ((room, (0.0, 0.0, 0.0)) for room in rooms)
            return
        own = weight[self._owner]
        upto, gained = np.cumsum(own), np.cumsum(own * self._gain)
        last = np.append(self._starts[1:], len(own)) - 1
        starts = upto[self._starts] - own[self._starts]
        total = upto[last] - starts
        before = gained[self._starts] - own[self._starts] * self._gain[self._starts]
        for room in rooms:
            cut = starts + room.of(total)
            # The item at which a list is cut counts as far as there is room for it.
            at = np.clip(np.searchsorted(upto, cut, side="left"), self._starts, last)
            gain = gained[at] - (upto[at] - cut) * self._gain[at] - before
            yield room, (float(gain.sum()), float(room.of(total).sum()), float(gained[-1]))
