"""What the scheduler does about alerts: a look now and then, and whatever is due to be told."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial

from collector import jobs
from collector.errors import ConfigurationError, StoreUnavailable
from collector.ids import new_id
from collector.jobs import Job
from collector.settings import Settings
from collector.store import outbox
from collector.store.engine import Engine
from collector.store.outbox import NOTICES
from collector.store.queries.alerts import DueMessage, due_messages
from dashboard.alerts import look
from dashboard.alerts.messenger import Clock, Messenger
from dashboard.alerts.targets import MAIL, Target, of_urls
from dashboard.mail.recipients import recipients

log = logging.getLogger(__name__)

_ASK_SECONDS = 60.0
_IDLE_SECONDS = 2.0
_MOST_LANES = 32
# Seconds that what is on its way gets when the program stops.
_GRACE = 5.0
_Lane = tuple[str, str]


def _now() -> datetime:
    return datetime.now(UTC)


def targets(engine: Engine, settings: Settings, now: datetime) -> tuple[Target, ...]:
    """Who is told, as of now: recipients may be added at any time. Raises StoreUnavailable."""
    people = recipients(engine, settings, "alerts", now=now) if settings.mail.relay is not None else ()
    mails = [Target(MAIL, one.address, frozenset(one.domains)) for one in people]
    return (*mails, *of_urls(settings.alerts))


def looking(settings: Settings, engine: Engine, *, clock: Clock = _now) -> Job:
    """Looks every few minutes, one scheduler at a time."""
    owner = new_id()

    def step() -> None:
        now = clock()
        look.look_if_due(engine, settings, lambda: targets(engine, settings, now), now, owner)

    async def ask() -> float:
        await asyncio.to_thread(step)
        return _ASK_SECONDS

    return Job("alerts", ask)


def telling(settings: Settings, engine: Engine) -> Job:
    """Sends what is due."""
    notices = Notices(engine, settings)
    return Job("alert notices", notices.step, notices.close)


class Notices:
    """Sends in lanes that do not wait for each other: the relay, each webhook, each service.

    Nobody has to wait for their threads: one that is left alone with a message is as if its process had died there,
    which the box stands (`collector.store.outbox`).
    """

    def __init__(self, engine: Engine, settings: Settings, clock: Clock = _now) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._owner = new_id()
        self._running: dict[_Lane, asyncio.Future[None]] = {}
        self._is_stopping = False

    async def step(self) -> float:
        """Starts the lanes in which something is due and nothing is on its way."""
        due = await asyncio.to_thread(due_messages, self._engine, self._clock())
        lanes: dict[_Lane, list[DueMessage]] = {}
        for message in due:
            lanes.setdefault(_lane(message), []).append(message)
        for lane, messages in lanes.items():
            if lane not in self._running and len(self._running) < _MOST_LANES:
                running = jobs.apart("alert", partial(self._send, messages))
                self._running[lane] = running
                running.add_done_callback(self._ended(lane))
        return _IDLE_SECONDS

    async def settle(self) -> None:
        """Waits until nothing is on its way."""
        while self._running:
            await asyncio.wait(list(self._running.values()))
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Lets what is on its way arrive, for some seconds; the rest is due for whoever comes next.

        Raises TemporaryError.
        """
        self._is_stopping = True
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=_GRACE)
        await jobs.promptly("alert", partial(outbox.give_back, self._engine, NOTICES, self._owner))

    def _send(self, messages: Iterable[DueMessage]) -> None:
        with Messenger(self._engine, self._settings, self._owner, self._clock) as messenger:
            for message in messages:
                if self._is_stopping or not messenger.send(message):
                    return

    def _ended(self, lane: _Lane) -> Callable[[asyncio.Future[None]], None]:
        def ended(running: "asyncio.Future[None]") -> None:
            del self._running[lane]
            if running.cancelled():  # the program ends
                return
            fault = running.exception()
            match fault:
                case None:
                    pass
                case StoreUnavailable() | ConfigurationError():
                    log.warning("alerts by %s: %s", lane[0], fault)
                case _:
                    log.error("alerts by %s failed", lane[0], exc_info=fault)

        return ended


def _lane(message: DueMessage) -> _Lane:
    return message.channel, "" if message.channel == MAIL else message.target
