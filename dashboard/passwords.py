"""Passwords and tokens: what is kept of them, and whether one is right. Nothing here knows the database."""

import hashlib
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

TOKEN_PREFIX = "tlsrpt_"  # noqa: S105  lets people and scanners see what a found text is
LONGEST_PASSWORD = 1024
_TOKEN_BYTES = 32

_hasher = PasswordHasher()
# Each check takes 64 MiB and a core for a moment: strangers at the login form get two at a time and no more.
_at_once = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """argon2id with the parameters of RFC 9106 for little memory, in its usual text form."""
    return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one hashed; None (no such user) takes as long and is False."""
    if len(password) > LONGEST_PASSWORD:
        return False
    with _at_once:
        try:
            _hasher.verify(password_hash or _nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


@cache
def _nobody() -> str:
    """What a name that does not exist is checked against, so that it takes as long as one that does."""
    return _hasher.hash(secrets.token_hex(16))


def new_token() -> str:
    """A fresh API token. It is shown once; only its hash is kept."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """SHA-256. A plain hash is enough: the token is random and cannot be guessed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
