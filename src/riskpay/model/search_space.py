"""Which settings are tried, and from where to where."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

Value = float | int | bool


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; ``log``: drawn evenly by their logarithm; ``whole``: no fractions."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __contains__(self, value: Value) -> bool:
        """Whether a value is one of them."""
        return self.low <= value <= self.high

    def said(self, value: Value) -> Value:
        """A value as it is tried and written down: three digits tell all that trials can tell apart."""
        return int(value) if self.whole else float(f"{value:.3g}")


@dataclass(frozen=True)
class Choice:
    """One of ``values``."""

    values: tuple[Value, ...]

    def __contains__(self, value: Value) -> bool:
        """Whether a value is one of them."""
        return value in self.values

    def said(self, value: Value) -> Value:
        """The value itself."""
        return value


SPACE: Final[Mapping[str, Range | Choice]] = {
    "learning_rate": Range(0.01, 0.1, log=True),
    "leaves": Range(7, 127, log=True, whole=True),
    "min_rows_in_leaf": Range(5, 200, log=True, whole=True),
    "feature_fraction": Range(0.2, 1.0),
    "small_feature_fraction": Range(0.1, 1.0),
    "row_fraction": Range(0.5, 1.0),
    "ridge": Range(0.1, 100.0, log=True),
    "other_weight": Range(0.1, 1.0),
    "recency_half_life_days": Choice((0.0, 90.0, 180.0, 365.0)),
    "monotone": Choice((False, True)),
}
"""By key of training.toml. Grid and landmarks are not searched: they change what is learnt, and are set by a person."""


def space_of(training_rows: Collection[int], small_rows: int) -> dict[str, Range | Choice]:
    """What is tried on training sets of those sizes: of the two shares of columns, those that one of them reads."""
    small = [rows < small_rows for rows in training_rows]
    unread = {"small_feature_fraction": not any(small), "feature_fraction": bool(small) and all(small)}
    return {key: given for key, given in SPACE.items() if not unread.get(key, False)}
