"""Login throttling: who fails too often waits. Kept in memory, so each process counts for itself."""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
FAILURES_PER_NAME = 5
FAILURES_PER_ADDRESS = 30
_MOST_KEYS = 10_000


class Throttle:
    """Counts failed logins per name and address together, and per address alone.

    The name alone is never locked: a stranger could keep its owner out.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str, address: str, now: datetime) -> timedelta:
        """How long until the next try is allowed; zero: now."""
        with self._lock:
            return max(
                self._wait((name, address), FAILURES_PER_NAME, now),
                self._wait(("", address), FAILURES_PER_ADDRESS, now),
            )

    def failed(self, name: str, address: str, now: datetime) -> None:
        with self._lock:
            for key in {(name, address), ("", address)}:
                self._failures.setdefault(key, deque(maxlen=FAILURES_PER_ADDRESS)).append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > _MOST_KEYS:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        with self._lock:
            self._failures.pop((name, address), None)

    def _wait(self, key: tuple[str, str], allowed: int, now: datetime) -> timedelta:
        times = self._failures.get(key, deque())
        while times and now - times[0] >= WINDOW:
            times.popleft()
        if len(times) < allowed:
            return timedelta(0)
        return times[-allowed] + WINDOW - now
