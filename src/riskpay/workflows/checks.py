"""A check of the monitor: what was looked at, what was found, against which bound, and what to do next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from riskpay.decisions.policy_monitor import Bound

Status = Literal["ok", "warn", "alarm", "not_enough"]
ORDER: Final[tuple[Status, ...]] = ("not_enough", "ok", "warn", "alarm")
"""From the least to the worst; ``not_enough``: too little to say anything, which is no fault."""

_DIGITS: Final = 4


@dataclass(frozen=True)
class Check:
    """One check; ``name`` stays, ``said`` is for people. ``bound``: where it warns and alarms, None without one."""

    name: str
    status: Status
    value: float | None
    bound: Bound | None
    said: str
    next_step: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        return {
            "name": self.name,
            "status": self.status,
            "value": None if self.value is None else round(self.value, _DIGITS),
            "threshold": self.bound.model_dump() if self.bound else None,
            "said": self.said,
            "next": self.next_step if self.status in ("warn", "alarm") else "",
            **self.details,
        }


def too_few(name: str, bound: Bound | None, said: str) -> Check:
    """A check that has too little to judge by."""
    return Check(name, "not_enough", None, bound, said)


def level(value: float, bound: Bound) -> Status:
    """The status of a value by its bound alone."""
    return "alarm" if value >= bound.alarm else "warn" if value >= bound.warn else "ok"


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of several; ``not_enough`` where there are none."""
    return max(statuses, key=ORDER.index, default="not_enough")
