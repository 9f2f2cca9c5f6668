"""Keys without waiting: a mail whose key has to be looked up is put aside for that, and read again."""

from collector.auth.key_record import Key, NoKey
from collector.auth.keys import KeySource
from collector.errors import KeyUnavailable


class LookupNeeded(Exception):
    """A key is not at hand: not something to wait for on an event loop, or in the place of a large mail."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class KeysAtHand:
    """A source of keys that never waits: what is cached, and what was fetched for one mail."""

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys
        self._fetched: dict[str, Key | NoKey | KeyUnavailable] = {}

    def peek(self, name: str) -> bool:
        return name in self._fetched or self._keys.peek(name)

    def get(self, name: str) -> Key | NoKey:
        """Raises KeyUnavailable if that is what came of `fetch`, LookupNeeded if nothing is known of the key."""
        found = self._fetched.get(name)
        if isinstance(found, KeyUnavailable):
            raise found
        if found is None and not self._keys.peek(name):
            raise LookupNeeded(name)
        return found or self._keys.get(name)

    def fetch(self, name: str) -> None:
        """Waits for a key, or for the reason why there is none to be had."""
        try:
            self._fetched[name] = self._keys.get(name)
        except KeyUnavailable as error:
            self._fetched[name] = error
