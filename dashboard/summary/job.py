"""The job of the scheduler that sends the weekly mails when it is time, and again what was put off."""

import asyncio
import logging
import threading
from datetime import datetime

from collector.jobs import Job
from collector.settings import Settings
from collector.store import outbox
from collector.store.engine import Engine
from collector.store.outbox import SUMMARIES
from dashboard.mail.post import Post
from dashboard.summary import when
from dashboard.summary.send import Clock, Sender, now_utc

log = logging.getLogger(__name__)

# Between two looks whether something is due. Recipients may be added and settings of them changed meanwhile.
_EVERY_SECONDS = 60.0


def job(settings: Settings, engine: Engine, *, clock: Clock = now_utc) -> Job | None:
    """None without a relay. Raises ConfigurationError if what the settings name for mail cannot be read."""
    if settings.mail.relay is None:
        return None
    Post(engine, settings.mail, clock=clock).close()  # a wrong file stops the start, not the first Monday
    stopping = threading.Event()
    sender = Sender(engine, settings, clock=clock, is_stopping=stopping.is_set)

    async def step() -> float:
        return await asyncio.to_thread(send_due, settings, engine, sender, clock())

    async def close() -> None:
        stopping.set()

    return Job("summaries", step, close)


def send_due(settings: Settings, engine: Engine, sender: Sender, now: datetime) -> float:
    """Sends what is due at `now`; the seconds until it is to be asked again. Raises StoreUnavailable."""
    summary = settings.summary
    week = when.due(summary.at, summary.timezone, now)
    if week is not None:
        sender.queue(week)
    waiting = outbox.next_due(engine, SUMMARIES, {})
    if waiting is not None and waiting <= now:
        sender.send_due({})
    until = (when.next_time(summary.at, summary.timezone, now) - now).total_seconds()
    return min(max(until, 0.1), _EVERY_SECONDS)
