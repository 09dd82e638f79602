"""What a model and the naive rules say of asked questions, beside what happened.

A target is a day by which an item may be unpaid: so many days after its due date (late, late_30, ...), or so many days
after the question (unpaid_7, ...). Both are a limit in days from the due date, one a question.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.labels import outcomes
from riskpay.model.by_customer import owners_of
from riskpay.model.late_model import LateModel
from riskpay.model.risk import HORIZON_DAYS, RiskTable
from riskpay.model.training import LATE_TARGETS, Asked, TrainSettings

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

UNPAID_TARGETS: Final = {"unpaid_7": 7, "unpaid_30": 30, "unpaid_60": 60, "unpaid_90": 90}
"""Targets by name: unpaid so many days after the question, S(7) and so on of the payment curve."""


@dataclass(frozen=True)
class Answers:
    """Decided questions of one target: ``rows`` of the asked frame, what happened, and what each predictor said.

    ``owners``: a number a customer, the same for all targets of the questions. ``worth``: open amount in major units of the
    reporting currency.
    """

    rows: IntArray
    happened: BoolArray
    predictions: dict[str, FloatArray]
    owners: IntArray
    worth: FloatArray

    def where(self, mask: BoolArray) -> Self:
        """The questions for which ``mask`` (one a decided question) is true."""
        said = {name: p[mask] for name, p in self.predictions.items()}
        return type(self)(self.rows[mask], self.happened[mask], said, self.owners[mask], self.worth[mask])


@dataclass(frozen=True)
class Questions:
    """Asked questions with what a model says of each; everything in the row order of ``asked.frame``.

    ``risks``: late risks and curves. ``worth``: open amounts in major units of the reporting currency.
    """

    asked: Asked
    model: LateModel
    risks: RiskTable
    worth: FloatArray

    @classmethod
    def of(cls, asked: Asked, model: LateModel, worth: FloatArray) -> Self:
        """What ``model`` says of the questions."""
        return cls(asked, model, model.risks(asked.frame, model.train_as_of, ""), worth)

    def where(self, mask: BoolArray) -> Self:
        """The questions for which ``mask`` is true."""
        kept = pl.Series(mask)
        risks = RiskTable(self.risks.as_of, self.risks.items.filter(kept), self.risks.unpaid[mask], "")
        return type(self)(self.asked.where(kept), self.model, risks, self.worth[mask])

    @cached_property
    def at(self) -> IntArray:
        """Days from the due date to as_of, negative before it."""
        frame = self.asked.frame
        return (frame["as_of"] - frame["due_date"]).dt.total_days().to_numpy().astype(np.int64)

    @cached_property
    def owners(self) -> IntArray:
        """A number for each question's customer."""
        return owners_of(self.asked.frame)

    def unpaid_by(self, limit: IntArray) -> FloatArray:
        """P(not paid by so many days after the due date), read off late probability and curve.

        1 where the day has passed; what lies beyond the curve's horizon counts as its last day.
        """
        ahead = np.clip(limit - self.at, 0, HORIZON_DAYS)
        on_curve = self.risks.unpaid[np.arange(len(ahead)), ahead].astype(np.float64)
        # An item asked on the last day of the first interval has S(0) = 1 by definition; p_late tells what that day still pays.
        first = limit == self.model.grid.ends[0]
        return np.where(first, self.risks.items["p_late"].to_numpy(), on_curve)

    def decided(self, limit: IntArray, items: pl.DataFrame, until: date, lag_days: int) -> tuple[IntArray, BoolArray]:
        """Rows whose outcome is known, and whether the item was unpaid at its limit; both as ``labels.outcomes``.

        ``items`` as ``open_items.latest``; ``until``: the last day whose facts are known.
        """
        frame = self.asked.frame.with_row_index("question").with_columns(limit=pl.Series(limit))
        found = outcomes(frame, items, pl.col("limit"), until, lag_days)
        return found["question"].to_numpy().astype(np.int64), found["happened"].to_numpy()

    def answers(self, limit: IntArray, decided: tuple[IntArray, BoolArray], naive: Mapping[str, FloatArray]) -> Answers:
        """The model's answers and those of ``naive`` rules (of all questions, by name) on decided questions."""
        rows, happened = decided
        said = {"model": self.unpaid_by(limit), **naive}
        return Answers(rows, happened, {name: p[rows] for name, p in said.items()}, self.owners[rows], self.worth[rows])


def limit_of(target: str, at: IntArray, settings: TrainSettings) -> IntArray:
    """Days from the due date by which an item must be paid for ``target`` not to happen, of questions ``at`` days from it."""
    if target in UNPAID_TARGETS:
        return at + UNPAID_TARGETS[target]
    return np.full(len(at), settings.days_late(target), dtype=np.int64)


def targets_of(grid_ends: tuple[int, ...], settings: TrainSettings) -> tuple[str, ...]:
    """The late targets that a grid can tell: those whose day ends one of its intervals."""
    return tuple(target for target in LATE_TARGETS if settings.days_late(target) in grid_ends)
