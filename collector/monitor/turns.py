"""A bound on how many look at the same time, under which the slow do not stand in the way of the quick."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Seconds. Who takes longer waits for somebody: that costs a socket and hardly any work.
PATIENCE = 5.0
# So many times as many may be slow at the same time; then the slow stand in the way after all.
_SLOW = 8


class Turns:
    """`at_once` turns, for one event loop. One that lasts longer than `patience` seconds makes way for another and goes
    on beside it; 8 times `at_once` may."""

    def __init__(self, at_once: int, *, patience: float = PATIENCE) -> None:
        self.free = at_once
        self._patience = patience
        self._may_be_slow = _SLOW * at_once
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Until a turn is free."""
        await self._take()
        self._give()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One turn; waits for it, unless one is free."""
        await self._take()
        slow = False
        later: asyncio.TimerHandle

        def make_way() -> None:
            nonlocal slow, later
            if self._may_be_slow:
                self._may_be_slow -= 1
                slow = True
                self._give()
            else:
                later = loop.call_later(self._patience, make_way)

        loop = asyncio.get_running_loop()
        later = loop.call_later(self._patience, make_way)
        try:
            yield
        finally:
            later.cancel()
            if slow:
                self._may_be_slow += 1
            else:
                self._give()

    async def _take(self) -> None:
        if self.free:
            self.free -= 1
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            given = self._waiting.popleft()
            if not given.done():
                given.set_result(None)
                return
        self.free += 1
