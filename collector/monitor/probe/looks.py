"""Looks that several ask for: those that are going on, and those that are still fresh."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from collector.monitor.probe.facts import Look

_MOST_KEPT = 10_000


class Looks:
    """Hands out `look(host)`, begun anew unless one is going on or is not older than `keep`. For one event loop."""

    def __init__(self, look: Callable[[str], Awaitable[Look]], clock: Callable[[], datetime], keep: timedelta) -> None:
        self._look = look
        self._clock = clock
        self._keep = keep
        self._going: dict[str, asyncio.Task[Look]] = {}
        self._kept: dict[str, tuple[datetime, Look]] = {}  # the oldest first

    async def of(self, host: str) -> Look:
        self._forget()
        if host in self._kept:
            return self._kept[host][1]
        task = self._going.get(host)
        if task is None:
            task = self._going[host] = asyncio.create_task(self._begin(host))
        # Who gives up waiting does not take the look from the others.
        return await asyncio.shield(task)

    async def _begin(self, host: str) -> Look:
        try:
            look = await self._look(host)
        finally:
            del self._going[host]
        if self._keep:
            self._kept[host] = self._clock(), look
        return look

    def _forget(self) -> None:
        now = self._clock()
        while self._kept:
            host, (seen, _) = next(iter(self._kept.items()))
            if now - seen < self._keep and len(self._kept) <= _MOST_KEPT:
                return
            del self._kept[host]
