"""Ids are made by the program, never by the database: UUID version 7 (RFC 9562 section 5.7).

They sort by time, and within a millisecond by the order in which this process made them.
"""

import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_RANDOM_BITS = 74
_STEP_BITS = 32  # within a millisecond the next id lies a random step further: still nobody guesses it


class Ids:
    """Makes ids; one for the process is enough (`new_id`)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now_ms = -1
        self._tail = 0

    def new(self, now_ms: int | None = None) -> UUID:
        """A fresh id; `now_ms` is Unix time in milliseconds (default: the clock)."""
        if now_ms is None:
            now_ms = time.time_ns() // 1_000_000
        with self._lock:
            self._tail = self._next_tail(same=now_ms == self._now_ms)
            self._now_ms = now_ms
            tail = self._tail
        high, low = tail >> 62, tail & (1 << 62) - 1
        return UUID(int=(now_ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)

    def _next_tail(self, *, same: bool) -> int:
        if same:
            step = int.from_bytes(os.urandom(_STEP_BITS // 8)) + 1
            if (following := self._tail + step) < 1 << _RANDOM_BITS:
                return following
        # The top bit stays clear, so that a millisecond has room for further steps.
        return int.from_bytes(os.urandom(10)) & (1 << _RANDOM_BITS - 1) - 1


def made_at(id: UUID) -> datetime:  # noqa: A002
    """When an id of ours was made, to the millisecond (aware, UTC)."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


new_id = Ids().new
