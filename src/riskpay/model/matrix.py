"""The person-period matrix as boosters see it, for people who grow trees of their own on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.columns import columns_of, matrix
from riskpay.model.groups import GROUPS
from riskpay.model.habit import HabitOffset
from riskpay.model.hazard import Growth, HazardSettings, beside, weights

KEYS: Final = (*ITEM_KEY, "customer_id", "as_of", "due_date", "at_issue", "group")
"""Whose row it is and when it was asked; ``group``: first (the interval up to the due date) or later."""
LEARNT: Final = ("paid", "weight", "start")
"""The label, the row's weight, and the log-odds that the trees start from (LightGBM's init_score; null for the first group)."""
_WHOLE: Final = ("interval", "interval_start", "interval_end", "interval_days")


@dataclass(frozen=True)
class PersonPeriods:
    """Person-period ``rows`` (``training.training_rows``) as boosters grown with ``settings`` see them."""

    rows: pl.DataFrame
    settings: HazardSettings

    @property
    def features(self) -> tuple[str, ...]:
        """What the boosters read, in order."""
        return columns_of(self.rows.columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Keys, features, and what is learnt."""
        return (*KEYS, *self.features, *LEARNT)

    @cached_property
    def _offset(self) -> HabitOffset:
        return HabitOffset.fitted(self.rows, weights(self.rows, self.settings))

    def parts(self, rows: int) -> Iterator[pl.DataFrame]:
        """The matrix in frames of at most so many rows, in order; what is not known is null."""
        for start in range(0, self.rows.height, rows):
            yield self._part(self.rows.slice(start, rows))

    def _part(self, part: pl.DataFrame) -> pl.DataFrame:
        read = pl.DataFrame(matrix(part, self.features), schema=self.features, orient="row").fill_nan(None)
        later = part["interval"].to_numpy() > 0
        start = np.where(later, self._offset.log_odds(part), np.nan)
        keys = part.with_columns(group=pl.Series(np.where(later, GROUPS[1], GROUPS[0]))).select(KEYS)
        return keys.hstack(read.with_columns(pl.col(_WHOLE).cast(pl.Int32))).with_columns(
            paid=part["paid"],
            weight=pl.Series(weights(part, self.settings)),
            start=pl.Series(start).fill_nan(None),
        )

    def parameters(self) -> dict[str, list[dict[str, Any]]]:
        """LightGBM's parameters of each member by group; the rounds are found in training and stand in the registry."""
        later = self.rows["interval"] > 0
        found = {}
        for group, here in zip(GROUPS, (~later, later), strict=True):
            # The parameters hang on how many rows there are, not on what is in them: no column is copied but one.
            part = self.rows.select("interval").filter(here)
            one = Growth(part, self._offset, self.settings, 1, reads=self.features)
            found[group] = [one.parameters, beside(one).parameters]
        return found
