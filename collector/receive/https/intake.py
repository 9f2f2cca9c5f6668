"""The way of one POST into the store, or onto the disk where the store does not take it in time (rule 1, Q104)."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from collector.auth import Authentication
from collector.delivery import Delivery, Envelope, Reason, Stored
from collector.errors import StoreUnavailable
from collector.ids import new_id
from collector.ingest import ingest
from collector.receive.https.spool import Entry, Held, Spool
from collector.settings import Limits

log = logging.getLogger(__name__)

# Senders wait two minutes (Q99), whatever stands between may wait less.
PATIENCE_SECONDS = 10.0
_UNSIGNED = Authentication(None, Reason("dkim_missing", "a POST carries no signature"))


class Writer(Protocol):
    """Where deliveries go: resolved after the commit; raises StoreUnavailable if there is none."""

    def submit(self, delivery: Delivery) -> "Future[Stored]": ...


class Outage(Protocol):
    """What is known about the database: then nobody waits for it in vain."""

    @property
    def is_on(self) -> bool: ...

    def begin(self, why: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Spooled:
    """A POST that is on disk, and not in the store yet."""

    id: UUID


class NotAReport(Exception):
    """Neither the bytes nor the type are a report: it is refused, and not kept."""


class Reader:
    """Reads a POST as a delivery, now or once it comes out of the spool."""

    def __init__(self, limits: Limits, dkim: str) -> None:
        """`dkim` is settings.auth.dkim."""
        self._limits = limits
        self._dkim = dkim

    def read(self, entry: Entry) -> Delivery:
        delivery = ingest(
            entry.raw,
            entry.envelope,
            entry.received_at,
            limits=self._limits,
            dkim=self._dkim,
            # Rule 10: a POST is never authenticated (Q100).
            authenticate=lambda raw, claimed: _UNSIGNED,
        )
        return replace(delivery, id=entry.id)


class Intake:
    """Takes POSTs, from many threads at once."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        spool: Spool,
        outage: Outage,
        *,
        clock: Callable[[], datetime],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`patience`: seconds that a commit may take before the POST goes to the spool as well."""
        self._reader = reader
        self._writer = writer
        self._spool = spool
        self._outage = outage
        self._clock = clock
        self._patience = patience

    def take(self, raw: bytes, envelope: Envelope) -> Stored | Spooled:
        """Returns when the POST is durable, in the store or on disk. Raises NotAReport, SpoolUnavailable."""
        now = self._clock()
        entry = Entry(new_id(int(now.timestamp() * 1000)), now, envelope, raw)
        try:
            delivery = self._reader.read(entry)
        except Exception:
            # The last line of defence: a fault of ours costs nobody a report. It waits for a better version.
            log.exception("POST %s could not be read", entry.id)
            return self._to_spool(entry, None)
        if delivery.reason is not None and delivery.reason.code == "not_a_report":
            raise NotAReport(delivery.reason.message)
        if self._outage.is_on:
            return self._to_spool(entry, None)
        return self._to_store(entry, delivery)

    def _to_store(self, entry: Entry, delivery: Delivery) -> Stored | Spooled:
        future = self._writer.submit(delivery)
        try:
            stored = future.result(self._patience)
        except StoreUnavailable as error:
            self._outage.begin(str(error))
            return self._to_spool(entry, None)
        except TimeoutError:
            self._outage.begin(f"no commit within {self._patience:g} s")
            return self._to_spool(entry, future)
        tell(stored, delivery)
        return stored

    def _to_spool(self, entry: Entry, pending: "Future[Stored] | None") -> Spooled:
        """Writes it down. While a commit is `pending` the file stays locked, so that nobody commits it once more."""
        held = self._spool.keep(entry)
        if pending is None:
            held.release()
        else:
            pending.add_done_callback(lambda future: _settle(held, future))
        log.info("POST id=%s spooled bytes=%d peer=%s", entry.id, len(entry.raw), entry.envelope.peer)
        return Spooled(entry.id)


def tell(stored: Stored, delivery: Delivery) -> None:
    """The one line of the log about a delivery."""
    log.info(
        "delivery id=%s outcome=%s reason=%s reporter=%r peer=%s",
        stored.id,
        stored.outcome,
        stored.reason.code if stored.reason else "-",
        delivery.reporter or "-",
        delivery.envelope.peer,
    )


def _settle(held: Held, future: "Future[Stored]") -> None:
    if future.exception() is None:
        held.done()
    else:
        held.release()
