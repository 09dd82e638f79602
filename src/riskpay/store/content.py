"""What stored content is called: a hash of its canonical JSON."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping as JSON knows it: days as ISO text, tuples as lists, keys in their order.

    Raises TypeError for what JSON cannot hold.
    """
    loaded: dict[str, Any] = orjson.loads(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))
    return loaded


def content_hash(value: object) -> str:
    """SHA-256 of the canonical JSON of a value, in hex: the order of keys does not matter, that of lists does."""
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
