"""The way of one mail from the session into the store, off the event loop wherever it could hold it up: small mails are
read at once, those that wait for DNS in a thread, large ones in a process of their own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from collector.auth.at_hand import KeysAtHand, LookupNeeded
from collector.auth.dkim import Authenticator
from collector.auth.keys import KeySource
from collector.auth.results import TrustedResults
from collector.delivery import Delivery, Envelope, Stored
from collector.ingest import ingest
from collector.reader.client import Readers
from collector.reader.wire import Task
from collector.receive.smtp.budget import Budget
from collector.receive.smtp.untold import Untold
from collector.settings import Auth, Limits

if TYPE_CHECKING:  # its library is loaded only where somebody asks
    from collector.receive.smtp.figures import Figures

log = logging.getLogger(__name__)

# What is read on the event loop may hold it up for some milliseconds at most: a small mail whose report, unpacked,
# is small too. Everything else goes to a process: a thread would not do, for a parser has the interpreter's lock to
# itself for as long as it takes.
_SMALL_MAIL = 64 * 1024
_SMALL_REPORT = Limits(message_bytes=_SMALL_MAIL, report_bytes=128 * 1024, policies=100, failure_details=500)
# Threads that wait for DNS.
_THREADS = 32
# A hostile report may become hundreds of megabytes while it is read and written: so many of the large ones at once.
_LARGE_AT_ONCE = 2


class Sink(Protocol):
    """Where deliveries go: the writer."""

    def submit(self, delivery: Delivery) -> Awaitable[Stored]:
        """Resolved after the commit; raises StoreUnavailable if there is none. Called in the event loop."""

    def submit_encoded(self, delivery: bytes) -> Awaitable[Stored]:
        """The same of a delivery that a reader process has encoded as `collector.writer.wire` reads it."""


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
        log_level: str = "info",
        figures: "Figures | Untold | None" = None,
    ) -> None:
        """`keys` may block; `clock` answers the time, aware, UTC. What happens is told to `figures`. `log_level` is
        that of the processes which read large mails."""
        self._sink = sink
        self.figures = figures or Untold()
        self._keys = keys
        self._at_hand = KeysAtHand(keys)
        self._authenticate = Authenticator(self._at_hand)
        self._small = _smaller(limits)
        self._dkim = auth.dkim
        self._trusted = TrustedResults.of(auth)
        self._clock = clock
        self.readers = Readers(Task(limits, auth, log_level))
        self._waiters = ThreadPoolExecutor(_THREADS, thread_name_prefix="intake-dns")
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self.in_hand = Budget(limits.in_hand_bytes, limits.message_bytes)
        self.figures.in_hand_bytes.set_function(lambda: self.in_hand.held)

    async def take(self, raw: bytes, envelope: Envelope) -> Stored:
        """Reads a mail and returns when its delivery is durable (rule 1). Raises TemporaryError: nothing was kept."""
        now = self._clock()
        keys, authenticate = self._at_hand, self._authenticate
        is_small = len(raw) <= _SMALL_MAIL
        while True:
            try:
                if is_small:
                    delivery = self._ingest(raw, envelope, now, authenticate)
                    is_small = not _may_have_hit_a_limit(delivery)
                if is_small:
                    return await self._submit(self._sink.submit(delivery), delivery.reporter, envelope)
                return await self._take_large(raw, envelope, now, keys)
            except LookupNeeded as needed:
                if keys is self._at_hand:
                    keys = KeysAtHand(self._keys)
                    authenticate = Authenticator(keys)
                await asyncio.get_running_loop().run_in_executor(self._waiters, keys.fetch, needed.name)

    async def _take_large(self, raw: bytes, envelope: Envelope, now: datetime, keys: KeysAtHand) -> Stored:
        """Few at a time: from reading until it is written such a mail holds many times its size."""
        async with self._large:
            read = await self.readers.read(raw, envelope, now, keys)
            return await self._submit(self._sink.submit_encoded(read.delivery), read.reporter, envelope)

    async def _submit(self, submitted: Awaitable[Stored], reporter: str | None, envelope: Envelope) -> Stored:
        with self.figures.waiting.track_inprogress():
            stored = await submitted
        log.info(
            "delivery id=%s outcome=%s reason=%s reporter=%r peer=%s",
            stored.id,
            stored.outcome,
            stored.reason.code if stored.reason else "-",
            reporter or "-",
            envelope.peer or "-",
        )
        return stored

    async def close(self) -> None:
        """No mail is taken any more; threads that still wait for DNS are not waited for."""
        self._waiters.shutdown(wait=False, cancel_futures=True)
        await self.readers.close()

    def _ingest(self, raw: bytes, envelope: Envelope, now: datetime, authenticate: Authenticator) -> Delivery:
        return ingest(
            raw, envelope, now, limits=self._small, dkim=self._dkim, authenticate=authenticate, trusted=self._trusted
        )


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
