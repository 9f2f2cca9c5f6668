"""The link that takes one off a list without a login (RFC 8058): who holds it may do that one thing.

The token names the kind of mail and the address, under a MAC with a key that the database keeps: nothing is stored for
it, and it goes on working for as long as the installation lives.
"""

import base64
import hashlib
import hmac
from datetime import datetime

from collector.store import accounts
from collector.store.engine import Engine
from collector.store.recipients import KINDS

_KEY = "unsubscribe"
_MAC_BYTES = 16
_LONGEST = 600  # characters of a token


class Tokens:
    """Makes and reads tokens."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        """Raises StoreUnavailable."""
        self._key = accounts.secret(engine, _KEY, now=now)

    def token(self, kind: str, address: str) -> str:
        """`kind` is one of `recipients.KINDS`, the address in normal form."""
        said = f"{KINDS.index(kind)}{address}".encode()
        return base64.urlsafe_b64encode(self._mac(said) + said).rstrip(b"=").decode("ascii")

    def read(self, token: str) -> tuple[str, str] | None:
        """The kind and the address of a token; None: it is none of ours."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        try:
            packed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        except ValueError:
            return None
        mac, said = packed[:_MAC_BYTES], packed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(said)):
            return None
        text = said.decode()
        return KINDS[int(text[0])], text[1:]

    def url(self, public_url: str, kind: str, address: str) -> str:
        return f"{public_url}/unsubscribe/{self.token(kind, address)}"

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, hashlib.sha256)[:_MAC_BYTES]
