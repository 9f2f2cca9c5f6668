"""The cookies of the login: signed, so that nobody can make one. What a session is worth stands in the database.

The secret of a cookie is random and kept as a hash only: who reads the database can begin no session with it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from dashboard.web import state

LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's cookie; of somebody who is logged in if the database knows it."""

    secret: str  # random: each login gets one of its own
    until: int  # Unix time in seconds

    @property
    def secret_hash(self) -> bytes:
        return hashlib.sha256(self.secret.encode()).digest()


class Sessions:
    """Makes and reads session cookies with the key that all processes share."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def begin(self, now: datetime) -> Session:
        return Session(secrets.token_urlsafe(24), int((now + LASTS).timestamp()))

    def seal(self, session: Session) -> str:
        """The session as text for a cookie."""
        return self.seal_for("session", [session.secret, session.until])

    def unseal(self, text: str, now: datetime) -> Session | None:
        """The session of a cookie; None if it is not ours or is over."""
        found = self.unseal_for("session", text)
        match found:
            case [str(secret), int(until)] if until > now.timestamp():
                return Session(secret, until)
        return None

    def csrf_token(self, session: Session) -> str:
        """What a form of this session carries, and what no other site can know."""
        return self.mac("csrf", session.secret)

    def seal_for(self, purpose: str, value: object) -> str:
        """Anything as signed text; what is sealed for one purpose is nothing for another. It can be read by anybody."""
        return self._serializer(purpose).dumps(value)

    def unseal_for(self, purpose: str, text: str) -> object:
        """None if it is not ours."""
        try:
            found: object = self._serializer(purpose).loads(text)
        except (BadData, ValueError):
            return None
        return found

    def mac(self, purpose: str, text: str) -> str:
        """A word that only we can make from `text`."""
        return hmac.new(self._key, f"{purpose}:{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._key,
            salt=f"tlsrpt.{purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def cookie_name(what: str = "tlsrpt") -> str:
    """`__Host-`: no other host and no plain-text page can have set it. Below a path browsers allow `__Secure-` only."""
    if not state.is_https():
        return what
    return f"__Secure-{what}" if request.script_root else f"__Host-{what}"


def set_cookie(response: Response, name: str, text: str, lasts: timedelta) -> None:
    response.set_cookie(name, text, max_age=lasts, path=_path(), secure=state.is_https(), httponly=True, samesite="Lax")


def drop_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, path=_path(), secure=state.is_https(), httponly=True, samesite="Lax")


def _path() -> str:
    return request.script_root or "/"
