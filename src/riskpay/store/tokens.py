"""Secrets that are shown once and stored as hashes."""

import secrets
from hashlib import sha256
from typing import Final

SECRET_BYTES: Final = 32
"""256 bits of randomness: nothing to guess, so a plain SHA-256 is enough to store."""


def new_token(prefix: str = "") -> str:
    """A new random token, safe in headers and cookies."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256 in hex."""
    return sha256(token.encode()).hexdigest()
