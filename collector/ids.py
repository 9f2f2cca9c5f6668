"""Ids are made by the program, never by the database: UUID version 7 (RFC 9562 section 5.7), so they sort by time."""

import os
import time
from uuid import UUID


def new_id(now_ms: int | None = None) -> UUID:
    """A fresh UUIDv7; `now_ms` is Unix time in milliseconds (default: the clock)."""
    if now_ms is None:
        now_ms = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (now_ms & 0xFFFF_FFFF_FFFF) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
