"""The writer as a thread: commits whatever has gathered while the last commit ran (no timer), then answers everyone."""

import queue
import threading
from concurrent.futures import Future

from sqlalchemy import Engine

from collector.delivery import Delivery, Stored
from collector.errors import StoreUnavailable
from collector.store import group
from collector.store.group import GroupCommit

_Item = tuple[Delivery, "Future[Stored]"]


class Writer:
    """Takes deliveries from any thread; `submit()` answers when they are durable.

    A future raises StoreUnavailable if the database is away: the sender keeps its mail and tries again (rule 1).
    """

    def __init__(self, engine: Engine) -> None:
        self._commits = GroupCommit(engine)
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
            waiting, last = self._gather()
            results = self._commits.write([delivery for delivery, _ in waiting]) if waiting else []
            for (_, future), result in zip(waiting, results, strict=True):
                if isinstance(result, StoreUnavailable):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    def _gather(self) -> tuple[list[_Item], bool]:
        """(what is waiting, bounded; whether the end was asked for). Waits for the first item."""
        waiting: list[_Item] = []
        size = 0
        item = self._queue.get()
        while item is not None:
            waiting.append(item)
            size += len(item[0].raw)
            if len(waiting) >= group.MOST or size >= group.MOST_BYTES:
                return waiting, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return waiting, False
        return waiting, True
