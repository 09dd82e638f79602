"""Temporal cross-validation of how models are grown: folds, what models lose on them, and what settings change.

What is minimised is the log loss of the curve: how unlikely the model held what is known of when an item was paid, told
by the ends that every grid shares. It is a proper score of p_late and of the curve after it together, knows
censored items as far as they are decided, and is the same question whatever grid or landmarks a model was grown with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.errors import TooFewLabelsError
from riskpay.features.labels import HORIZON_ENDS, Grid, outcomes, person_period
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.by_customer import owners_of
from riskpay.model.curve import late_probability
from riskpay.model.differences import DRAWS, Difference
from riskpay.model.evaluation import draw_customers, interval
from riskpay.model.late_model import LateModel
from riskpay.model.splits import TEST_SHARE, later_period, later_periods
from riskpay.model.training import Asked, TrainSettings, fit_model

FloatArray = npt.NDArray[np.float64]

OBJECTIVE: Final = "log_loss"
TARGETS: Final = ("late", "late_30")
MEASURES: Final = (OBJECTIVE, *(f"brier_{target}" for target in TARGETS))
_EDGE = 1e-9


@dataclass(frozen=True)
class Fold:
    """Questions at issue from ``start`` to ``until`` (both included), asked of models that know nothing from ``start`` on.

    ``rows``: for each question (its row in ``frame``) the intervals between the shared ends that are decided, and
    whether it was paid in them. ``decided``: by target the questions with an outcome. Nothing that became known from
    the day on which the folds end is used.
    """

    start: date
    until: date
    frame: pl.DataFrame
    rows: pl.DataFrame
    decided: dict[str, pl.DataFrame]

    def losses(self, model: LateModel, settings: TrainSettings) -> pl.DataFrame:
        """What ``model`` loses on each question, in the order of ``frame``: whose it is, and MEASURES, null where undecided.

        log_loss: of the decided intervals together. brier_*: squared error of the target's probability.
        """
        at, hazards = model.hazards(self.frame)
        ends = shared_ends(settings).ends
        unpaid = np.stack([late_probability(at, hazards, model.grid, end) for end in ends], axis=1)
        found = self.frame.select("company_id", "customer_id", fold=pl.lit(self.start))
        return found.with_columns(
            pl.Series(OBJECTIVE, self._log_loss(unpaid), nan_to_null=True),
            *(
                pl.Series(f"brier_{target}", self._square(target, unpaid, settings, ends), nan_to_null=True)
                for target in TARGETS
            ),
            training_rows=pl.lit(model.training_rows),
        )

    def _log_loss(self, unpaid: FloatArray) -> FloatArray:
        question, number = self.rows["question"].to_numpy(), self.rows["interval"].to_numpy()
        before = np.concatenate([np.ones((len(unpaid), 1)), unpaid[:, :-1]], axis=1)
        left = unpaid[question, number] / np.maximum(before[question, number], _EDGE)
        said = np.where(self.rows["paid"].to_numpy(), 1.0 - left, left)
        total = np.bincount(question, -np.log(np.clip(said, _EDGE, 1.0)), minlength=len(unpaid))
        return np.where(np.bincount(question, minlength=len(unpaid)) > 0, total, np.nan)

    def _square(self, target: str, unpaid: FloatArray, settings: TrainSettings, ends: tuple[int, ...]) -> FloatArray:
        rows = self.decided[target]
        question = rows["question"].to_numpy()
        found = np.full(len(unpaid), np.nan)
        said = unpaid[question, ends.index(settings.days_late(target))]
        found[question] = (said - rows["happened"].to_numpy()) ** 2
        return found


def shared_ends(settings: TrainSettings) -> Grid:
    """The ends that every grid has: the grace days, and those of ``HORIZON_ENDS`` after them."""
    grace = settings.features.grace_days
    return Grid((grace, *(end for end in HORIZON_ENDS if end > grace)))


def folds(ledger: Ledger, asked: Asked, as_of: date, settings: TrainSettings) -> list[Fold]:
    """Later periods, one after the other, before the weeks on which a training as of ``as_of`` would test its model.

    What is chosen on them leaves that test, by which the gate decides, untouched. ``asked``: landmark questions before
    ``as_of``. Raises TooFewLabelsError where there are too few questions.
    """
    before = later_period(asked.frame, settings.lag_days, as_of, TEST_SHARE)
    starts = [] if before is None else later_periods(asked.frame, settings.lag_days, before)
    if before is None or not starts:
        raise TooFewLabelsError(
            f"there are too few decided items before {as_of} to try settings on periods of them",
            "load more history; the defaults do without",
        )
    items = latest(item_states(ledger.known(before, "start"), settings.features.tolerance))
    ends = [day - timedelta(days=1) for day in [*starts[1:], before]]
    return [_fold(asked.frame, items, (start, end), before, settings) for start, end in zip(starts, ends, strict=True)]


def _fold(
    asked: pl.DataFrame, items: pl.DataFrame, span: tuple[date, date], before: date, settings: TrainSettings
) -> Fold:
    frame = asked.filter("at_issue", pl.col("as_of").is_between(*span))
    numbered = frame.select("company_id", "invoice_id", "instalment", "as_of", "due_date").with_row_index("question")
    decided = {
        target: outcomes(numbered, items, settings.days_late(target), before, settings.lag_days).select(
            "question", "happened"
        )
        for target in TARGETS
    }
    rows = person_period(numbered, items, shared_ends(settings), before, settings.lag_days)
    return Fold(*span, frame, rows.select("question", "interval", "paid"), decided)


def lost(ledger: Ledger, asked: Asked, fold: Fold, settings: TrainSettings) -> pl.DataFrame:
    """``Fold.losses`` of the model that ``settings`` grow for it; raises TooFewLabelsError where there is too little before it."""
    return fold.losses(fit_model(ledger, asked, fold.start, settings), settings)


def means(losses: pl.DataFrame) -> dict[str, float | None]:
    """The mean of each measure over its decided questions, all folds together."""
    return losses.select(pl.mean(*MEASURES)).row(0, named=True)


def changes(ours: pl.DataFrame, theirs: pl.DataFrame) -> dict[str, Difference]:
    """What ``ours`` loses less what ``theirs`` loses on the same questions, by measure, 95 % by drawing customers."""
    _, owner = np.unique(owners_of(ours), return_inverse=True)
    number = int(owner.max(initial=-1)) + 1
    picks = draw_customers(number, DRAWS, seed=7)
    return {name: _change((ours[name] - theirs[name]).to_numpy(), owner, picks) for name in MEASURES}


def _change(less: FloatArray, owner: npt.NDArray[np.int64], picks: npt.NDArray[np.int64]) -> Difference:
    """The mean of ``less`` where it is known, and its interval: of each draw the sum over the count."""
    there = ~np.isnan(less)
    if not there.any():
        return Difference(None, None, None)
    number = picks.shape[1]
    total = np.bincount(owner[there], less[there], minlength=number)
    count = np.bincount(owner[there], minlength=number)
    drawn = [float(total[pick].sum() / count[pick].sum()) for pick in picks if count[pick].sum()]
    return Difference(float(less[there].mean()), *(interval(drawn, len(picks)) or (None, None)))


def trained_on(losses: Sequence[pl.DataFrame]) -> list[int]:
    """Person-period rows that each fold's model was grown on."""
    return [int(part["training_rows"][0]) for part in losses]
