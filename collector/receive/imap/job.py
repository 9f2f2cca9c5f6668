"""Fetching by the clock, under `tlsrpt schedule`."""

import asyncio
import logging
import threading
from concurrent.futures import Future

from collector.jobs import Job
from collector.receive.imap.fetch import Fetcher
from collector.receive.imap.reading import Fetched

log = logging.getLogger(__name__)

# Seconds between two questions whether it is time for a pass: the database says so, for all schedulers.
_IDLE = 10.0
# Seconds that a pass gets to end when the program stops.
_GRACE = 5.0


class FetchJob:
    """Calls a fetcher whenever it is time. In a thread that nobody has to wait for: a server may be slow to answer."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._thread: threading.Thread | None = None

    def job(self) -> Job:
        return Job("imap", self.step, self.close)

    async def step(self) -> float:
        """One pass if one is due. Returns the seconds until it is to be asked again. Raises StoreUnavailable."""
        result: Future[Fetched | None] = Future()
        self._thread = threading.Thread(target=self._fetch, args=(result,), name="imap", daemon=True)
        self._thread.start()
        fetched = await asyncio.wrap_future(result)
        if fetched is not None:
            self._tell(fetched)
        return _IDLE

    async def close(self) -> None:
        """Breaks off the pass in hand; what it has stored, it has remembered."""
        self._fetcher.stop()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _GRACE)

    def _fetch(self, result: "Future[Fetched | None]") -> None:
        result.set_running_or_notify_cancel()
        try:
            result.set_result(self._fetcher.fetch(due_only=True))
        except Exception as error:  # noqa: BLE001  it is raised again by whoever waits
            result.set_exception(error)

    def _tell(self, fetched: Fetched) -> None:
        name = self._fetcher.folder.name
        if fetched.outcomes or fetched.put_off or fetched.moved:
            log.info("imap %s: %s", name, fetched)
        if fetched.error is not None:
            log.warning("imap %s: %s", name, fetched.error)
