"""DKIM keys for very many mails at once: DNS that does not answer is not waited for again with each of them."""

from collections.abc import Callable

from collector.auth.key_record import Key, NoKey
from collector.auth.keys import KeySource
from collector.errors import KeyUnavailable

# Seconds for which a name that DNS gave no answer for is not asked for again.
_NAME_PAUSE = 300.0
# So many names in a row without an answer: it is DNS that is away, and no name is asked for during such a pause.
_MOST_IN_A_ROW = 5
_DNS_PAUSE = 60.0


class HastyKeys:
    """A KeySource over another one. Remembers for a while what could not be had. For one thread."""

    def __init__(self, keys: KeySource, clock: Callable[[], float]) -> None:
        """`clock`: seconds that only grow."""
        self._keys = keys
        self._clock = clock
        self._failed: dict[str, tuple[float, str]] = {}  # until when, and what was said
        self._in_a_row = 0
        self._away_until = 0.0

    def peek(self, name: str) -> bool:
        """Whether `get(name)` would answer at once with a key, or that there is none."""
        return self._keys.peek(name)

    def get(self, name: str) -> Key | NoKey:
        """The key at `name`. Raises KeyUnavailable, at once where it did so a short while ago."""
        if self._keys.peek(name):
            return self._keys.get(name)
        now = self._clock()
        until, said = self._failed.get(name, (0.0, ""))
        if now < until:
            raise KeyUnavailable(said)
        if now < self._away_until:
            raise KeyUnavailable(f"the DKIM key {name} was not asked for: DNS has not answered for a while")
        try:
            found = self._keys.get(name)
        except KeyUnavailable as error:
            self._remember(name, str(error))
            raise
        self._in_a_row = 0
        return found

    def _remember(self, name: str, said: str) -> None:
        now = self._clock()
        self._failed[name] = (now + _NAME_PAUSE, said)
        self._in_a_row += 1
        if self._in_a_row >= _MOST_IN_A_ROW:
            self._away_until = now + _DNS_PAUSE
