"""The trained model as a value: boosters, calibration, grid and shape; from features to late risks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.features.catalogue import FeatureSettings
from riskpay.features.labels import Grid
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.band import Band
from riskpay.model.baselines import Baselines
from riskpay.model.calibration import Calibration
from riskpay.model.curve import curves, late_probability
from riskpay.model.habit import HabitOffset
from riskpay.model.hazard import Booster, Hazard, Rounds
from riskpay.model.interval_rows import by_interval, in_order
from riskpay.model.paid_shape import PaidShape, Spread
from riskpay.model.pay_days import PayDayLevels
from riskpay.model.prior import PriorHazard
from riskpay.model.risk import SETTLED_REACH, RiskTable, risk_table
from riskpay.model.subset import blanked

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ModelKind = Literal["hazard", "prior"]

_CHUNK = 20_000


@dataclass(frozen=True)
class LateModel:
    """Everything that is needed to score an open item, and what it was learnt from.

    ``booster_texts`` are LightGBM's own text format, by group of intervals and member: it can be read without
    running code. ``offset``: where the later group's trees start. ``rounds``: trees of the first member by group.
    ``baselines``: the naive predictors fitted on the same training questions, by target.
    ``without``: features of the catalogue that it was learnt without, in order of name; it is blind to them. They are those
    that were to be left out, and those that small sets do not read (``columns.SMALL_UNREAD``). ``pay_days``: between
    which shares of the curve the pay date lies, ``band``: how far a chance may be off, as later periods showed.
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
    pay_days: PayDayLevels = field(default_factory=PayDayLevels)
    band: Band = field(default_factory=Band)
    prior: PriorHazard | None = None
    settled_only: bool = False
    grown_with: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> ModelKind:
        """``hazard`` if it was learnt, ``prior`` if there was too little to learn from."""
        return "hazard" if self.prior is None else "prior"

    @property
    def reads(self) -> tuple[str, ...]:
        """Features of the catalogue that it asks for, in the catalogue's order."""
        return tuple(name for name in self.features.names if name not in self.without)

    @cached_property
    def hazard(self) -> Hazard | PriorHazard:
        """The uncalibrated hazard, its boosters read from their texts once."""
        if self.prior is not None:
            return self.prior
        boosters = tuple(tuple(Booster(model_str=text) for text in group) for group in self.booster_texts)
        return Hazard(boosters, self.offset)

    def hazards(self, frame: pl.DataFrame) -> tuple[IntArray, FloatArray]:
        """Days from due to as_of, and calibrated hazards of each row, shape (rows, intervals), NaN for past ones.

        ``frame`` has the item key, as_of, due_date (as known then) and the features that it ``reads``.
        """
        return self._hazards_until(frame, self.grid.ends)

    def _hazards_until(self, frame: pl.DataFrame, ends: Sequence[int]) -> tuple[IntArray, FloatArray]:
        """``hazards`` of the first intervals, those with these ``ends``."""
        at = (frame["as_of"] - frame["due_date"]).dt.total_days().to_numpy().astype(np.int64)
        found = np.full((frame.height, len(ends)), np.nan)
        asked = blanked(frame, self.without)
        order = in_order(asked, at)
        for start in range(0, frame.height, _CHUNK):
            part = order[start : start + _CHUNK]
            for rows in by_interval(asked[part], at[part], ends, self.hazard.columns):
                raw = self.hazard.of_interval(rows)
                found[part[: len(raw)], rows.number] = self.calibration.apply(raw, np.full(len(raw), rows.number))
        return at, found

    def spread(self, frame: pl.DataFrame) -> Spread:
        """How the payments of each row's first interval spread over its days; ``frame`` as for ``hazards``."""
        return self.shape.of(blanked(frame, self.without))

    def p_late(self, frame: pl.DataFrame, days_late: int | None = None) -> FloatArray:
        """P(not paid by ``days_late`` days after the due date; by default the grace days) of each row."""
        last = 0 if days_late is None else self.grid.ends.index(days_late)
        at, hazards = self._hazards_until(frame, self.grid.ends[: last + 1])
        return late_probability(at, hazards, self.grid, self.grid.ends[last])

    def risks(self, frame: pl.DataFrame, as_of: date, version: str) -> RiskTable:
        """Late risks and payment curves of items asked on one day; rows in the order of ``frame``.

        ``frame`` as for ``hazards``, and with ``settled_count`` and ``late_share``: how much is known of the customer.
        """
        at, hazards = self.hazards(frame)
        keys = frame.select(*ITEM_KEY, support=pl.col("settled_count").fill_null(0).cast(pl.Int64))
        p = late_probability(at, hazards, self.grid, self.grid.ends[0])
        table = risk_table(keys, p, curves(at, hazards, self.grid, self.spread(frame)), as_of, version)
        support = keys["support"].to_numpy()
        low, high = self.band.around(p, support)
        low_30, high_30 = self.band.around(table.items["p_unpaid_30"].to_numpy(), support)
        record = frame.select("settled_count", "late_share", at=pl.Series(at))
        first, last = self.pay_days.between(record, table.unpaid)
        items = table.items.with_columns(
            p_late_low=pl.Series(low),
            p_late_high=pl.Series(high),
            p_unpaid_30_low=pl.Series(low_30),
            p_unpaid_30_high=pl.Series(high_30),
            pay_in_first=first,
            pay_in_last=last,
        )
        named = replace(table, items=items, model_kind=self.kind)
        return named.within(SETTLED_REACH) if self.settled_only else named
