"""The job of the scheduler that sends the weekly mails when it is time, and again what was put off."""

import asyncio
import threading

from collector import jobs
from collector.jobs import Job
from collector.settings import Settings
from collector.store import outbox
from collector.store.engine import Engine
from collector.store.outbox import SUMMARIES
from dashboard.mail.post import Post
from dashboard.summary import when
from dashboard.summary.send import Clock, Compose, Sender, composed, now_utc

# Between two looks whether something is due. Recipients may be added meanwhile.
_EVERY_SECONDS = 60.0
# Seconds that the mail in hand gets to be done with when the program stops.
_GRACE = 5.0


def job(settings: Settings, engine: Engine) -> Job | None:
    """None without a relay. Raises ConfigurationError if what the settings name for mail cannot be read."""
    if settings.mail.relay is None:
        return None
    Post(engine, settings.mail, clock=now_utc).close()  # a wrong file stops the start, not the first Monday
    sending = Sending(settings, engine)
    return Job("summaries", sending.step, sending.close)


class Sending:
    """Sends in a thread that nobody has to wait for: a relay may be slow to answer.

    Left alone with a mail it is as if its process had died there, which the box stands (`collector.store.outbox`).
    """

    def __init__(
        self, settings: Settings, engine: Engine, *, clock: Clock = now_utc, compose: Compose = composed
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._stopping = threading.Event()
        self._sender = Sender(engine, settings, clock=clock, compose=compose, is_stopping=self._stopping.is_set)
        self._running: asyncio.Future[float] | None = None

    async def step(self) -> float:
        """Sends what is due. Returns the seconds until it is to be asked again. Raises StoreUnavailable."""
        self._running = jobs.apart("summaries", self.send_due)
        return await asyncio.shield(self._running)

    async def close(self) -> None:
        """Begins no further mail; what is due is due for whoever comes next. Raises TemporaryError."""
        self._stopping.set()
        if self._running is not None:
            await asyncio.wait([self._running], timeout=_GRACE)
            await jobs.promptly("summaries", self._sender.give_back)

    def send_due(self) -> float:
        """The same in the caller's thread."""
        summary, now = self._settings.summary, self._clock()
        week = when.due(summary.at, summary.timezone, now)
        if week is not None:
            self._sender.queue(week)
        waiting = outbox.next_due(self._engine, SUMMARIES, {})
        if waiting is not None and waiting <= self._clock():  # what was queued just now is due since then
            self._sender.send_due({})
        until = (when.next_time(summary.at, summary.timezone, now) - now).total_seconds()
        return min(max(until, 0.1), _EVERY_SECONDS)
