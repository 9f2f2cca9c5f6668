"""The session cookie: signed, so that nobody can make one; it holds no secret, and it ends.

A session ends at its time, when its user is removed, and when its user's password changes.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from collector.store.accounts import User

LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """`user_id` None: somebody before the login form, who needs a CSRF token too."""

    user_id: UUID | None
    proof: str  # ties it to the password it was begun with
    nonce: str  # random: each login gets a session of its own
    until: int  # Unix time in seconds


class Sessions:
    """Makes and reads session cookies with the key that all processes share."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._serializer = URLSafeSerializer(
            key, salt="tlsrpt.session", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def begin(self, user: User | None, now: datetime) -> Session:
        until = int((now + LASTS).timestamp())
        nonce = secrets.token_urlsafe(18)
        if user is None:
            return Session(None, "", nonce, until)
        return Session(user.id, self._proof(user), nonce, until)

    def seal(self, session: Session) -> str:
        """The session as text for a cookie."""
        user_id = None if session.user_id is None else session.user_id.hex
        return self._serializer.dumps([user_id, session.proof, session.nonce, session.until])

    def unseal(self, text: str, now: datetime) -> Session | None:
        """The session of a cookie; None if it is not ours or is over."""
        try:
            user_id, proof, nonce, until = self._serializer.loads(text)
        except (BadData, ValueError, TypeError):
            return None
        if until <= now.timestamp():
            return None
        return Session(None if user_id is None else UUID(hex=user_id), proof, nonce, until)

    def is_of(self, session: Session, user: User) -> bool:
        """Whether `user` began it, with the password that holds now."""
        return session.user_id == user.id and hmac.compare_digest(session.proof, self._proof(user))

    def csrf_token(self, session: Session) -> str:
        """What a form of this session carries, and what no other site can know."""
        return self._mac("csrf", session.nonce)

    def _proof(self, user: User) -> str:
        return self._mac("proof", user.password_hash)[:16]

    def _mac(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()
