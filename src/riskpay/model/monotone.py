"""What is sure of a feature: the way in which the hazard of payment moves with it, all else alike.

Signs are declared for each group of intervals apart. Up to the due date a customer that was late more often pays less
often. Given that an item is late already this is not sure: who is often late by a day or two pays soon after it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

FALLS, RISES = -1, 1

_OWN_LATENESS: Final = (
    "late_share",
    "late_amount_share",
    "late_share_with_overdue",
    "late_share_30",
    "late_share_90",
    "late_share_180",
    "late_share_365",
    "late_share_decayed",
    "late_share_weekday",
    "late_share_weekday_terms",
    "late_share_weekday_amount",
    "late_share_kind",
    "late_share_kind_terms",
    "late_share_kind_terms_now",
    "late_share_like_amount",
    "late_share_same_amount",
    "late_odds",
)
"""How often the customer was late, in all and with items like this one."""

_ARREARS: Final = ("overdue_share", "oldest_days_past_due")
"""What the customer leaves unpaid elsewhere, as a share and by its age; counts and amounts grow with the customer too."""

FIRST: Final[Mapping[str, int]] = {
    **dict.fromkeys((*_OWN_LATENESS, *_ARREARS, "portfolio_late_share_weekday"), FALLS),
    "habit_hazard": RISES,
}
"""Signs of the interval up to the due date."""

LATER: Final[Mapping[str, int]] = {**dict.fromkeys((*_ARREARS, "late_90_share"), FALLS), "habit_hazard": RISES}
"""Signs of all later intervals: only what holds however late the item is already."""


def constraints(columns: Sequence[str], *, later: bool) -> list[int]:
    """LightGBM's ``monotone_constraints`` for ``columns`` in their order: -1 falls, 0 is free, 1 rises."""
    signs = LATER if later else FIRST
    return [signs.get(name, 0) for name in columns]
