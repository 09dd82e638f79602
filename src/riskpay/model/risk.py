"""What the model says of open items, as plain values. This module imports no model library."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

HORIZON_DAYS: Final = 180
"""Last day of a payment curve, in days from its as_of; beyond it S stays what it was."""

BANDED: Final = ("p_late", "p_unpaid_30")
"""Chances of a RiskTable that have a band."""
SETTLED_REACH: Final = 89
"""Last day of a curve that was learnt from settled items alone: those that were never paid are missing there."""
WITHHELD: Final = (
    "from day 90 on nothing is said: the ledger holds settled items only, and what was never paid is missing from it"
)

BASIS: Final = "usual effort"
"""What the curve assumes: the past it was learnt from, in which someone called."""

Band = tuple[float, float]
"""Lowest and highest value that a chance may well have (``model.band``)."""

ItemKey = tuple[str, str, int]
"""company_id, invoice_id, instalment."""

_PIECE = 1024
"""Curves that are looked at together: as many as a processor's cache holds."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a late risk in plain words; ``weight`` in log-odds, above 0 pushes towards late.

    ``points``: the same in points of p_late; None for an item past its due date, whose lateness is a fact.
    """

    code: str
    text: str
    weight: float
    points: float | None = None


@dataclass(frozen=True, slots=True)
class PaymentCurve:
    """S(t) = P(still unpaid t days from as_of), given that it is unpaid today.

    t = 0..HORIZON_DAYS, or to the last day that is vouched for (``LateRisk.reach``).
    """

    unpaid: tuple[float, ...]

    def at(self, day: int) -> float:
        """S(day); constant beyond the last day."""
        return self.unpaid[min(day, len(self.unpaid) - 1)]

    def quantile(self, share: float) -> int | None:
        """First day on which at least ``share`` of the probability is paid; None beyond the last day."""
        day = bisect_left(self.unpaid, -(1.0 - share), key=lambda unpaid: -unpaid)
        return day if day < len(self.unpaid) else None


@dataclass(frozen=True, slots=True)
class LateRisk:
    """What the model says of one open item as of a day.

    ``p_late`` = P(not paid by due date + grace days), 1 for an item already past that day.
    ``support`` = settled items of the customer behind it; ``is_new`` = none of them. ``pay_in``: first and last day of
    the pay date's interval, in days from as_of (``model.pay_days``); 0: it may be on its way, None: beyond the horizon.
    ``model_kind``: hazard (learnt) or prior. ``data_version`` and ``policy_hash``: of the ledger and the policy that it
    was made with. ``reach``: last day of the curve that is vouched for; beyond it nothing is said.
    """

    company_id: str
    invoice_id: str
    instalment: int
    as_of: date
    p_late: float
    curve: PaymentCurve
    p_late_band: Band
    p_unpaid_30_band: Band
    pay_in: tuple[int, int | None]
    support: int
    is_new: bool
    reasons: tuple[Reason, ...]
    model_version: str
    model_kind: str = "hazard"
    data_version: str = ""
    policy_hash: str = ""
    reach: int = HORIZON_DAYS

    @property
    def p_unpaid_7(self) -> float:
        """S(7)."""
        return self.curve.at(7)

    @property
    def p_unpaid_30(self) -> float:
        """S(30)."""
        return self.curve.at(30)

    @property
    def p_unpaid_90(self) -> float | None:
        """S(90); None beyond the curve's reach."""
        return self.curve.at(90) if self.reach >= 90 else None

    def abstains(self, max_band: float) -> bool:
        """Whether too little is known to say: a band is wider than ``max_band``."""
        return max(high - low for low, high in (self.p_late_band, self.p_unpaid_30_band)) > max_band

    @property
    def pay_between(self) -> tuple[date, date | None]:
        """First and last day of the pay date's interval; None beyond the horizon."""
        first, last = self.pay_in
        return self.as_of + timedelta(days=first), None if last is None else self.as_of + timedelta(days=last)

    def pay_date(self, share: float) -> date | None:
        """Day by which the item is paid with probability ``share``; None beyond the curve's reach."""
        days = self.curve.quantile(share)
        return None if days is None else self.as_of + timedelta(days=days)


@dataclass(frozen=True)
class RiskTable:
    """Late risks of many items as of one day: a frame of figures and the matrix of their curves.

    ``items``: company_id, invoice_id, instalment, p_late, p_unpaid_7, p_unpaid_30, p_unpaid_90,
    pay_in_p10, pay_in_p50, pay_in_p90, pay_in_first, pay_in_last (days from as_of, null beyond the horizon), support,
    is_new, and the bands p_late_low, p_late_high, p_unpaid_30_low, p_unpaid_30_high.
    ``unpaid``: float32, shape (items, HORIZON_DAYS + 1), rows in the order of ``items``, NaN beyond ``reach``.
    ``reasons``: for the items that are shown only.
    """

    as_of: date
    items: pl.DataFrame
    unpaid: npt.NDArray[np.float32]
    model_version: str
    reasons: Mapping[ItemKey, tuple[Reason, ...]] = field(default_factory=dict)
    model_kind: str = "hazard"
    data_version: str = ""
    policy_hash: str = ""
    reach: int = HORIZON_DAYS

    def within(self, reach: int) -> "RiskTable":
        """The table with nothing said beyond ``reach`` days: NaN in the curves, null in figures of later days."""
        unpaid = self.unpaid.copy()
        unpaid[:, reach + 1 :] = np.nan
        named = {f"p_unpaid_{day}": day for day in (7, 30, 90)}
        later = [pl.lit(None, pl.Float64).alias(name) for name, day in named.items() if day > reach]
        names = ("pay_in_p10", "pay_in_p50", "pay_in_p90", "pay_in_last")
        first = [pl.when(pl.col(name) <= reach).then(name).alias(name) for name in names]
        return replace(self, items=self.items.with_columns(*later, *first), unpaid=unpaid, reach=reach)

    def made_with(self, data_version: str, policy_hash: str) -> "RiskTable":
        """The table, each of whose risks names the ledger and the policy that it was made with."""
        return replace(self, data_version=data_version, policy_hash=policy_hash)

    def risk(self, row: int) -> LateRisk:
        """The late risk of one row as a value."""
        item = self.items.row(row, named=True)
        key: ItemKey = (item["company_id"], item["invoice_id"], item["instalment"])
        return LateRisk(
            *key,
            as_of=self.as_of,
            p_late=item["p_late"],
            curve=PaymentCurve(tuple(float(p) for p in self.unpaid[row, : self.reach + 1])),
            p_late_band=(item["p_late_low"], item["p_late_high"]),
            p_unpaid_30_band=(item["p_unpaid_30_low"], item["p_unpaid_30_high"]),
            pay_in=(item["pay_in_first"], item["pay_in_last"]),
            support=item["support"],
            is_new=item["is_new"],
            reasons=self.reasons.get(key, ()),
            model_version=self.model_version,
            model_kind=self.model_kind,
            data_version=self.data_version,
            policy_hash=self.policy_hash,
            reach=self.reach,
        )


def risk_table(
    keys: pl.DataFrame, p_late: npt.NDArray[np.float64], unpaid: npt.NDArray[np.float32], as_of: date, version: str
) -> RiskTable:
    """A RiskTable of item keys (with ``support``), late probabilities and curves in one row order."""
    items = keys.with_columns(
        p_late=pl.Series(p_late),
        p_unpaid_7=pl.Series(unpaid[:, 7].astype(np.float64)),
        p_unpaid_30=pl.Series(unpaid[:, 30].astype(np.float64)),
        p_unpaid_90=pl.Series(unpaid[:, 90].astype(np.float64)),
        is_new=pl.col("support") == 0,
        **{f"pay_in_p{share}": _pay_in(unpaid, share / 100) for share in (10, 50, 90)},
    )
    return RiskTable(as_of, items, unpaid, version)


def first_days(
    unpaid: npt.NDArray[np.float32], share: float | npt.NDArray[np.float64], *, strictly: bool = False
) -> npt.NDArray[np.int32]:
    """First day by which at least ``share`` of each curve's probability is paid; the curves' length if none is.

    ``unpaid``: shape (items, days). ``share``: one of all items, or one an item. ``strictly``: more than ``share``.
    """
    wanted = np.broadcast_to(np.asarray(share, dtype=np.float32), len(unpaid))[:, None]
    compare = np.greater if strictly else np.greater_equal
    days = np.empty(len(unpaid), dtype=np.int32)
    for start in range(0, len(unpaid), _PIECE):
        here = slice(start, start + _PIECE)
        reached = compare(1.0 - unpaid[here], wanted[here])
        # A curve never rises: what is not reached on its last day is not reached at all.
        days[here] = np.where(reached[:, -1], reached.argmax(axis=1), unpaid.shape[1])
    return days


def _pay_in(unpaid: npt.NDArray[np.float32], share: float) -> pl.Series:
    return pl.Series(first_days(unpaid, share)).replace(unpaid.shape[1], None)
