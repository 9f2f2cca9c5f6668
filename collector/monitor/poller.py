"""Checks every domain at the start and about once a day, sooner after a failure (M13, M15) or when its id changed."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from collector.errors import LookupFailed, TemporaryError
from collector.jobs import Job
from collector.monitor.check import Looked
from collector.monitor.model import Observation
from collector.monitor.turns import PATIENCE, Turns
from collector.store.engine import Engine
from collector.store.published import Due, ask_all, ask_now, claim_due, put_off, record

log = logging.getLogger(__name__)

# A look at (domain, now). It raises nothing that is expected: a fetch error is an observation.
Look = Callable[[str, datetime], Awaitable[Looked]]
# The id of a domain's `_mta-sts` record, None without a valid one. Raises LookupFailed.
ReadId = Callable[[str], Awaitable[str | None]]

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

    A look that waits for a slow host makes way after `patience` seconds (`Turns`), and delays nobody else. Several
    processes may do this with one database: a claim (`lease`) keeps the others away, and ends by itself if one dies.
    """

    def __init__(
        self,
        engine: Engine,
        look: Look,
        read_id: ReadId,
        *,
        id_every: timedelta,
        workers: int,
        lease: timedelta,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        patience: float = PATIENCE,
    ) -> None:
        self._engine = engine
        self._look = look
        self._read_id = read_id
        self._id_every = id_every
        self._turns = Turns(workers, patience=patience)
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
        free = self._turns.free
        if await self.handle_due() < free:
            return _IDLE
        # More may be due. Looks that ended while the store was asked have made room already.
        await self._turns.wait()
        return 0.0

    async def handle_due(self) -> int:
        """Begins to look at due domains, as many as workers are free; returns how many. Raises StoreUnavailable."""
        free = self._turns.free
        due = await asyncio.to_thread(claim_due, self._engine, self._clock(), free, self._lease)
        for item in due:
            task = asyncio.create_task(self._handle(item))
            self._running[task] = item.name
            task.add_done_callback(self._ended)
        await asyncio.sleep(0)  # they begin, and take their turns
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
        async with self._turns.turn():
            await self._in_turn(due)

    async def _in_turn(self, due: Due) -> None:
        try:
            if due.whole or await self._has_changed(due):
                await self._look_at(due)
            else:
                await asyncio.to_thread(put_off, self._engine, due.domain_id, self._clock() + self._next_id_look())
        except TemporaryError as error:
            # The claim runs out, and the domain is looked at again.
            log.warning("%s: nothing could be written down: %s", due.name, error)

    async def _look_at(self, due: Due) -> None:
        looked = await self._look(due.name, self._clock())
        seen = looked.observation
        wait = next_look(seen, due.failures, self._chance())
        now = self._clock()
        id_due = now + self._next_id_look()
        write = functools.partial(record, check=looked.check, id_due=id_due)
        await asyncio.to_thread(write, self._engine, due.domain_id, seen, now + wait)
        log.info("%s: %s; next look in %.0f min", due.name, _in_words(seen), wait.total_seconds() / 60)

    async def _has_changed(self, due: Due) -> bool:
        """Whether the record has another id than at the last look (M5). While DNS gives no answer it has not."""
        try:
            found = await self._read_id(due.name)
        except LookupFailed:
            return False
        if found != due.policy_id:
            log.info("%s: the id was %s and is now %s", due.name, due.policy_id or "missing", found or "missing")
        return found != due.policy_id

    def _next_id_look(self) -> timedelta:
        return self._id_every * (1 + JITTER * self._chance())

    def _ended(self, task: asyncio.Task[None]) -> None:
        name = self._running.pop(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("%s: the look at its policy failed", name, exc_info=fault)


def _in_words(observation: Observation) -> str:
    if observation.policy is None:
        return f"{observation.error}: {observation.error_detail}"
    return f"mode {observation.policy.mode}, id {observation.policy_id}"
