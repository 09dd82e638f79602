"""The naive rules on snapshots of the open book, where the age of an item counts too.

They are the three of ``baselines``, asked of what a person could look up: of the items that the customer had not paid
by this age, how many it had not paid by the day in question; and by how far its mean days late exceeds that day. They are
learnt on weekly snapshots before the model's day, apart for items not yet due and overdue ones.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.labels import outcomes
from riskpay.features.past_days import PastDays
from riskpay.features.records import past_records
from riskpay.features.snapshots import mondays, open_on
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.answers import limit_of
from riskpay.model.baselines import Baselines, fit_baselines
from riskpay.model.training import TrainSettings

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WEEKS: Final = 26
"""Weeks before the model's day whose snapshots the rules are learnt on."""
MOST: Final = 20_000
"""Questions that one rule is learnt on at most; of more, every so many is taken."""
_COUNT: Final = "unpaid"


@dataclass(frozen=True)
class OpenPast:
    """Asked questions and what their customers had paid by then, as rules look at it; in the row order of ``asked``.

    ``asked``: the item's key, customer_id, as_of, due_date. ``mean_days_late``: null without history.
    """

    asked: pl.DataFrame
    days: PastDays
    mean_days_late: pl.Series

    def record(self, at: IntArray, limit: IntArray) -> pl.DataFrame:
        """``past_records`` of a limit: items unpaid at this age (n), of them unpaid by the limit, and the mean less the limit.

        ``at``, ``limit``: days from the due date, one a question.
        """
        return pl.DataFrame(
            {
                "n": self.days.over(self.asked, at - 1),
                _COUNT: self.days.over(self.asked, np.maximum(limit, at - 1)),
                "mean_days_late": self.mean_days_late - pl.Series(limit, dtype=pl.Float64),
            }
        )

    def where(self, mask: npt.NDArray[np.bool_]) -> "OpenPast":
        """The questions for which ``mask`` is true."""
        kept = pl.Series(mask)
        return OpenPast(self.asked.filter(kept), self.days, self.mean_days_late.filter(kept))


def predict(rules: Baselines, past: OpenPast, at: IntArray, limit: IntArray) -> dict[str, FloatArray]:
    """Probabilities of being unpaid at the limit, by naive rule."""
    return rules.predict(past.record(at, limit), _COUNT)


def learnt(
    ledger: Ledger, before: date, targets: tuple[str, ...], settings: TrainSettings, *, overdue: bool
) -> dict[str, Baselines]:
    """The rules by target, from snapshots whose outcome was known before a day.

    ``overdue``: of items past their due date, else of those not yet.
    """
    known = ledger.known(before, "start")
    states = item_states(known, settings.features.tolerance)
    asked = open_on(states, mondays(before - timedelta(weeks=WEEKS), before - timedelta(days=1)))
    at = _days_from_due(asked)
    asked = asked.filter(pl.Series((at > 0) == overdue))
    asked = asked.gather_every(max(1, -(-asked.height // MOST)))
    past, items = open_past(known, asked, states, settings), latest(states)
    return {target: _learnt(past, items, before, target, settings) for target in targets}


def _learnt(past: OpenPast, items: pl.DataFrame, before: date, target: str, settings: TrainSettings) -> Baselines:
    at = _days_from_due(past.asked)
    limit = limit_of(target, at, settings)
    frame = past.asked.with_row_index("question").with_columns(limit=pl.Series(limit, dtype=pl.Int64))
    found = outcomes(frame, items, pl.col("limit"), before, settings.lag_days)
    rows = found["question"].to_numpy()
    record = past.record(at, limit)[rows.tolist()]
    return fit_baselines(record, found["happened"].to_numpy())


def open_past(ledger: Ledger, asked: pl.DataFrame, states: pl.DataFrame, settings: TrainSettings) -> OpenPast:
    """What the customers of questions had paid before each; ``states`` as ``item_states`` of ``ledger``."""
    owners = ledger.invoices.group_by(ITEM_KEY).agg(pl.col("customer_id").last())
    owned = asked.drop("customer_id", strict=False).join(owners, on=ITEM_KEY, how="left", maintain_order="left")
    past = past_records(ledger, owned.select(*ITEM_KEY, "as_of", "customer_id"), "start", settings.features)
    return OpenPast(owned, PastDays.of(states), past["mean_days_late"])


def _days_from_due(asked: pl.DataFrame) -> IntArray:
    return (asked["as_of"] - asked["due_date"]).dt.total_days().to_numpy().astype(np.int64)
