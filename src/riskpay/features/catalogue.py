"""The features, declared: name, type, unit, window, meaning, and the phrase that a reason uses.

Every feature is a question (item, as_of, cut): it may use facts known by then, and the item's own
document. No feature counts contacts, and none reads a customer attribute without a date.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from riskpay.features.catalogue_alike import ALIKE
from riskpay.features.catalogue_disputes import DISPUTES
from riskpay.features.catalogue_habit import habit
from riskpay.features.catalogue_history import RECENT, history
from riskpay.features.catalogue_rows import BOOK, CALENDAR, ITEM, PORTFOLIO, Row

Family = Literal["item", "calendar", "history", "recent", "habit", "alike", "book", "portfolio", "disputes"]


@dataclass(frozen=True)
class Feature:
    """One column of the feature frame."""

    name: str
    family: Family
    unit: str
    window: str
    meaning: str
    phrase: str


LATE_DAYS: Final = (3, 7, 15, 30, 60, 90)
"""Days late whose exceeding is a feature: with late_share they make up the customer's own payment curve."""

SPANS: Final = {
    "early_3_7": (-7, -3, "3 to 7 days early"),
    "early_1_2": (-2, -1, "1 or 2 days early"),
    "on_due": (0, 0, "on the due date"),
    "late_1": (1, 1, "1 day late"),
    "late_2": (2, 2, "2 days late"),
    "late_3_7": (3, 7, "3 to 7 days late"),
}
"""Spans of days late (first and last day, both included) whose shares make up a customer's habit."""

EDGES: Final = tuple(range(-8, 8))
"""Days late up to which settlements are counted: the customer's payments around the due date, day by day."""

HELD_DAYS: Final = 12
"""Days late beyond which a settlement counts as this many for the customer's typical day: one dispute hides no habit."""

MONTH_END_SHARE: Final = 0.5
"""A customer with this share of its settlements on the last business day of a month has that as its payment day."""

FIRST_SHARE, FIRST_WEIGHT = 0.4, 10.0
"""Share paid late that a portfolio without history starts from, and how many items' worth of it."""

USUAL_SHARE: Final = 0.15
"""A weekday is a usual payment day of a customer if it holds this share of its settlements."""


def _of(family: Family, rows: Iterable[Row]) -> tuple[Feature, ...]:
    return tuple(Feature(name, family, unit, window, meaning, phrase) for name, unit, window, meaning, phrase in rows)


FEATURES: Final[tuple[Feature, ...]] = (
    *_of("item", ITEM),
    *_of("calendar", CALENDAR),
    *_of("history", history(LATE_DAYS)),
    *_of("recent", RECENT),
    *_of("habit", habit(SPANS)),
    *_of("alike", ALIKE),
    *_of("book", BOOK),
    *_of("portfolio", PORTFOLIO),
)
"""The features that are always computed."""
FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)

OPTIONAL: Final[tuple[Feature, ...]] = _of("disputes", DISPUTES)
"""Features that are computed only where ``FeatureSettings.disputes`` is on."""


@dataclass(frozen=True)
class FeatureSettings:
    """What the features depend on beside the ledger.

    ``grace_days``: days after the due date that still count as on time. ``tolerance``: settlement
    tolerance in minor units. ``prior_weight``: items' worth of the group's mean that a shrunk
    figure starts from. ``half_life_days``: of the recency-weighted figures. ``posting_lag_days``: days until
    a payment becomes known, before which an item overdue may have been paid. ``disputes``: whether the family of disputes
    and promises, which contact causes, is computed too.
    """

    grace_days: int = 0
    tolerance: int = 0
    prior_weight: float = 5.0
    half_life_days: float = 30.0
    posting_lag_days: int = 2
    disputes: bool = False

    @property
    def catalogue(self) -> tuple[Feature, ...]:
        """The features that are computed, in order."""
        return FEATURES + OPTIONAL if self.disputes else FEATURES

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(feature.name for feature in self.catalogue)
