"""A part of the catalogue: features that are left out together, and what a model without them is given instead."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import polars as pl

from riskpay.errors import UsageError
from riskpay.features.catalogue import FEATURES, Feature

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


def families(features: Sequence[Feature] = FEATURES) -> tuple[str, ...]:
    """The families of some features, in order."""
    return tuple(dict.fromkeys(feature.family for feature in features))


FAMILIES: Final = families()
"""Those that are always computed."""


def groups(names: Iterable[str], features: Sequence[Feature] = FEATURES) -> tuple[Group, ...]:
    """A group for each name of a family or a feature, repeated ones once; raises UsageError for any other name.

    ``features``: those that are computed.
    """
    asked, there = tuple(dict.fromkeys(names)), families(features)
    named = [feature.name for feature in features]
    unknown = [name for name in asked if name not in there and name not in named]
    if unknown:
        near = get_close_matches(unknown[0], [*there, *named], n=3)
        raise UsageError(
            f"{', '.join(map(repr, unknown))}: no family or feature of that name; families are {', '.join(there)}"
            + (f"; near to {unknown[0]!r}: {', '.join(near)}" if near else ""),
            _HINT,
        )
    return tuple(_group(name, features) for name in asked)


def _group(name: str, features: Sequence[Feature]) -> Group:
    if name in families(features):
        return Group(name, tuple(feature.name for feature in features if feature.family == name))
    return next(Group(feature.family, (name,), name) for feature in features if feature.name == name)


def blanked(frame: pl.DataFrame, names: Collection[str]) -> pl.DataFrame:
    """``frame`` with null in the columns ``names``, whether it had them or not.

    Trees never split on a column without values, nor is one counted when columns are drawn at random: they grow
    as if it were not there. What is computed from a blank share is blank as well: the habit's hazard of an
    interval that reads it, so that the trees of that interval start from its level alone, alike for all customers.
    """
    return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in sorted(names))
