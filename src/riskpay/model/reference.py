"""What is kept beside a model so that later data and answers can be held against it, and its files."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from riskpay.errors import DataError
from riskpay.model.profile import Profile

AT_ISSUE: Final = "at_issue"
LATER: Final = "later"
"""The populations: questions at the issue day, and questions on later landmarks of items that are still open."""

_FILE: Final = "reference.json"
_KINDS: Final = ("profiles", "answers")


@dataclass(frozen=True)
class Reference:
    """Profiles by population, and how good the model was in its test.

    ``profiles``: of all training questions, ``AT_ISSUE`` with every feature and the model's p_late, ``LATER`` with its
    p_unpaid_30. ``answers``: the same two answers, by a trial model to questions that it had not learnt from; empty
    without one. ``tested``: by target the measures of the test in training (as ``TargetTest.to_json``).
    """

    train_as_of: date
    profiles: dict[str, Profile]
    answers: dict[str, Profile] = field(default_factory=dict)
    tested: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Into ``folder``: reference.json, and two Parquet files a profile."""
        folder.mkdir(parents=True, exist_ok=True)
        rest: dict[str, Any] = {"train_as_of": self.train_as_of.isoformat(), "tested": self.tested}
        for kind in _KINDS:
            rest[kind] = {name: profile.edges for name, profile in getattr(self, kind).items()}
            for name, profile in getattr(self, kind).items():
                profile.counts.write_parquet(folder / f"{kind}_{name}_counts.parquet")
                profile.sample.write_parquet(folder / f"{kind}_{name}_sample.parquet")
        (folder / _FILE).write_text(json.dumps(rest), encoding="utf-8")


def read_reference(folder: Path) -> Reference:
    """The reference written by ``Reference.write``; raises DataError if it is damaged."""
    try:
        rest = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        until = date.fromisoformat(rest["train_as_of"])
        profiles, answers = ({n: _profile(folder, k, n, until, e) for n, e in rest[k].items()} for k in _KINDS)
        return Reference(until, profiles, answers, rest["tested"])
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as failed:
        raise DataError(
            f"what the model was trained on cannot be read in {folder}: {failed}", "train one with `riskpay train`"
        ) from failed


def _profile(folder: Path, kind: str, name: str, until: date, edges: dict[str, list[float]]) -> Profile:
    return Profile(
        until,
        {column: tuple(found) for column, found in edges.items()},
        pl.read_parquet(folder / f"{kind}_{name}_counts.parquet"),
        pl.read_parquet(folder / f"{kind}_{name}_sample.parquet"),
    )
