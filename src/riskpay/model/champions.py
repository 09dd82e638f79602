"""Who is champion, who challenger, and who was champion before: versions of the registry, their aliases and tags.

Works through an MLflow client that it is given; ``registry`` makes it, and alone knows MLflow. What a version was when it
was registered stands in its tags; the history of champions stands in tags of the registered model, one a change, so that
nothing is ever written over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from riskpay.errors import NotThereError, UsageError

NAME: Final = "late_payment"
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
_HISTORY = "champion."
_PROMOTED, _WITHDRAWN, _OVERRIDE = "promoted", "withdrawn", "override"


@dataclass(frozen=True)
class Version:
    """A registered model: what its tags say. ``train_as_of``: it knows what was known before that day.

    ``kind``: hazard or prior. ``verdict``: passed or failed, the gate's answer; ``why``: its reasons. ``withdrawn``: why it
    was rolled back; None: it was not. ``override``: why a person promoted it against the gate. ``brier`` and ``gain`` (over
    the naive ratio) on the questions from ``tested_from`` on; None where nothing tested it.
    """

    version: str
    train_as_of: date
    run: str
    created_at: datetime
    kind: str = "hazard"
    verdict: str = ""
    why: tuple[str, ...] = ()
    promoted: bool = False
    withdrawn: str | None = None
    override: str | None = None
    tested_from: date | None = None
    brier: float | None = None
    gain: float | None = None
    recipe: str = ""
    data_version: str = ""
    policy_hash: str = ""
    aliases: tuple[str, ...] = field(default=())

    @property
    def answers(self) -> bool:
        """Whether it may score: promoted, and not rolled back."""
        return self.promoted and self.withdrawn is None


@dataclass(frozen=True)
class Change:
    """A version became champion at a moment, by ``train``, ``promote`` or ``rollback``, and why."""

    at: datetime
    version: str
    by: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """Plain values."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "version": self.version,
            "by": self.by,
            "reason": self.reason,
        }


class Champions:
    """Versions, champions and challengers of one registry; ``client`` is an MlflowClient."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - MLflow ships no types
        self._client = client

    def versions(self) -> list[Version]:
        """Every registered version, the newest first."""
        aliases = self._aliases()
        found = self._client.search_model_versions(f"name='{NAME}'")
        versions = [
            _version(one, tuple(sorted(a for a, v in aliases.items() if v == str(one.version)))) for one in found
        ]
        return sorted(versions, key=lambda one: -int(one.version))

    def version(self, version: str) -> Version:
        """One version; raises NotThereError for one that is not there."""
        found = self.versions()
        named = next((one for one in found if one.version == version), None)
        if named is None:
            there = f"versions are there from 1 to {found[0].version}" if found else "nothing is registered yet"
            raise NotThereError(f"there is no model version {version!r}; {there}", "see: riskpay models list")
        return named

    def named(self, name: str) -> Version:
        """The version that ``name`` is, or the champion where it says so; raises NotThereError if there is none."""
        champion = self.champion() if name == CHAMPION else None
        return champion or self.version(name)

    def champion(self) -> Version | None:
        """The champion, None if there is none."""
        name = self._aliases().get(CHAMPION)
        return None if name is None else self.version(name)

    def fitting(self, as_of: date) -> Version:
        """The champion if it was trained on or before ``as_of``, else the newest former one that was.

        A version that was rolled back answers for no day. Raises NotThereError if there is none.
        """
        there = [one for one in self.versions() if one.answers]
        fits = [one for one in there if one.train_as_of <= as_of]
        if not fits:
            days = ", ".join(map(str, sorted(one.train_as_of for one in there)))
            trained = f"; promoted models were trained as of {days}" if days else ""
            raise NotThereError(
                f"no promoted model was trained on or before {as_of}{trained}",
                f"train one with `riskpay train --as-of {as_of}`",
            )
        current = next((one for one in fits if CHAMPION in one.aliases), None)
        return current or max(fits, key=lambda one: (one.train_as_of, int(one.version)))

    def promote(self, version: str, by: str, reason: str) -> bool:
        """Let a version answer, as champion unless the champion was trained for a later day; whether it is champion now."""
        named, current = self.version(version), self.champion()
        if current is not None and named.train_as_of < current.train_as_of:
            self._tag(version, _PROMOTED, "true")
            return False
        self.make_champion(version, by, reason)
        return True

    def make_champion(self, version: str, by: str, reason: str, *, override: bool = False) -> None:
        """Make a version the champion, whatever day it was trained for; one that was rolled back counts again."""
        named = self.version(version)
        if CHALLENGER in named.aliases:
            self._client.delete_registered_model_alias(NAME, CHALLENGER)
        if named.withdrawn is not None:
            self._client.delete_model_version_tag(NAME, version, _WITHDRAWN)
        if override:
            self._tag(version, _OVERRIDE, reason)
        self._tag(version, _PROMOTED, "true")
        self._client.set_registered_model_alias(NAME, CHAMPION, version)
        now = datetime.now(UTC)
        change = json.dumps({"version": version, "by": by, "reason": reason})
        self._client.set_registered_model_tag(NAME, f"{_HISTORY}{now:%Y-%m-%dT%H:%M:%S.%fZ}", change)

    def challenge(self, version: str) -> None:
        """Let a version that was not promoted be the challenger."""
        self._client.set_registered_model_alias(NAME, CHALLENGER, version)

    def rollback(self, to: str | None, reason: str) -> tuple[Version, Version]:
        """Withdraw the champion and make a former one champion again: (the one withdrawn, the one in force).

        ``to``: by default the last champion before it that still answers. Raises NotThereError without a champion
        or a former one, UsageError for a version that never was champion.
        """
        current = self.champion()
        if current is None:
            raise NotThereError("there is no champion to roll back", "train one: riskpay train")
        target = self._former(current) if to is None else self._named_former(to, current)
        self._tag(current.version, _WITHDRAWN, reason or f"rolled back to version {target.version}")
        self.make_champion(target.version, "rollback", reason)
        return self.version(current.version), self.version(target.version)

    def history(self) -> list[Change]:
        """Every change of champion, the newest first."""
        tags = self._model().tags if self._model() else {}
        changes = [
            _change(name.removeprefix(_HISTORY), text) for name, text in tags.items() if name.startswith(_HISTORY)
        ]
        return sorted(changes, key=lambda change: change.at, reverse=True)

    def _former(self, current: Version) -> Version:
        answering = {one.version: one for one in self.versions() if one.answers and one.version != current.version}
        before = next((change.version for change in self.history() if change.version in answering), None)
        if before is None:
            raise NotThereError(
                f"version {current.version} is the only champion that still answers: there is none to go back to",
                "promote another version: riskpay models promote VERSION, or rank by points: riskpay daily --without-model",
            )
        return answering[before]

    def _named_former(self, to: str, current: Version) -> Version:
        named = self.version(to)
        if to == current.version:
            raise UsageError(f"version {to} is the champion already", "name a former champion: riskpay models list")
        once = {change.version for change in self.history()}
        if to not in once:
            raise UsageError(
                f"version {to} never was champion; former champions are {', '.join(sorted(once - {current.version}, key=int)) or 'none'}",
                f"make it champion: riskpay models promote {to}",
            )
        return named

    def _tag(self, version: str, name: str, text: str) -> None:
        self._client.set_model_version_tag(NAME, version, name, text)

    def _aliases(self) -> dict[str, str]:
        model = self._model()
        return {name: str(version) for name, version in model.aliases.items()} if model else {}

    def _model(self) -> Any:  # noqa: ANN401 - MLflow's RegisteredModel, None before the first registration
        return next(iter(self._client.search_registered_models(f"name='{NAME}'")), None)


def _version(found: Any, aliases: tuple[str, ...]) -> Version:  # noqa: ANN401 - MLflow's ModelVersion
    tags: Mapping[str, str] = found.tags
    number = {name: float(tags[name]) if tags.get(name) else None for name in ("brier", "gain")}
    return Version(
        version=str(found.version),
        train_as_of=date.fromisoformat(tags["train_as_of"]),
        run=tags["run"],
        created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
        kind=tags.get("kind", "hazard"),
        verdict=tags.get("verdict", ""),
        why=tuple(json.loads(tags["why"])) if tags.get("why") else (),
        promoted=tags.get(_PROMOTED) == "true",
        withdrawn=tags.get(_WITHDRAWN),
        override=tags.get(_OVERRIDE),
        tested_from=date.fromisoformat(tags["tested_from"]) if tags.get("tested_from") else None,
        brier=number["brier"],
        gain=number["gain"],
        recipe=tags.get("recipe", ""),
        data_version=tags.get("data_version", ""),
        policy_hash=tags.get("policy_hash", ""),
        aliases=aliases,
    )


def _change(at: str, text: str) -> Change:
    given = json.loads(text)
    return Change(datetime.fromisoformat(at), given["version"], given["by"], given["reason"])
