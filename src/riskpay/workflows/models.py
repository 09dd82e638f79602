"""The registry as people use it: what is there, make a version champion, go back to a former one."""

from pathlib import Path
from typing import Any

from riskpay.errors import UsageError
from riskpay.model.champions import Champions, Version
from riskpay.workflows.home import Home

MOST_LETTERS = 1000
"""Longest reason that is kept."""


def models(home: Path) -> dict[str, Any]:
    """Every registered version, the newest first, and every change of champion, the newest first."""
    champions = _champions(home)
    return {
        "models": [version_json(version) for version in champions.versions()],
        "history": [change.to_json() for change in champions.history()],
    }


def promote(home: Path, version: str, reason: str = "", *, override: bool = False) -> dict[str, Any]:
    """Make a version the champion, by a person's word.

    What the gate failed is refused unless ``override`` is given, with a ``reason`` that is kept beside the version.
    Raises NotThereError for a version that is not there, UsageError for one that is refused or is champion already.
    """
    champions, given = _champions(home), _reason(reason)
    named, before = champions.version(version), champions.champion()
    if before is not None and before.version == version:
        raise UsageError(f"version {version} is the champion already", "see: riskpay models list")
    if named.verdict != "passed" and not override:
        failed = "; ".join(why for why in named.why if why.startswith("failed:")) or "it has no verdict"
        raise UsageError(
            f"version {version} did not pass the gate: {failed}",
            f"train another one, or take it all the same: riskpay models promote {version} --override --reason TEXT",
        )
    if override and not given:
        raise UsageError(
            "--override without --reason: why a model is taken against the gate is kept beside it",
            "add --reason TEXT",
        )
    champions.make_champion(version, "promote", given, override=override and named.verdict != "passed")
    return {
        "champion": version_json(champions.version(version)),
        "former": None if before is None else before.version,
        "reason": given,
    }


def rollback(home: Path, to: str | None = None, reason: str = "") -> dict[str, Any]:
    """Withdraw the champion, which then answers for no day, and make a former champion the champion again.

    ``to``: by default the one before. Raises NotThereError where there is none, UsageError for one that never was.
    """
    withdrawn, champion = _champions(home).rollback(to, _reason(reason))
    return {"champion": version_json(champion), "withdrawn": version_json(withdrawn), "reason": _reason(reason)}


def version_json(version: Version) -> dict[str, Any]:
    """A version as plain values."""
    return {
        "version": version.version,
        "kind": version.kind,
        "train_as_of": version.train_as_of.isoformat(),
        "registered_at": version.created_at.isoformat(timespec="seconds"),
        "aliases": list(version.aliases),
        "verdict": version.verdict or None,
        "promoted": version.promoted,
        "override": version.override,
        "withdrawn": version.withdrawn,
        "tested_from": version.tested_from.isoformat() if version.tested_from else None,
        "brier": version.brier,
        "gain": version.gain,
        "why": list(version.why),
        "recipe": version.recipe,
        "data_version": version.data_version,
        "policy_hash": version.policy_hash,
    }


def _champions(home: Path) -> Champions:
    return Home.open(home).registry.champions


def _reason(given: str) -> str:
    text = given.strip()
    if len(text) > MOST_LETTERS or not text.isprintable():
        raise UsageError(
            f"the reason has {len(text)} letters; allowed is one line of at most {MOST_LETTERS}", "say it shorter"
        )
    return text
