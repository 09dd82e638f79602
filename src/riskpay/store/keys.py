"""Keys of the API: shown once when made, stored as a hash."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, insert, select, update

from riskpay.store.clock import utc_now
from riskpay.store.engine import writing
from riskpay.store.models import ApiKey
from riskpay.store.tokens import new_token, token_hash

TOKEN_MARK: Final = "rp_"  # noqa: S105 - how every key begins, so that a leaked one is recognised
FIRST_KEY: Final = "first key"
"""Label of the key that is made when the service starts and no key works."""
PREFIX_LENGTH: Final = len(TOKEN_MARK) + 8
_NO_KEY: Final = token_hash("")


@dataclass(frozen=True)
class Key:
    """A key as it may be shown: never the token itself."""

    key_id: int
    prefix: str
    label: str
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    """Makes, verifies and withdraws keys."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, label: str, created_at: datetime | None = None) -> str:
        """A new key; the token is given back here and never again."""
        with writing(self._engine) as connection:
            return _create(connection, label, created_at or utc_now())

    def ensure_first_key(self, label: str = FIRST_KEY) -> str | None:
        """The token of a new key if no key that works is there, else None."""
        with writing(self._engine) as connection:
            working = select(func.count()).select_from(ApiKey).where(ApiKey.revoked_at.is_(None))
            if connection.execute(working).scalar():
                return None
            return _create(connection, label, utc_now())

    def verify(self, token: str) -> Key | None:
        """The key of a token; None if it is none of ours or withdrawn. Takes as long for wrong tokens."""
        if not (token.isascii() and token.isprintable()):
            return None
        query = select(ApiKey.__table__).where(ApiKey.prefix == token[:PREFIX_LENGTH], ApiKey.revoked_at.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        digest = token_hash(token)
        hashes = [row.token_hash for row in rows] or [_NO_KEY]
        matches = [hmac.compare_digest(digest, stored) for stored in hashes]
        found = next((row for row, match in zip(rows, matches, strict=False) if match), None)
        return Key(found.key_id, found.prefix, found.label, found.created_at, found.revoked_at) if found else None

    def all(self) -> list[Key]:
        """Every key ever made, in order."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(ApiKey.__table__).order_by(ApiKey.key_id)).all()
        return [Key(row.key_id, row.prefix, row.label, row.created_at, row.revoked_at) for row in rows]

    def revoke(self, key_id: int, revoked_at: datetime | None = None) -> bool:
        """Withdraw a key, and with it every session it opened; whether it worked until then."""
        query = update(ApiKey).where(ApiKey.key_id == key_id, ApiKey.revoked_at.is_(None))
        with writing(self._engine) as connection:
            return connection.execute(query.values(revoked_at=revoked_at or utc_now())).rowcount > 0


def _create(connection: Connection, label: str, moment: datetime) -> str:
    token = new_token(TOKEN_MARK)
    row = {"token_hash": token_hash(token), "prefix": token[:PREFIX_LENGTH], "label": label, "created_at": moment}
    connection.execute(insert(ApiKey).values(**row))
    return token
