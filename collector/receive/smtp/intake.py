"""The way of one mail from the session into the store, off the event loop wherever it could hold it up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from collector.auth import Authenticate
from collector.auth.dkim import Authenticator
from collector.auth.key_record import Key, NoKey
from collector.auth.keys import KeySource
from collector.auth.results import TrustedResults
from collector.delivery import Delivery, Envelope, Stored
from collector.errors import KeyUnavailable
from collector.ingest import ingest
from collector.receive.smtp.budget import Budget
from collector.receive.smtp.untold import Untold
from collector.settings import Auth, Limits

if TYPE_CHECKING:  # its library is loaded only where somebody asks
    from collector.receive.smtp.figures import Figures

T = TypeVar("T")
log = logging.getLogger(__name__)

# What is read on the event loop may hold it up for some milliseconds at most: a small mail whose report, unpacked,
# is small too. Everything else goes to a thread.
_SMALL_MAIL = 64 * 1024
_SMALL_REPORT = Limits(message_bytes=_SMALL_MAIL, report_bytes=128 * 1024, policies=100, failure_details=500)
# Threads that wait for DNS.
_THREADS = 32
# A hostile report may become hundreds of megabytes while it is read and written: so many of the large ones at once, in
# as many threads of their own, for the C library keeps what a thread had for that thread.
_LARGE_AT_ONCE = 2


class _LookupNeeded(Exception):
    """A key is not at hand: not something to wait for on the event loop, or in the place of a large mail."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _KeysAtHand:
    """A source of keys that never waits: what is cached, and what was fetched for one mail."""

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys
        self._fetched: dict[str, Key | NoKey | KeyUnavailable] = {}

    def peek(self, name: str) -> bool:
        return name in self._fetched or self._keys.peek(name)

    def get(self, name: str) -> Key | NoKey:
        found = self._fetched.get(name)
        if isinstance(found, KeyUnavailable):
            raise found
        if found is None and not self._keys.peek(name):
            raise _LookupNeeded(name)
        return found or self._keys.get(name)

    def fetch(self, name: str) -> None:
        """Waits for a key, or for the reason why there is none to be had."""
        try:
            self._fetched[name] = self._keys.get(name)
        except KeyUnavailable as error:
            self._fetched[name] = error


class Sink(Protocol):
    """Where deliveries go: the writer."""

    def submit(self, delivery: Delivery) -> Awaitable[Stored]:
        """Resolved after the commit; raises StoreUnavailable if there is none. Called in the event loop."""


class Intake:
    """Takes mails one by one, from many sessions at once. To be made and used in one event loop."""

    def __init__(
        self,
        sink: Sink,
        keys: KeySource,
        *,
        limits: Limits,
        auth: Auth,
        clock: Callable[[], datetime],
        figures: "Figures | Untold | None" = None,
    ) -> None:
        """`keys` may block; `clock` answers the time, aware, UTC. What happens is told to `figures`."""
        self._sink = sink
        self.figures = figures or Untold()
        self._keys = keys
        self._authenticate = Authenticator(_KeysAtHand(keys))
        self._limits = limits
        self._small = _smaller(limits)
        self._dkim = auth.dkim
        self._trusted = TrustedResults.of(auth)
        self._clock = clock
        self._waiters = ThreadPoolExecutor(_THREADS, thread_name_prefix="intake-dns")
        self._readers = ThreadPoolExecutor(_LARGE_AT_ONCE, thread_name_prefix="intake")
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self.in_hand = Budget(limits.in_hand_bytes, limits.message_bytes)
        self.figures.in_hand_bytes.set_function(lambda: self.in_hand.held)

    async def take(self, raw: bytes, envelope: Envelope) -> Stored:
        """Reads a mail and returns when its delivery is durable (rule 1). Raises TemporaryError: nothing was kept."""
        now = self._clock()
        authenticate, fetched = self._authenticate, None
        is_small = len(raw) <= _SMALL_MAIL
        while True:
            try:
                if is_small:
                    delivery = self._ingest(raw, envelope, now, self._small, authenticate)
                    is_small = not _may_have_hit_a_limit(delivery)
                if is_small:
                    return await self._submit(delivery)
                return await self._take_large(raw, envelope, now, authenticate)
            except _LookupNeeded as needed:
                fetched = fetched or _KeysAtHand(self._keys)
                await _in_thread(self._waiters, partial(fetched.fetch, needed.name))
                authenticate = Authenticator(fetched)

    async def _take_large(self, raw: bytes, envelope: Envelope, now: datetime, authenticate: Authenticate) -> Stored:
        """Few at a time: from reading until it is written such a mail holds many times its size."""
        async with self._large:
            reading = partial(self._ingest, raw, envelope, now, self._limits, authenticate)
            delivery = await _in_thread(self._readers, reading)
            return await self._submit(delivery)

    async def _submit(self, delivery: Delivery) -> Stored:
        with self.figures.waiting.track_inprogress():
            stored = await self._sink.submit(delivery)
        log.info(
            "delivery id=%s outcome=%s reason=%s reporter=%r peer=%s",
            stored.id,
            stored.outcome,
            stored.reason.code if stored.reason else "-",
            delivery.reporter or "-",
            delivery.envelope.peer or "-",
        )
        return stored

    def close(self) -> None:
        """No mail is taken any more; threads that still wait for DNS are not waited for."""
        for threads in (self._waiters, self._readers):
            threads.shutdown(wait=False, cancel_futures=True)

    def _ingest(
        self, raw: bytes, envelope: Envelope, now: datetime, limits: Limits, authenticate: Authenticate
    ) -> Delivery:
        return ingest(
            raw, envelope, now, limits=limits, dkim=self._dkim, authenticate=authenticate, trusted=self._trusted
        )


async def _in_thread(threads: ThreadPoolExecutor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, call)


def _smaller(limits: Limits) -> Limits:
    """The limits for reading on the event loop: what is small, and within the operator's own."""
    return replace(
        limits,
        report_bytes=min(limits.report_bytes, _SMALL_REPORT.report_bytes),
        policies=min(limits.policies, _SMALL_REPORT.policies),
        failure_details=min(limits.failure_details, _SMALL_REPORT.failure_details),
    )


def _may_have_hit_a_limit(delivery: Delivery) -> bool:
    """Whether it is to be read again under the operator's own limits. Q87: a report beside others was not read."""
    too_much = delivery.reason is not None and delivery.reason.code == "limit"
    return too_much or any(finding.code == "Q87" for finding in delivery.findings)
