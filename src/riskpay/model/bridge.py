"""A figure as a sum: where it starts, what is added, where it ends; the parts add up or the bridge does not stand.

Controllers call it a bridge: from a base to a chance (why), or from yesterday's figure to today's (what changed).
"""

from dataclasses import dataclass
from typing import Any, Final

DIGITS: Final = 12
"""Digits of a bridge's figures in JSON: what is said adds up to 1e-9 too."""

_SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """One addend: a stable code, plain words, and what it adds, in the unit of the bridge's figure."""

    code: str
    text: str
    points: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """``figure`` = ``start`` + the parts = ``end``, the strongest part first.

    ``figure`` names what is told: p_late or p_unpaid_30 (probabilities, points of probability). Raises ValueError where
    the parts leave more than 1e-9 of the way (of the figures' size, where that is above 1).
    """

    figure: str
    start: float
    parts: tuple[Part, ...]
    end: float

    def __post_init__(self) -> None:
        """The parts are put in order, and must add up."""
        ordered = sorted(self.parts, key=lambda part: (-abs(part.points), part.code))
        object.__setattr__(self, "parts", tuple(ordered))
        left = self.end - self.start - sum(part.points for part in self.parts)
        if not abs(left) <= _SLACK * max(1.0, abs(self.start), abs(self.end)):
            raise ValueError(f"the parts of {self.figure} leave {left} of {self.start} to {self.end}")

    @property
    def change(self) -> float:
        """``end`` less ``start``."""
        return self.end - self.start

    def shown(self, most: int) -> tuple[tuple[Part, ...], Part | None]:
        """The strongest ``most`` parts, and all others as one; None where there are none."""
        rest = self.parts[most:]
        if len(rest) < 2:  # one alone is said as itself
            return self.parts, None
        return self.parts[:most], Part("others", f"{len(rest)} smaller reasons", sum(part.points for part in rest))


def parts_said(bridge: Bridge, most: int) -> list[dict[str, Any]]:
    """The strongest ``most`` parts of a bridge and all others as one, as plain values that add up to its change."""
    shown, others = bridge.shown(most)
    told = [*shown, *([others] if others else [])]
    return [{"code": part.code, "text": part.text, "points": round(part.points, DIGITS)} for part in told]
