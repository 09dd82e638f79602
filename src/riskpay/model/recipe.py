"""How a model is grown, as one short hash: two models of one recipe differ by their data alone."""

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version as installed

from riskpay.model.columns import columns_of
from riskpay.model.training import TrainSettings

_LENGTH = 12


def recipe_of(settings: TrainSettings, kind: str) -> str:
    """The first hexadecimal digits of the SHA-256 of kind, settings, columns and riskpay's version.

    Threads change no tree, and how many items are too few to learn from is not how a model is grown: both are left out.
    """
    given = asdict(settings)
    given.pop("min_settled")
    given["hazard"].pop("threads")
    made = {
        "kind": kind,
        "settings": given,
        "columns": columns_of(settings.features.names),
        "grid": settings.grid.ends,
        "riskpay": installed("riskpay"),
    }
    text = json.dumps(made, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)
