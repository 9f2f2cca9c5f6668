"""Kept deliveries settled again: decided anew, as if all that is known today had been known first (rule 9)."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, text

from collector.delivery import Delivery
from collector.store.domains import Snapshot
from collector.store.engine import reading, writing
from collector.store.group import REFUSED, TOO_MUCH
from collector.store.kept import Kept, fetch
from collector.store.revision import Change, More, Revision

__all__ = ["Change", "Read", "differs", "one_at_a_time", "retry", "settle"]

log = logging.getLogger(__name__)

_REVISION_LOCK = 0x746C7374
Read = Callable[[Kept], Delivery]
Done = Callable[[Connection], object]


def one_at_a_time(connection: Connection) -> None:
    """At the begin of a write transaction that changes or removes what is kept: others that do so wait.

    SQLite has one writer anyway. Taken before any other lock, or two could wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _REVISION_LOCK})


def settle(
    engine: Engine, deliveries: Sequence[Delivery], snapshot: Snapshot, read: Read, done: Done = lambda connection: None
) -> tuple[Change, ...]:
    """Decides every part of `deliveries`, as they were read again, anew; nothing else about them changes.

    `read` is for the few others that count now because one of these does no more. `done` belongs to the transaction.
    Raises StoreUnavailable.
    """
    return _in_one_transaction(_Settling(engine, snapshot, read, is_retry=False, done=done), deliveries)


def retry(engine: Engine, deliveries: Sequence[Delivery], snapshot: Snapshot, read: Read) -> tuple[Change, ...]:
    """Puts what `deliveries` say now in the place of what was kept of them, but for those counted meanwhile.

    What was quarantined, or is authenticated by now, takes its place behind those that are there.
    """
    return _in_one_transaction(_Settling(engine, snapshot, read, is_retry=True), deliveries)


def differs(engine: Engine, deliveries: Sequence[Delivery], snapshot: Snapshot, read: Read) -> tuple[Change, ...]:
    """What `settle` would change, and changes nothing."""
    return _Settling(engine, snapshot, read, is_retry=False).run(deliveries, is_trial=True)


def _in_one_transaction(settling: "_Settling", deliveries: Sequence[Delivery]) -> tuple[Change, ...]:
    """As `GroupCommit` does it: if the database refuses a row, its neighbours are innocent, and it stays uncounted."""
    try:
        return settling.run(deliveries)
    except REFUSED as error:
        if len(deliveries) > 1:
            return sum((_in_one_transaction(settling, [each]) for each in deliveries), ())
        [delivery] = deliveries
        if delivery.reason is not None:
            raise
        log.warning("delivery %s holds figures that cannot be added up: %s", delivery.id, error.__class__.__name__)
        return settling.run([replace(delivery, reason=TOO_MUCH)])


class _Trial(Exception):
    def __init__(self, changes: tuple[Change, ...]) -> None:
        super().__init__()
        self.changes = changes


@dataclass
class _Settling:
    engine: Engine
    snapshot: Snapshot
    read: Read
    is_retry: bool
    done: Done = lambda connection: None

    def run(self, deliveries: Sequence[Delivery], *, is_trial: bool = False) -> tuple[Change, ...]:
        """In one transaction, begun again whenever it turns out that more deliveries or locks are needed."""
        batch = {delivery.id: delivery for delivery in deliveries}
        asked = frozenset(batch)
        locks: frozenset[int] = frozenset()
        while True:
            try:
                with writing(self.engine) as connection:
                    one_at_a_time(connection)
                    known = self.snapshot.current(connection)
                    changes = Revision(connection, known, batch, asked if self.is_retry else frozenset(), locks).make()
                    self.done(connection)
                    if is_trial:
                        raise _Trial(changes)
                return changes
            except _Trial as trial:
                return trial.changes
            except More as more:
                missing, locks = more.missing, locks | more.locks
            with reading(self.engine) as connection:
                kept = fetch(connection, sorted(missing))
            batch |= {each.id: self.read(each) for each in kept}
