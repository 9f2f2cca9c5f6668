"""Login throttling: who fails too often waits. Counted in the database, so all processes count together.

Counted are the failures of one address: for each name, and for all names together. A name alone is never locked: a
stranger could keep its owner out. Two processes that look at the same moment may let one more try through.
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta

from collector.store import login_failures
from collector.store.engine import Engine

WINDOW = timedelta(minutes=15)
FAILURES_PER_NAME = 5
FAILURES_PER_ADDRESS = 30
_IPV6_SITE = 64


class Throttle:
    """`key` is the program's own: names are kept so that nobody can read them."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._key = key

    def wait(self, name: str, address: str, now: datetime) -> timedelta:
        """How long until the next try is allowed; zero: now."""
        found = login_failures.since(self._engine, _site(address), now - WINDOW, FAILURES_PER_ADDRESS)
        same = [at for name_hash, at in found if name_hash == self._hash(name)]
        return max(
            _wait(same, FAILURES_PER_NAME, now),
            _wait([at for _, at in found], FAILURES_PER_ADDRESS, now),
        )

    def failed(self, name: str, address: str, now: datetime) -> None:
        login_failures.add(self._engine, _site(address), self._hash(name), now=now, forget_before=now - WINDOW)

    def succeeded(self, name: str, address: str) -> None:
        """The wrong tries of whoever knows the password were slips."""
        login_failures.forget(self._engine, _site(address), self._hash(name))

    def _hash(self, name: str) -> bytes:
        return hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=32, key=self._key).digest()


def _wait(newest_first: list[datetime], allowed: int, now: datetime) -> timedelta:
    if len(newest_first) < allowed:
        return timedelta(0)
    return newest_first[allowed - 1] + WINDOW - now


def _site(address: str) -> str:
    """An IPv6 address stands for its /64: whoever has one has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, _IPV6_SITE), strict=False))
