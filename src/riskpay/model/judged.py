"""How good answers are: scores by item and by money, intervals by customer bootstrap, and pairs against each naive rule."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from riskpay.model.answers import Answers
from riskpay.model.differences import Difference
from riskpay.model.evaluation import Scores, draw_customers, interval, score
from riskpay.model.ranking import Ranking

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DRAWS: Final = 300
MEASURES: Final = ("brier", "amount_brier", "roc_auc")
"""What is drawn; a measure less that of another predictor is below 0 where it is better, for roc_auc above 0."""

Interval = tuple[float, float] | None


@dataclass(frozen=True)
class MoneyScores:
    """Measures in which each item counts by its open amount; None without money.

    ``amount_base_rate``: share of the money to which it happened. ``amount_mean_p``: share that was predicted.
    """

    amount_base_rate: float | None
    amount_mean_p: float | None
    amount_brier: float | None


@dataclass(frozen=True)
class Judged:
    """Scores by predictor, the model's 95 % intervals, and the model less each naive rule over the same draws of customers.

    ``mean_p``: mean probability by predictor, to be held against the base rate.
    """

    customers: int
    scores: dict[str, Scores]
    mean_p: dict[str, float | None]
    money: dict[str, MoneyScores]
    intervals: dict[str, Interval]
    less: dict[str, dict[str, Difference]]

    @property
    def n(self) -> int:
        """Number of decided questions."""
        return self.scores["model"].n

    def to_json(self) -> dict[str, object]:
        """Measures by predictor; ``customers``, ``intervals`` and ``less`` beside them."""
        by_name = {
            name: scores.to_json() | rounded({"mean_p": self.mean_p[name], **asdict(self.money[name])})
            for name, scores in self.scores.items()
        }
        ends = {name: None if found is None else [round(x, 6) for x in found] for name, found in self.intervals.items()}
        less = {name: {m: d.to_json() for m, d in found.items()} for name, found in self.less.items()}
        return {**by_name, "customers": self.customers, "intervals": ends, "less": less}


def rounded(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    """Figures in six digits."""
    return {name: None if value is None else round(value, 6) for name, value in figures.items()}


def judged(answers: Answers, draws: int = DRAWS, seed: int = 7) -> Judged:
    """The judgement on answers; the model is held against every other predictor of them."""
    happened, predictions = answers.happened, answers.predictions
    number, drawn = _drawn(answers, draws, seed)
    whole = {name: _measures_of(answers, p) for name, p in predictions.items()}
    others = [name for name in predictions if name != "model"]
    return Judged(
        customers=number,
        scores={name: score(happened, p) for name, p in predictions.items()},
        mean_p={name: float(p.mean()) if len(p) else None for name, p in predictions.items()},
        money={name: _money(answers, p) for name, p in predictions.items()},
        intervals={m: interval(_there(drawn["model"][m]), draws) for m in MEASURES},
        less={
            name: {
                m: difference(
                    whole["model"][m], whole[name][m], zip(drawn["model"][m], drawn[name][m], strict=True), draws
                )
                for m in MEASURES
            }
            for name in others
        },
    )


def mean_less(loss: FloatArray, other: FloatArray, owners: IntArray, draws: int = DRAWS, seed: int = 7) -> Difference:
    """Mean of one loss less that of another, one a question, with its 95 % interval over draws of customers."""
    if not len(loss):
        return Difference(None, None, None)
    sums, number = _by_customer(owners, np.column_stack([np.ones(len(loss)), loss - other]))
    totals = (weight @ sums for weight in drawn_weights(number, draws, seed))
    found = [float(total[1] / total[0]) for total in totals]
    return Difference(float((loss - other).mean()), *(interval(found, draws) or (None, None)))


def drawn_weights(number: int, draws: int, seed: int) -> Iterator[FloatArray]:
    """How often each of so many customers is drawn, draw by draw; as ``evaluation.draw_customers``."""
    for picks in draw_customers(number, draws, seed):
        yield np.bincount(picks, minlength=number).astype(np.float64)


def _drawn(answers: Answers, draws: int, seed: int) -> tuple[int, dict[str, dict[str, list[float | None]]]]:
    """The number of customers, and by predictor and measure what each draw of them gives."""
    names = list(answers.predictions)
    found: dict[str, dict[str, list[float | None]]] = {name: {m: [] for m in MEASURES} for name in names}
    if not len(answers.happened):
        return 0, found
    _, owner = np.unique(answers.owners, return_inverse=True)
    square = {name: (p - answers.happened) ** 2 for name, p in answers.predictions.items()}
    rankings = {name: Ranking(answers.happened, p, owner) for name, p in answers.predictions.items()}
    worth = answers.worth
    parts = [np.ones(len(owner)), worth, *(s for name in names for s in (square[name], square[name] * worth))]
    sums, number = _by_customer(owner, np.column_stack(parts))
    for weight in drawn_weights(number, draws, seed):
        total = weight @ sums
        for place, name in enumerate(names):
            brier, money = total[2 + 2 * place], total[3 + 2 * place]
            found[name]["brier"].append(float(brier / total[0]))
            found[name]["amount_brier"].append(float(money / total[1]) if total[1] > 0 else None)
            found[name]["roc_auc"].append(rankings[name].roc_auc(weight))
    return number, found


def _by_customer(owners: IntArray, columns: FloatArray) -> tuple[FloatArray, int]:
    """Sums of columns by customer, shape (customers, columns), and the number of customers."""
    _, owner = np.unique(owners, return_inverse=True)
    number = int(owner.max()) + 1
    return np.column_stack([np.bincount(owner, column, minlength=number) for column in columns.T]), number


def _measures_of(answers: Answers, p: FloatArray) -> dict[str, float | None]:
    if not len(p):
        return dict.fromkeys(MEASURES)
    square = (p - answers.happened) ** 2
    return {
        "brier": float(square.mean()),
        "amount_brier": _weighted_mean(square, answers.worth),
        "roc_auc": Ranking(answers.happened, p).roc_auc(np.ones(len(p))),
    }


def _money(answers: Answers, p: FloatArray) -> MoneyScores:
    worth = answers.worth
    return MoneyScores(
        amount_base_rate=_weighted_mean(answers.happened.astype(np.float64), worth),
        amount_mean_p=_weighted_mean(p, worth),
        amount_brier=_weighted_mean((p - answers.happened) ** 2, worth),
    )


def _weighted_mean(values: FloatArray, worth: FloatArray) -> float | None:
    total = float(worth.sum())
    return float(values @ worth) / total if total > 0 else None


def difference(
    ours: float | None, theirs: float | None, drawn: Iterable[tuple[float | None, float | None]], draws: int
) -> Difference:
    """One measure less another, with the interval of what ``draws`` draws gave for both."""
    pairs = [a - b for a, b in drawn if a is not None and b is not None]
    change = None if ours is None or theirs is None else ours - theirs
    return Difference(change, *(interval(pairs, draws) or (None, None)))


def _there(found: list[float | None]) -> list[float]:
    return [value for value in found if value is not None]
