"""The trained model as a value: boosters, calibration, grid and shape; from features to late risks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.catalogue import FeatureSettings
from riskpay.features.labels import Grid, intervals
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.baselines import Baselines
from riskpay.model.calibration import Calibration
from riskpay.model.curve import PaidShape, curves, late_probability
from riskpay.model.habit import HabitOffset
from riskpay.model.hazard import Booster, Hazard, Rounds
from riskpay.model.risk import RiskTable, risk_table
from riskpay.model.subset import blanked

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CHUNK = 20_000


@dataclass(frozen=True)
class LateModel:
    """Everything that is needed to score an open item, and what it was learnt from.

    ``booster_texts`` are LightGBM's own text format, by group of intervals and member: it can be read without
    running code. ``offset``: where the later group's trees start. ``rounds``: trees of the first member by group.
    ``baselines``: the naive predictors fitted on the same training questions, by target.
    ``without``: features of the catalogue that it was learnt without, in order of name; it is blind to them. They are those
    that were to be left out, and those that small sets do not read (``hazard.SMALL_UNREAD``).
    """

    booster_texts: tuple[tuple[str, ...], ...]
    offset: HabitOffset
    calibration: Calibration
    shape: PaidShape
    grid: Grid
    features: FeatureSettings
    train_as_of: date
    rounds: Rounds
    training_rows: int
    settled_items: int
    baselines: dict[str, Baselines]
    without: tuple[str, ...] = ()
    grown_with: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """Features of the catalogue that it asks for, in the catalogue's order."""
        return tuple(name for name in self.features.names if name not in self.without)

    @cached_property
    def hazard(self) -> Hazard:
        """The uncalibrated hazard, its boosters read from their texts once."""
        boosters = tuple(tuple(Booster(model_str=text) for text in group) for group in self.booster_texts)
        return Hazard(boosters, self.offset)

    def hazards(self, frame: pl.DataFrame) -> tuple[IntArray, FloatArray]:
        """Days from due to as_of, and calibrated hazards of each row, shape (rows, intervals), NaN for past ones.

        ``frame`` has the item key, as_of, due_date (as known then) and the features that it ``reads``.
        """
        at = (frame["as_of"] - frame["due_date"]).dt.total_days().to_numpy().astype(np.int64)
        found = np.full((frame.height, len(self.grid.ends)), np.nan)
        for start, part in _chunks(blanked(frame, self.without)):
            rows = intervals(part.with_row_index("position"), self.grid)
            interval = rows["interval"].to_numpy().astype(np.int64)
            raw = self.hazard.predict(rows)
            found[start + rows["position"].to_numpy(), interval] = self.calibration.apply(raw, interval)
        return at, found

    def p_late(self, frame: pl.DataFrame, days_late: int | None = None) -> FloatArray:
        """P(not paid by ``days_late`` days after the due date; by default the grace days) of each row."""
        at, hazards = self.hazards(frame)
        return late_probability(at, hazards, self.grid, self.grid.ends[0] if days_late is None else days_late)

    def risks(self, frame: pl.DataFrame, as_of: date, version: str) -> RiskTable:
        """Late risks and payment curves of items asked on one day; rows in the order of ``frame``.

        ``frame`` as for ``hazards``, and with ``settled_count``, which is shown beside the risk.
        """
        at, hazards = self.hazards(frame)
        keys = frame.select(*ITEM_KEY, support=pl.col("settled_count").fill_null(0).cast(pl.Int64))
        p = late_probability(at, hazards, self.grid, self.grid.ends[0])
        return risk_table(keys, p, curves(at, hazards, self.grid, self.shape), as_of, version)


def _chunks(frame: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    for start in range(0, frame.height, _CHUNK):
        yield start, frame.slice(start, _CHUNK)
