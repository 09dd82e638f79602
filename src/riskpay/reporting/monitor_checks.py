"""Which checks of the monitor people are shown: all but features, and of these the few that moved most."""

from collections.abc import Mapping
from typing import Any, Final

FEATURE: Final = "drift.feature."
SHOWN: Final = 5
"""Features that are shown by name; the others are counted in the check of all."""


def shown(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Checks in their order, with the features that warn, farthest beyond the usual first."""
    checks = result["checks"]
    moved = [check for check in checks if check["name"].startswith(FEATURE) and check["status"] == "warn"]
    first = sorted(moved, key=lambda check: check["value"] / (check.get("usual") or check["value"]), reverse=True)
    named = {check["name"] for check in first[:SHOWN]}
    return [check for check in checks if not check["name"].startswith(FEATURE) or check["name"] in named]
