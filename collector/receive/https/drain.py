"""Takes what waits in the spool into the store, oldest first, as soon as the database answers again."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

from collector.delivery import Delivery
from collector.errors import StoreUnavailable, TlsrptError
from collector.receive.https.intake import Reader, Writer, tell
from collector.receive.https.spool import Entry, Held, Spool

log = logging.getLogger(__name__)

# Seconds between two looks into the folder; after something was found; and between two tries while the database is
# away, doubled each time.
IDLE_SECONDS = 2.0
BUSY_SECONDS = 0.1
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 15.0
# What is committed together.
_MOST = 50
_MOST_BYTES = 16 * 1024 * 1024
# A POST that the store refused so often, while it took others, is set aside.
_MOST_STRIKES = 3

_Taken = tuple[Held, Entry]


class Outage:
    """Whether the database is away, as far as this process knows."""

    def __init__(self) -> None:
        self._on = threading.Event()

    @property
    def is_on(self) -> bool:
        return self._on.is_set()

    def begin(self, why: str) -> None:
        if not self._on.is_set():
            self._on.set()
            log.warning("%s: POSTs go to the spool", why)

    def end(self) -> None:
        if self._on.is_set():
            self._on.clear()
            log.info("the database takes POSTs again")


class Drain:
    """One pass after the other in a thread of its own; `step()` is one."""

    def __init__(
        self,
        spool: Spool,
        reader: Reader,
        writer: Writer,
        outage: Outage,
        *,
        prepare: Callable[[], None],
        is_stored: Callable[[UUID], bool],
    ) -> None:
        """`prepare` makes the database ready for use, once; `is_stored` tells whether it holds a delivery.

        Both raise a TlsrptError where the database is away or its schema is not ours.
        """
        self._spool = spool
        self._reader = reader
        self._writer = writer
        self._outage = outage
        self._prepare = prepare
        self._is_stored = is_stored
        self._is_prepared = False
        self._strikes: Counter[str] = Counter()  # by the file's name
        self._retry = FIRST_RETRY_SECONDS
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends after the group in hand."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def step(self) -> float:
        """Takes in what waits; the seconds until the next pass."""
        try:
            if not self._is_prepared:
                self._prepare()
                self._is_prepared = True
            names = self._spool.names()
            taken = self._take_in_all(names)
        except TlsrptError as error:
            self._outage.begin(str(error))
            depth = self._spool.depth()
            if depth.files:
                log.warning("spool: %d POSTs, %d bytes wait: %s", depth.files, depth.bytes, error)
            wait, self._retry = self._retry, min(2 * self._retry, LONGEST_RETRY_SECONDS)
            return wait
        self._retry = FIRST_RETRY_SECONDS
        if taken:
            log.info("spool: %d POSTs taken into the store", taken)
        if taken or not names:  # else somebody else has them, and nobody knows how that goes
            self._outage.end()
        return BUSY_SECONDS if taken else IDLE_SECONDS

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                wait = self.step()
            except Exception:  # the last line of defence: the files stay, and the next pass looks again
                log.exception("the spool could not be taken in")
                wait = LONGEST_RETRY_SECONDS
            self._stop.wait(wait)

    def _take_in_all(self, names: list[str]) -> int:
        """How many of these are in the store now. Raises StoreUnavailable once it takes nothing of a whole group."""
        taken = 0
        for group in self._groups(names):
            try:
                taken += self._take_in(group)
            finally:
                for held, _ in group:
                    held.release()
        return taken

    def _groups(self, names: list[str]) -> Iterator[list[_Taken]]:
        group: list[_Taken] = []
        size = 0
        for name in names:
            if self._stop.is_set():
                break
            found = self._spool.take(name)
            if found is not None:
                group.append(found)
                size += found[0].size
            if len(group) >= _MOST or size >= _MOST_BYTES:
                yield group
                group, size = [], 0
        if group:
            yield group

    def _take_in(self, group: list[_Taken]) -> int:
        """How many of a group are in the store now. One that it alone refuses is passed over, and tried again later.

        Raises StoreUnavailable if it takes none.
        """
        stored = 0
        waiting = []
        for held, entry in group:
            if self._is_stored(entry.id):  # the commit came through, and nobody lived to see it
                held.done()
                stored += 1
            elif (delivery := self._read(held, entry)) is not None:
                waiting.append((held, delivery, self._writer.submit(delivery)))
        refused: list[tuple[Held, StoreUnavailable]] = []
        for held, delivery, future in waiting:
            try:
                tell(future.result(), delivery)
            except StoreUnavailable as error:
                refused.append((held, error))
            else:
                held.done()
                stored += 1
        if not stored and any(held.name not in self._strikes for held, _ in refused):
            raise refused[0][1]
        for held, why in refused:
            self._strike(held, why)
        return stored

    def _strike(self, held: Held, error: StoreUnavailable) -> None:
        """The store refuses this one while it takes others: nothing that waiting will mend for ever."""
        self._strikes[held.name] += 1
        if self._strikes[held.name] >= _MOST_STRIKES:
            del self._strikes[held.name]
            held.set_aside(str(error))

    def _read(self, held: Held, entry: Entry) -> Delivery | None:
        try:
            return self._reader.read(entry)
        except Exception as error:
            # The last line of defence: one POST that trips over a fault of ours does not hold up the others.
            log.exception("POST %s could not be read", entry.id)
            held.set_aside(f"{type(error).__name__} while it was read")
            return None
