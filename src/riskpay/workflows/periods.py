"""The period of an assessment, and the situations in which its questions are asked."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.decisions.policy import Policy
from riskpay.errors import NotThereError
from riskpay.features.snapshots import mondays
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.answers import Questions
from riskpay.model.late_model import LateModel
from riskpay.model.open_rules import OpenPast, open_past
from riskpay.model.training import Asked, TrainSettings
from riskpay.workflows.slices import slices, worth_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Period:
    """What an assessment is made of.

    ``ledger``: all that is known by now, from which outcomes come. ``before``: landmark questions before ``first``, from which naive
    rules learn. ``at_issue``: the questions at issue from ``first`` to ``last``, both included.
    """

    ledger: Ledger
    before: Asked
    at_issue: Asked
    first: date
    last: date
    policy: Policy
    settings: TrainSettings
    reporting: str

    @cached_property
    def states(self) -> pl.DataFrame:
        """States of all items."""
        return item_states(self.ledger, self.settings.features.tolerance)

    @cached_property
    def items(self) -> pl.DataFrame:
        """The last state of every item."""
        return latest(self.states)

    @cached_property
    def until(self) -> date:
        """The last day whose facts are known."""
        day = self.ledger.last_known_on()
        if day is None:
            raise NotThereError("the ledger holds no invoice", "load one with `riskpay ingest`")
        return day

    @cached_property
    def mondays(self) -> list[date]:
        """Days of the snapshots."""
        return mondays(self.first, self.last)

    def decided(self, questions: Questions, limit: IntArray) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """As ``Questions.decided``, by all that is known."""
        return questions.decided(limit, self.items, self.until, self.settings.lag_days)

    def worth(self, asked: pl.DataFrame) -> FloatArray:
        """Open amounts in the reporting currency."""
        return worth_of(self.ledger, self.states, asked, self.reporting)


@dataclass(frozen=True)
class Situation:
    """Questions of one situation, with what the naive rules and the slices look at; all in one row order."""

    questions: Questions
    past: OpenPast
    slices: pl.DataFrame

    @classmethod
    def of(cls, period: Period, model: LateModel, asked: Asked) -> Self:
        """What ``model`` and the rules look at of ``asked`` questions."""
        worth = period.worth(asked.frame)
        found = slices(period.ledger, asked, worth, period.policy, period.first, period.reporting)
        past = open_past(period.ledger, asked.frame, period.states, period.settings)
        return cls(Questions.of(asked, model, worth), past, found)

    def where(self, mask: npt.NDArray[np.bool_]) -> Self:
        """The questions for which ``mask`` is true."""
        return type(self)(self.questions.where(mask), self.past.where(mask), self.slices.filter(pl.Series(mask)))
