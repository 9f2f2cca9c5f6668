"""How often one address may send: a token bucket each, for as long as it is not full again."""

import threading
from collections import OrderedDict
from collections.abc import Callable

# Addresses that are remembered. Whoever comes after that pushes out the one that was silent longest.
_MOST = 10_000


class Buckets:
    """For any number of threads."""

    def __init__(self, per_minute: int, burst: int, monotonic: Callable[[], float], *, most: int = _MOST) -> None:
        """`per_minute` 0: no limit."""
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._monotonic = monotonic
        self._most = most
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens at a time, by address

    def take(self, address: str) -> float:
        """0 if the address may send now; else in how many seconds, and then nothing is taken."""
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._monotonic()
            tokens, at = self._left.get(address, (self._burst, now))
            tokens = min(self._burst, tokens + (now - at) * self._rate)
            wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
            self._left[address] = (tokens if wait else tokens - 1, now)
            self._left.move_to_end(address)
            if len(self._left) > self._most:
                self._left.popitem(last=False)
            return wait
