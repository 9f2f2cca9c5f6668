"""The way of one mail from the session into the store, off the event loop wherever it could hold it up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from collector.auth import Authenticate
from collector.auth.dkim import Authenticator
from collector.auth.key_record import Key, NoKey
from collector.auth.keys import KeySource
from collector.delivery import Delivery, Envelope, Stored
from collector.ingest import ingest
from collector.settings import Limits

log = logging.getLogger(__name__)

# What is read on the event loop may hold it up for some milliseconds at most: a small mail whose report, unpacked,
# is small too. Everything else goes to a thread.
_SMALL_MAIL = 64 * 1024
_SMALL_REPORT = Limits(message_bytes=_SMALL_MAIL, report_bytes=128 * 1024, policies=100, failure_details=500)
# Threads mostly wait for DNS.
_THREADS = 32


class _LookupNeeded(Exception):
    """A key is not cached: not something to wait for on the event loop."""


class _CachedKeys:
    """A source of keys that never waits."""

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys

    def peek(self, name: str) -> bool:
        return self._keys.peek(name)

    def get(self, name: str) -> Key | NoKey:
        if not self._keys.peek(name):
            raise _LookupNeeded
        return self._keys.get(name)


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
        dkim: str,
        clock: Callable[[], datetime],
    ) -> None:
        """`keys` may block; `dkim` is settings.auth.dkim; `clock` answers the time, aware, UTC."""
        self._sink = sink
        self._authenticate = Authenticator(keys)
        self._authenticate_at_once = Authenticator(_CachedKeys(keys))
        self._limits = limits
        self._small = _smaller(limits)
        self._dkim = dkim
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="intake")

    async def take(self, raw: bytes, envelope: Envelope) -> Stored:
        """Reads a mail and returns when its delivery is durable (rule 1). Raises TemporaryError: nothing was kept."""
        delivery = await self._read(raw, envelope)
        stored = await self._sink.submit(delivery)
        log.info(
            "delivery id=%s outcome=%s reason=%s reporter=%r peer=%s",
            stored.id,
            stored.outcome,
            stored.reason.code if stored.reason else "-",
            delivery.reporter or "-",
            envelope.peer,
        )
        return stored

    def close(self) -> None:
        """No mail is taken any more; threads that still wait for DNS are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _read(self, raw: bytes, envelope: Envelope) -> Delivery:
        now = self._clock()
        if len(raw) <= _SMALL_MAIL:
            try:
                delivery = self._ingest(raw, envelope, now, self._small, self._authenticate_at_once)
            except _LookupNeeded:
                pass
            else:
                if not _may_have_hit_a_limit(delivery):
                    return delivery
        in_thread = partial(self._ingest, raw, envelope, now, self._limits, self._authenticate)
        return await asyncio.get_running_loop().run_in_executor(self._threads, in_thread)

    def _ingest(
        self, raw: bytes, envelope: Envelope, now: datetime, limits: Limits, authenticate: Authenticate
    ) -> Delivery:
        return ingest(raw, envelope, now, limits=limits, dkim=self._dkim, authenticate=authenticate)


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
