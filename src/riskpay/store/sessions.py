"""Browsers that signed in with a key: a cookie of their own, so that the key is typed once."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, insert, select

from riskpay.store.clock import utc_now
from riskpay.store.engine import writing
from riskpay.store.models import ApiKey, WebSession
from riskpay.store.tokens import new_token, token_hash

SESSION_LENGTH: Final = timedelta(hours=12)
"""A working day: one sign-in in the morning."""


class Sessions:
    """Opens, checks and ends sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, key_id: int, now: datetime | None = None) -> str:
        """The cookie of a new session of a key; sessions that ran out are cleared on the way."""
        token, moment = new_token(), now or utc_now()
        row = {"token_hash": token_hash(token), "key_id": key_id, "created_at": moment}
        with writing(self._engine) as connection:
            connection.execute(delete(WebSession).where(WebSession.expires_at <= moment))
            connection.execute(insert(WebSession).values(**row, expires_at=moment + SESSION_LENGTH))
        return token

    def verify(self, token: str, now: datetime | None = None) -> bool:
        """Whether the cookie belongs to a session that has not ended, of a key that still works."""
        query = (
            select(WebSession.key_id)
            .join(ApiKey, ApiKey.key_id == WebSession.key_id)
            .where(WebSession.token_hash == token_hash(token), WebSession.expires_at > (now or utc_now()))
            .where(ApiKey.revoked_at.is_(None))
        )
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def close(self, token: str) -> None:
        """End a session; nothing if there is none."""
        with writing(self._engine) as connection:
            connection.execute(delete(WebSession).where(WebSession.token_hash == token_hash(token)))
