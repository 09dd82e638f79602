"""What is sure of a feature: the way in which the hazard of payment moves with it, all else alike.

Signs hold up to the due date alone: a customer that was late more often pays in time less often. Given that an item is
late already nothing is sure: who is often late by a day or two pays soon after it, and who leaves others unpaid for long may
be about to pay them all. Constraints on later intervals cost more than they gained (record 0022).
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

SIGNS: Final[Mapping[str, int]] = {
    **dict.fromkeys((*_OWN_LATENESS, *_ARREARS, "portfolio_late_share_weekday"), FALLS),
    "habit_hazard": RISES,
}
"""Signs of the hazard of payment up to the due date, by column that a booster reads."""


def constraints(columns: Sequence[str]) -> list[int]:
    """LightGBM's ``monotone_constraints`` for ``columns`` in their order: -1 falls, 0 is free, 1 rises."""
    return [SIGNS.get(name, 0) for name in columns]
