"""Looks at every domain's published policy at the start and about once a day, sooner after a failure (M13, M15)."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from collector.errors import TemporaryError
from collector.jobs import Job
from collector.monitor.model import Observation
from collector.store.engine import Engine
from collector.store.published import Due, ask_all, ask_now, claim_due, record

log = logging.getLogger(__name__)

# A look at (domain, now). It raises nothing that is expected: a fetch error is an observation.
Look = Callable[[str, datetime], Awaitable[Observation]]

# Jitter comes on top: never longer than a day in all, so a domain whose last look is older than that is always due.
LONGEST = timedelta(hours=21.6)
# RFC 8461 section 3.3: after a failed fetch not before five minutes.
FIRST_RETRY = timedelta(minutes=5)
JITTER = 0.1
# At the start every domain is looked at, but not by a program that starts again and again.
FRESH = timedelta(hours=1)
# Seconds between two questions for due domains, while there are none.
_IDLE = 2.0


def next_look(observation: Observation, failures: int, chance: float) -> timedelta:
    """How long to wait for the next look: 21.6 h to a day, after a failure 5 min doubled each time up to that.

    `failures`: failed looks in a row before this one. `chance` (0 to 1) spreads the domains over the day.
    """
    wait = LONGEST
    if observation.error is not None:
        wait = min(FIRST_RETRY * 2 ** min(failures, 16), LONGEST)
    return wait * (1 + JITTER * chance)


class Poller:
    """Claims due domains from the store and looks at `workers` of them at the same time.

    A slow policy host keeps one worker busy, for no longer than a look may last, and delays nobody else. Several
    processes may do this with one database: a claim (`lease`) keeps the others away, and ends by itself if one dies.
    """

    def __init__(
        self,
        engine: Engine,
        look: Look,
        *,
        workers: int,
        lease: timedelta,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._look = look
        self._workers = workers
        self._lease = lease
        self._clock = clock
        self._chance = chance
        self._running: dict[asyncio.Task[None], str] = {}
        self._begun = False

    def job(self) -> Job:
        return Job("published policies", self.step, self.close)

    async def step(self) -> float:
        """Keeps the workers busy. Returns the seconds until it is to be called again."""
        if not self._begun:
            now = self._clock()
            await asyncio.to_thread(ask_all, self._engine, now, seen_before=now - FRESH)
            self._begun = True
        await self.handle_due()
        if len(self._running) < self._workers:
            return _IDLE
        await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        return 0.0

    async def handle_due(self) -> int:
        """Begins to look at due domains, as many as workers are free; returns how many. Raises StoreUnavailable."""
        free = self._workers - len(self._running)
        due = await asyncio.to_thread(claim_due, self._engine, self._clock(), free, self._lease)
        for item in due:
            task = asyncio.create_task(self._handle(item))
            self._running[task] = item.name
            task.add_done_callback(self._ended)
        return len(due)

    async def settle(self) -> None:
        """Waits until every look in hand has ended."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """Breaks off the looks in hand; they are due again at once, for whoever comes next."""
        names = list(self._running.values())
        for task in self._running:
            task.cancel()
        await self.settle()
        if names:
            with contextlib.suppress(TemporaryError):
                await asyncio.to_thread(ask_now, self._engine, names, self._clock())

    async def _handle(self, due: Due) -> None:
        observation = await self._look(due.name, self._clock())
        wait = next_look(observation, due.failures, self._chance())
        try:
            await asyncio.to_thread(record, self._engine, due.domain_id, observation, self._clock() + wait)
        except TemporaryError as error:
            # The claim runs out, and the domain is looked at again.
            log.warning("%s: %s, but %s", due.name, _in_words(observation), error)
        else:
            minutes = wait.total_seconds() / 60
            log.info("%s: %s; next look in %.0f min", due.name, _in_words(observation), minutes)

    def _ended(self, task: asyncio.Task[None]) -> None:
        name = self._running.pop(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("%s: the look at its policy failed", name, exc_info=fault)


def _in_words(observation: Observation) -> str:
    if observation.policy is None:
        return f"{observation.error}: {observation.error_detail}"
    return f"mode {observation.policy.mode}, id {observation.policy_id}"
