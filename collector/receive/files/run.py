"""The run of an import: what was read is committed in groups, and counted by what became of it."""

import logging
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from collector.delivery import Delivery, Stored
from collector.errors import StoreUnavailable
from collector.ids import new_id
from collector.receive.files.pieces import Unreadable
from collector.receive.files.read import Read
from collector.store import group
from collector.store.group import GroupCommit

log = logging.getLogger(__name__)

# Raw bytes in one transaction; what was read from them takes several times as much memory.
_MOST_BYTES = 4 * 1024 * 1024
# Seconds between tries while the database is away: about a minute in all.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


# Where it stood, and what was read there.
_Waiting = tuple[str, Delivery]


@dataclass
class Tally:
    """What became of everything so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # of the quarantined ones
    put_off: int = 0  # a key could not be had, and authentication is required
    unreadable: int = 0  # files that could not be read, deliveries that could not be written
    without_key: int = 0  # counted unauthenticated because a key could not be had just now

    @property
    def is_well(self) -> bool:
        return not (self.outcomes["quarantined"] or self.put_off or self.unreadable)


class Importer:
    """Commits what was read. `sleep` waits so many seconds."""

    def __init__(self, commits: GroupCommit, tally: Tally, *, sleep: Callable[[float], None]) -> None:
        self._commits = commits
        self._tally = tally
        self._sleep = sleep

    def run(self, found: Iterable[Read | Unreadable]) -> None:
        """Takes everything in. Raises StoreUnavailable, which says where it stopped: all before that is stored."""
        for gathered in _groups(self._readable(found)):
            self._write(gathered)

    def _readable(self, found: Iterable[Read | Unreadable]) -> Iterator[_Waiting]:
        for one in found:
            if isinstance(one, Unreadable):
                self._tally.unreadable += 1
                log.warning("%s: %s", one.where, one.why)
                continue
            if one.key_fault is not None:
                self._note_key(one)
            if one.delivery is not None:
                yield one.where, one.delivery

    def _note_key(self, one: Read) -> None:
        if one.delivery is None:
            self._tally.put_off += 1
        else:
            self._tally.without_key += 1
        log.debug("%s: %s", one.where, one.key_fault)

    def _write(self, waiting: Sequence[_Waiting]) -> None:
        pauses = iter(PAUSES)
        while True:
            with _undisturbed():
                failed = self._try(waiting)
            if len(failed) < len(waiting):  # the database is there: it is they that cannot be written
                self._give_up(failed)
                return
            self._wait(failed[0], next(pauses, None))
            # The commit may have gone through although nobody said so: under other ids they are duplicates then.
            waiting = [(where, replace(delivery, id=new_id())) for where, delivery in waiting]

    def _try(self, waiting: Sequence[_Waiting]) -> list[tuple[_Waiting, StoreUnavailable]]:
        """Stores and counts; those that are not stored."""
        failed: list[tuple[_Waiting, StoreUnavailable]] = []
        results = self._commits.write([delivery for _, delivery in waiting])
        for one, result in zip(waiting, results, strict=True):
            if isinstance(result, Stored):
                self._count(one[0], result)
            else:
                failed.append((one, result))
        return failed

    def _count(self, where: str, stored: Stored) -> None:
        self._tally.outcomes[stored.outcome] += 1
        if stored.outcome == "quarantined" and stored.reason is not None:
            self._tally.reasons[stored.reason.code] += 1
        log.debug("%s: %s %s", where, stored.outcome, stored.reason.message if stored.reason else "")

    def _give_up(self, failed: Sequence[tuple[_Waiting, StoreUnavailable]]) -> None:
        for (where, _), error in failed:
            self._tally.unreadable += 1
            log.error("%s: %s", where, error)

    def _wait(self, first: tuple[_Waiting, StoreUnavailable], pause: float | None) -> None:
        (where, _), error = first
        if pause is None:
            raise StoreUnavailable(f"{error}. Stopped at {where}: what stands before it is stored") from error
        log.warning("%s; trying again in %g s", error, pause)
        self._sleep(pause)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits for the end: what is stored is counted too, or the closing figures would not be those stored."""
    if threading.current_thread() is not threading.main_thread():  # which alone is told
        yield
        return
    told: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: told.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if told:
        signal.raise_signal(signal.SIGINT)


def _groups(waiting: Iterable[_Waiting]) -> Iterator[list[_Waiting]]:
    gathered: list[_Waiting] = []
    size = 0
    for one in waiting:
        gathered.append(one)
        size += len(one[1].raw)
        if len(gathered) >= group.MOST or size >= _MOST_BYTES:
            yield gathered
            gathered, size = [], 0
    if gathered:
        yield gathered
