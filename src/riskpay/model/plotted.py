"""What pictures of an assessment are drawn from: reliability by bin, and what is found by the share looked at."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from riskpay.model.answers import Answers
from riskpay.model.evaluation import ECE_BINS

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PLOTTED: Final = ("model", "naive_ratio")
LIFT_STEPS: Final = 20


@dataclass(frozen=True)
class Bin:
    """Questions of like probability: their number, mean probability, and the share to which it happened."""

    n: int
    mean_p: float
    observed: float

    def to_json(self) -> dict[str, float | int]:
        """By name."""
        return {"n": self.n, "mean_p": round(self.mean_p, 6), "observed": round(self.observed, 6)}


@dataclass(frozen=True)
class Lift:
    """Share of what happened that lies in the first 0, 5, ... 100 % of all items, by order: in items, and in money.

    Items are ordered by probability, money by probability times amount. ``largest``: by amount alone, ``best``: knowing what
    happens. Empty where nothing happened.
    """

    items: dict[str, FloatArray]
    money: dict[str, FloatArray]

    def to_json(self) -> dict[str, dict[str, list[float]]]:
        """By kind and order."""
        kinds = {"items": self.items, "money": self.money}
        return {
            kind: {name: [round(float(y), 6) for y in found] for name, found in orders.items()}
            for kind, orders in kinds.items()
        }


def bins(happened: BoolArray, p: FloatArray, number: int = ECE_BINS) -> list[Bin]:
    """Bins of equal count in order of probability, as the ECE has them."""
    parts = [part for part in np.array_split(np.argsort(p, kind="stable"), number) if len(part)]
    return [Bin(len(part), float(p[part].mean()), float(happened[part].mean())) for part in parts]


def lift(answers: Answers) -> Lift:
    """What the model, the naive ratio, amounts alone and perfect knowledge find."""
    happened, worth = answers.happened.astype(np.float64), answers.worth
    told = {name: answers.predictions[name] for name in PLOTTED}
    items = {**told, "best": happened}
    money = {**told, "largest": np.ones(len(worth)), "best": happened}
    return Lift(
        {name: _found(p, worth, happened) for name, p in items.items()} if happened.any() else {},
        {name: _found(p * worth, worth, happened * worth) for name, p in money.items()}
        if (happened @ worth) > 0
        else {},
    )


def _found(value: FloatArray, worth: FloatArray, gain: FloatArray) -> FloatArray:
    ordered = np.concatenate([[0.0], np.cumsum(gain[np.lexsort((-worth, -value))])])
    looked = np.linspace(0, len(gain), LIFT_STEPS + 1)
    found: FloatArray = np.interp(looked, np.arange(len(ordered)), ordered) / ordered[-1]
    return found
