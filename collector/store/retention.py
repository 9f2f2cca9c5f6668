"""Removing what was kept and never counted: by its age, and by how much of it there is. Reports are never touched.

Deliveries that nothing is counted from are of four kinds, here in the order in which they have to make room:

    not_a_report   quarantined, and nothing in it claims to be a report
    unreadable     quarantined, claims to be a report, and could not be read
    foreign        about domains that were not added, and copies of those
    readable       quarantined with a report that was read: a key or a setting stands between it and the figures
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, case, delete, exists, func, select

from collector.store.engine import reading, writing
from collector.store.settle import one_at_a_time
from collector.store.tables import delivery as table
from collector.store.tables import delivery_part, former_domain
from collector.store.types import NIL

# One transaction removes so many: a listener that wants to write waits some hundredths of a second at most.
BATCH = 500
BATCH_BYTES = 32 * 1024 * 1024
_VACUUM_PAGES = 1000

_IS_QUARANTINED = table.c.outcome == "quarantined"
_IS_READABLE = exists().where(delivery_part.c.delivery_id == table.c.delivery_id)
_IS_NO_REPORT = func.coalesce(table.c.reason_code, "") == "not_a_report"
# Copies of reports that wait are told by that no part of theirs leads to a report.
_idle = delivery_part.alias("idle")
_IDLE = select(_idle.c.delivery_id).where(_idle.c.outcome == "duplicate", _idle.c.report_id.is_(None))
_LEADS = exists().where(delivery_part.c.delivery_id == table.c.delivery_id, delivery_part.c.report_id.is_not(None))
_IS_IDLE_COPY = (table.c.outcome == "duplicate") & table.c.delivery_id.in_(_IDLE) & ~_LEADS
KINDS: dict[str, ColumnElement[bool]] = {
    "not_a_report": _IS_QUARANTINED & ~_IS_READABLE & _IS_NO_REPORT,
    "unreadable": _IS_QUARANTINED & ~_IS_READABLE & ~_IS_NO_REPORT,
    "foreign": (table.c.outcome == "unassigned") | _IS_IDLE_COPY,
    "readable": _IS_QUARANTINED & _IS_READABLE,
}


@dataclass(frozen=True, slots=True)
class Amount:
    """Deliveries, and their bytes as they came."""

    deliveries: int = 0
    size: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.deliveries + other.deliveries, self.size + other.size)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.deliveries - other.deliveries, self.size - other.size)

    @property
    def is_some(self) -> bool:
        return self.deliveries > 0 or self.size > 0


def expire(engine: Engine, kind: str, before: datetime, *, pause: Callable[[], None]) -> Amount:
    """Removes what of a kind arrived before then. `pause` is called between transactions: let others write.

    What is foreign only since its domain was removed stays as long from then on: a slip can be undone.
    """
    name = delivery_part.c.name
    removed_since = exists().where(
        delivery_part.c.delivery_id == table.c.delivery_id,
        name == former_domain.c.name,
        former_domain.c.removed_at >= before,
    )
    condition = KINDS[kind] & (table.c.received_at < before)
    return _remove(engine, condition & ~removed_since if kind == "foreign" else condition, pause)


def make_room(
    engine: Engine, most: Amount, *, pause: Callable[[], None], but: Collection[str] = ()
) -> dict[str, Amount]:
    """Removes as much as there is beyond `most`, of all kinds `but` some together; the oldest of a kind goes first.

    Two that do this at the same time come to the same bounds, and remove no more than one.
    """
    removed: dict[str, Amount] = {}
    for kind, last in _bounds(engine, most, but).items():
        removed[kind] = _remove(engine, KINDS[kind] & (table.c.delivery_id <= last), pause)
    return removed


def amounts(connection: Connection) -> dict[str, Amount]:
    """How much there is of each kind."""
    kind = case(
        (KINDS["foreign"], "foreign"), (_IS_READABLE, "readable"), (_IS_NO_REPORT, "not_a_report"), else_="unreadable"
    )
    # One kind for each row first: grouping by the expression itself would work it out twice.
    there = table.c.outcome.in_(("quarantined", "unassigned")) | _IS_IDLE_COPY
    rows = select(kind.label("kind"), table.c.size).where(there).subquery()
    query = select(rows.c.kind, func.count(), func.sum(rows.c.size)).group_by(rows.c.kind)
    return {name: Amount(number, int(size)) for name, number, size in connection.execute(query)}


def _bounds(engine: Engine, most: Amount, but: Collection[str]) -> dict[str, UUID]:
    """For each kind that has to make room, the last delivery to go."""
    bounds: dict[str, UUID] = {}
    with reading(engine) as connection:
        there = amounts(connection)
        too_much = sum(there.values(), Amount()) - most
        for kind, condition in KINDS.items():
            if not too_much.is_some:
                break
            if kind in there and kind not in but:
                bounds[kind], gone = _oldest(connection, condition, too_much)
                too_much -= gone
    return bounds


def _oldest(connection: Connection, condition: ColumnElement[bool], wanted: Amount) -> tuple[UUID, Amount]:
    """The last of the oldest deliveries that make up what is wanted (or all there are), and what they make up."""
    query = select(table.c.delivery_id, table.c.size).where(condition).order_by(table.c.delivery_id)
    found = Amount()
    last = NIL
    with connection.execute(query.execution_options(yield_per=1000)) as rows:
        for row in rows:
            last = row.delivery_id
            found += Amount(1, row.size)
            if not (wanted - found).is_some:
                break
    return last, found


def _remove(engine: Engine, condition: ColumnElement[bool], pause: Callable[[], None]) -> Amount:
    """Removes batch by batch, each in a transaction of its own."""
    removed = Amount()
    last = NIL
    while True:
        with writing(engine) as connection:
            # What is retried or adopted just now may count in a moment: one after the other.
            one_at_a_time(connection)
            batch = _batch(connection, condition & (table.c.delivery_id > last))
            connection.execute(delete(table).where(table.c.delivery_id.in_([row.delivery_id for row in batch])))
        if not batch:
            return removed
        removed += Amount(len(batch), sum(row.size for row in batch))
        last = batch[-1].delivery_id
        pause()


def _batch(connection: Connection, condition: ColumnElement[bool]) -> list[Any]:
    query = select(table.c.delivery_id, table.c.size).where(condition).order_by(table.c.delivery_id).limit(BATCH)
    batch: list[Any] = []
    room = BATCH_BYTES
    for row in connection.execute(query):
        if batch and row.size > room:
            break
        batch.append(row)
        room -= row.size
    return batch


def give_back(engine: Engine, *, pause: Callable[[], None]) -> int:
    """SQLite: returns free pages of the file to the disk, but for a tenth of it, which is soon used again.

    Returns how many. PostgreSQL looks after itself, and so does a file made by a version that did not ask for this.
    """
    if engine.dialect.name != "sqlite":
        return 0
    returned = 0
    while True:
        with writing(engine) as connection:
            free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            if free <= max(_VACUUM_PAGES, pages // 10):
                return returned
            # Past SQLAlchemy, which stops at the first step: each returns one page and no row.
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
            left: int = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        if left == free:
            return returned
        returned += free - left
        pause()
