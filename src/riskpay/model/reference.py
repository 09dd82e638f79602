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


@dataclass(frozen=True)
class Reference:
    """Profiles by population, and how good the model was in its test.

    ``profiles``: ``AT_ISSUE`` with every feature and p_late, ``LATER`` with p_unpaid_30. ``tested``: by target the
    measures of the test before registration (as ``TargetTest.to_json``), empty where there was none. ``scored_by``: whose
    answers the profiles hold: ``trial`` (questions it had not learnt from) or ``model`` (those it had).
    """

    train_as_of: date
    profiles: dict[str, Profile]
    tested: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Into ``folder``: reference.json, and two Parquet files a population."""
        folder.mkdir(parents=True, exist_ok=True)
        edges = {name: profile.edges for name, profile in self.profiles.items()}
        until = {name: profile.until.isoformat() for name, profile in self.profiles.items()}
        rest = {"train_as_of": self.train_as_of.isoformat(), "until": until, "edges": edges, "tested": self.tested}
        (folder / _FILE).write_text(json.dumps(rest), encoding="utf-8")
        for name, profile in self.profiles.items():
            profile.counts.write_parquet(folder / f"{name}_counts.parquet")
            profile.sample.write_parquet(folder / f"{name}_sample.parquet")


def read_reference(folder: Path) -> Reference:
    """The reference written by ``Reference.write``; raises DataError if it is damaged."""
    try:
        rest = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        profiles = {
            name: Profile(
                date.fromisoformat(rest["until"][name]),
                {column: tuple(found) for column, found in edges.items()},
                pl.read_parquet(folder / f"{name}_counts.parquet"),
                pl.read_parquet(folder / f"{name}_sample.parquet"),
            )
            for name, edges in rest["edges"].items()
        }
        return Reference(date.fromisoformat(rest["train_as_of"]), profiles, rest["tested"])
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as failed:
        raise DataError(
            f"what the model was trained on cannot be read in {folder}: {failed}", "train one with `riskpay train`"
        ) from failed
