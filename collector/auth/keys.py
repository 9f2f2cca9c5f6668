"""The DKIM keys of the reporters, looked up once and kept as long as DNS allows."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from collector.auth.key_record import Key, NoKey, choose
from collector.errors import KeyUnavailable, LookupFailed, NoSuchName
from collector.resolver import TxtAnswer

# Seconds. Not shorter, or a reporter with TTL 0 would cost a look-up per report; not longer, or a key that was
# revoked would live on here.
_LEAST_TTL, _MOST_TTL = 60.0, 86_400.0
# That there is no key is forgotten soon: somebody may just be publishing it.
_MOST_NEGATIVE_TTL = 300.0


class KeySource(Protocol):
    """Where keys come from. `name` is `SELECTOR._domainkey.DOMAIN` in normal form."""

    def get(self, name: str) -> Key | NoKey:
        """The key; raises KeyUnavailable if nobody can tell just now."""

    def peek(self, name: str) -> bool:
        """Whether `get(name)` would answer at once, without DNS."""


class KeyCache:
    """A KeySource over DNS. Holds parsed keys, and that there is none; the least recently used ones go first.

    Safe to share between threads: two that want the same key at the same time share one look-up. A look-up that
    failed is not remembered.
    """

    def __init__(
        self, lookup: Callable[[str], TxtAnswer], clock: Callable[[], float], *, max_entries: int = 8192
    ) -> None:
        """`lookup` raises NoSuchName or LookupFailed, as `Resolver.txt` does; `clock`: seconds that only grow."""
        self._lookup = lookup
        self._clock = clock
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[Key | NoKey, float]] = OrderedDict()  # what was found, and until when
        self._pending: dict[str, Future[Key | NoKey]] = {}

    def get(self, name: str) -> Key | NoKey:
        """The key at `name`. Blocks for a look-up unless it is cached; raises KeyUnavailable if that fails."""
        with self._lock:
            found = self._cached(name)
            if found is not None:
                self._entries.move_to_end(name)
                return found
            future = self._pending.get(name)
            first = future is None
            if future is None:
                future = self._pending[name] = Future()
        if first:
            self._settle(name, future)
        return future.result()

    def peek(self, name: str) -> bool:
        """Whether `get(name)` would answer at once."""
        with self._lock:
            return self._cached(name) is not None

    def _cached(self, name: str) -> Key | NoKey | None:
        found, until = self._entries.get(name, (None, 0.0))
        return found if self._clock() < until else None

    def _settle(self, name: str, future: "Future[Key | NoKey]") -> None:
        """Look `name` up and tell all who wait for it, whatever comes of it."""
        try:
            found, ttl = self._fetch(name)
        except BaseException as error:
            with self._lock:
                del self._pending[name]
            future.set_exception(error)
            raise
        with self._lock:
            del self._pending[name]
            self._entries[name] = (found, self._clock() + ttl)
            self._entries.move_to_end(name)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
        future.set_result(found)

    def _fetch(self, name: str) -> tuple[Key | NoKey, float]:
        """What DNS has at `name`, and the seconds for which that may be kept."""
        try:
            answer = self._lookup(name)
        except NoSuchName as error:
            return NoKey("is not published"), _bounded(error.ttl, _MOST_NEGATIVE_TTL)
        except LookupFailed as error:
            raise KeyUnavailable(f"the DKIM key {name} could not be fetched: {error}") from error
        found = choose(answer.records)
        return found, _bounded(answer.ttl, _MOST_TTL if isinstance(found, Key) else _MOST_NEGATIVE_TTL)


def _bounded(ttl: float, most: float) -> float:
    return min(max(ttl, _LEAST_TTL), most)
