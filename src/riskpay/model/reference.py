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
_KINDS: Final = ("asked", "learnt", "held")


@dataclass(frozen=True)
class Reference:
    """Profiles by population, and how good the model was in its test.

    ``asked``: features of the training questions, ``AT_ISSUE`` alone. ``learnt``: the model's answers to a sample of the
    questions that it learnt from, p_late of ``AT_ISSUE`` and p_unpaid_30 of ``LATER``. ``held``: the same two answers of
    the trial model to questions that it had not learnt from; empty without one. ``tested``: by target the measures of
    the test in training (as ``TargetTest.to_json``).
    """

    train_as_of: date
    asked: dict[str, Profile]
    learnt: dict[str, Profile]
    held: dict[str, Profile] = field(default_factory=dict)
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
        asked, learnt, held = ({n: _profile(folder, k, n, until, e) for n, e in rest[k].items()} for k in _KINDS)
        return Reference(until, asked, learnt, held, rest["tested"])
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
