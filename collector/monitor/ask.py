"""A check that somebody asked for: at once, into the history, and never two of one domain at the same time."""

import asyncio
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.errors import CheckBusy
from collector.monitor import shape
from collector.monitor.check import Looked
from collector.monitor.checked import Check
from collector.monitor.configured import checker, id_every, lease
from collector.monitor.poller import next_look
from collector.settings import Settings
from collector.store import queries
from collector.store.engine import Engine
from collector.store.published import Due, claim, record, release

# Checks that one web process does at the same time: each keeps one of its threads busy.
_AT_ONCE = 3
_PATIENCE = timedelta(seconds=30)
_STEP_SECONDS = 0.25

Look = Callable[[str, datetime], Looked]


@dataclass(frozen=True, slots=True)
class Asking:
    """Checks known domains into the history, each look with the store's lease on its domain."""

    engine: Engine
    look: Look
    lease: timedelta
    id_every: timedelta
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random  # spreads the load, keeps no secret
    patience: timedelta = _PATIENCE

    def check(self, name: str) -> Check:
        """Checks a domain (normal form). If somebody else is at it, his result is the answer.

        Raises UsageError (it is none of the domains), CheckBusy, StoreUnavailable.
        """
        asked = self.clock()
        due = self._claimed(name, asked)
        if due.polled_at is not None and due.polled_at >= asked:
            release(self.engine, due.domain_id)
            found = queries.last_check(self.engine, due.domain_id)
            if found is not None:
                return found
        return self._look(due)

    def _look(self, due: Due) -> Check:
        try:
            looked = self.look(due.name, self.clock())
        except BaseException:
            release(self.engine, due.domain_id)
            raise
        wait = next_look(looked.observation, due.failures, self.chance())
        now = self.clock()
        record(
            self.engine,
            due.domain_id,
            looked.observation,
            now + wait,
            check=looked.check,
            id_due=now + self.id_every,
        )
        return looked.check

    def _claimed(self, name: str, asked: datetime) -> Due:
        while True:
            now = self.clock()
            due = claim(self.engine, name, now, self.lease)
            if due is not None:
                return due
            if now - asked >= self.patience:
                raise CheckBusy(f"{name} is being checked already; its page will show what was found")
            self.sleep(_STEP_SECONDS)


def asking(settings: Settings, engine: Engine) -> Asking:
    """Raises ConfigurationError at the first check."""

    def look(name: str, now: datetime) -> Looked:
        async def run() -> Looked:
            return await checker(settings, ours=True).look(name, now)

        return asyncio.run(run())

    return Asking(engine, look, lease(settings), id_every(settings))


def action(settings: Settings, engine: Engine) -> Callable[[str], dict[str, Any]]:
    """For the dashboard: what checks one of the domains (normal form) and answers as `tlsrpt check --json`.

    That raises UsageError, CheckBusy, StoreUnavailable.
    """
    ask = asking(settings, engine)
    free = threading.BoundedSemaphore(_AT_ONCE)

    def act(name: str) -> dict[str, Any]:
        if not free.acquire(blocking=False):
            raise CheckBusy(f"{_AT_ONCE} checks are under way already; ask again in a minute")
        try:
            return shape.check(ask.check(name))
        finally:
            free.release()

    return act
