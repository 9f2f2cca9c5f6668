"""The one writer: commits whatever has gathered while the last commit ran (no timer), then answers every sender."""

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from sqlalchemy import Engine, exc

from collector.delivery import Delivery, Reason, Stored
from collector.errors import StoreUnavailable
from collector.store.commit import commit
from collector.store.domains import Snapshot

log = logging.getLogger(__name__)

_GROUP = 200  # deliveries in one transaction
_GROUP_BYTES = 32 * 1024 * 1024
# OverflowError: SQLite's driver says so itself where PostgreSQL's lets the server say it.
_REFUSED = (exc.IntegrityError, exc.DataError, OverflowError)

_Item = tuple[Delivery, "Future[Stored]"]


class Writer:
    """Takes deliveries from any thread; `submit()` answers when they are durable.

    A future raises StoreUnavailable if the database is away: the sender keeps its mail and tries again (rule 1).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._snapshot = Snapshot()
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._closed = threading.Lock()
        self._accepts = False

    def start(self) -> None:
        self._accepts = True
        self._thread.start()

    def submit(self, delivery: Delivery) -> "Future[Stored]":
        """Queues a delivery; the future is resolved after the commit that holds it."""
        future: Future[Stored] = Future()
        future.set_running_or_notify_cancel()  # what is queued is written: it cannot be cancelled
        with self._closed:
            if not self._accepts:
                future.set_exception(StoreUnavailable("the writer has stopped"))
                return future
            self._queue.put((delivery, future))
        return future

    def close(self) -> None:
        """Commits what is queued, then stops. Nothing is taken from here on."""
        with self._closed:
            was_running, self._accepts = self._accepts, False
            self._queue.put(None)
        if was_running:
            self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            group, last = self._gather()
            if group:
                self._write(group)

    def _gather(self) -> tuple[list[_Item], bool]:
        """(what is waiting, bounded; whether the end was asked for). Waits for the first item."""
        group: list[_Item] = []
        size = 0
        item = self._queue.get()
        while item is not None:
            group.append(item)
            size += len(item[0].raw)
            if len(group) >= _GROUP or size >= _GROUP_BYTES:
                return group, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _write(self, group: Sequence[_Item]) -> None:
        deliveries = [delivery for delivery, _ in group]
        try:
            outcomes = commit(self._engine, deliveries, self._snapshot)
        except StoreUnavailable as error:
            _fail(group, error)
        except _REFUSED as error:
            self._write_apart(group, error)
        except Exception as error:
            # The last line of defence: whatever it is, the senders keep their mails and the writer goes on.
            log.exception("a group of %d deliveries could not be written", len(group))
            _fail(group, StoreUnavailable(f"the delivery could not be written: {type(error).__name__}"))
        else:
            for (_, future), stored in zip(group, outcomes, strict=True):
                future.set_result(stored)

    def _write_apart(self, group: Sequence[_Item], error: Exception) -> None:
        """The database refused a row. Its neighbours are innocent; the delivery itself is kept, uncounted (rule 2)."""
        if len(group) > 1:
            for item in group:
                self._write([item])
            return
        delivery, future = group[0]
        if delivery.reason is not None:
            log.error("delivery %s could not be kept: %s", delivery.id, error)
            _fail(group, StoreUnavailable("the delivery could not be written"))
            return
        log.warning("delivery %s holds figures that cannot be added up: %s", delivery.id, error.__class__.__name__)
        refused = replace(delivery, reason=Reason("limit", "its figures cannot be added up in 64 bits"))
        self._write([(refused, future)])


def _fail(group: Sequence[_Item], error: StoreUnavailable) -> None:
    for _, future in group:
        future.set_exception(error)
