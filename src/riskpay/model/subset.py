"""A part of the catalogue: features that are left out together, and what a model without them is given instead."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import polars as pl

from riskpay.errors import UsageError
from riskpay.features.catalogue import FEATURE_NAMES, FEATURES

FAMILIES: Final[tuple[str, ...]] = tuple(dict.fromkeys(feature.family for feature in FEATURES))
_HINT = "name families or features, commas between them; docs/features.md lists them all"


@dataclass(frozen=True)
class Group:
    """Features left out together: those of ``family``, or ``feature`` of it alone; ``names`` has them all."""

    family: str
    names: tuple[str, ...]
    feature: str | None = None

    @property
    def name(self) -> str:
        """The feature or the family, as a person names it."""
        return self.feature or self.family


def groups(names: Iterable[str]) -> tuple[Group, ...]:
    """A group for each name of a family or a feature, repeated ones once; raises UsageError for any other name."""
    asked = tuple(dict.fromkeys(names))
    unknown = [name for name in asked if name not in FAMILIES and name not in FEATURE_NAMES]
    if unknown:
        near = get_close_matches(unknown[0], [*FAMILIES, *FEATURE_NAMES], n=3)
        raise UsageError(
            f"{', '.join(map(repr, unknown))}: no family or feature of that name; families are {', '.join(FAMILIES)}"
            + (f"; near to {unknown[0]!r}: {', '.join(near)}" if near else ""),
            _HINT,
        )
    return tuple(_group(name) for name in asked)


def _group(name: str) -> Group:
    if name in FAMILIES:
        return Group(name, tuple(feature.name for feature in FEATURES if feature.family == name))
    return next(Group(feature.family, (name,), name) for feature in FEATURES if feature.name == name)


def blanked(frame: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """``frame`` with null in the columns ``names``, whether it had them or not.

    Trees never split on a column without values, nor is one counted when columns are drawn at random: they grow
    as if it were not there. What is computed from a blank share is blank as well: the habit's hazard of an
    interval that reads it, so that the trees of that interval start from its level alone, alike for all customers.
    """
    return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in sorted(names))
