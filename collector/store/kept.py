"""Deliveries as they were kept, in groups that fit into memory: to be read again."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, select

from collector.delivery import OPEN, Envelope, Reason
from collector.errors import UsageError
from collector.store.engine import reading
from collector.store.tables import delivery as table
from collector.store.types import NIL

GROUP = 50
GROUP_BYTES = 16 * 1024 * 1024

Sized = tuple[UUID, int]  # a delivery and its bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery as it was kept."""

    id: UUID
    received_at: datetime
    envelope: Envelope
    raw: bytes = field(repr=False)
    outcome: str
    reporter: str | None = None
    authenticated: bool = False
    reason: Reason | None = None

    @property
    def is_open(self) -> bool:
        """Whether reading it again may change what became of it."""
        return self.outcome in OPEN


def find(engine: Engine, ids: Iterable[UUID]) -> tuple[Sized, ...]:
    """These deliveries with their bytes, each once, oldest first. Raises UsageError if one is not there."""
    wanted = sorted(set(ids))
    sizes: dict[UUID, int] = {}
    with reading(engine) as connection:
        for start in range(0, len(wanted), 500):
            some = table.c.delivery_id.in_(wanted[start : start + 500])
            sizes.update(connection.execute(select(table.c.delivery_id, table.c.size).where(some)).all())
    for each in wanted:
        if each not in sizes:
            raise UsageError(f"there is no delivery {each}")
    return tuple((each, sizes[each]) for each in wanted)


def sizes(engine: Engine, ids: Iterable[UUID]) -> list[Sized]:
    """Those of them that are still there, oldest first."""
    query = select(table.c.delivery_id, table.c.size).where(table.c.delivery_id.in_(list(ids)))
    with reading(engine) as connection:
        return [(row.delivery_id, row.size) for row in connection.execute(query.order_by(table.c.delivery_id))]


def among(engine: Engine, ids: Sequence[UUID]) -> Sequence[Kept]:
    """Those of them that are still there, oldest first."""
    if not ids:
        return ()
    with reading(engine) as connection:
        return fetch(connection, ids)


def these(engine: Engine, found: Sequence[Sized]) -> Iterator[Sequence[Kept]]:
    """The deliveries that `find` found, group by group."""
    rest = list(found)
    while rest:
        group = within_bounds(rest)
        del rest[: len(group)]
        with reading(engine) as connection:
            kept = fetch(connection, group)
        yield kept


def open_ones(engine: Engine, *, reason: str | None = None) -> Iterator[Sequence[Kept]]:
    """Everything of an open outcome, oldest first; `reason`: with this code only.

    A group is looked for once the one before is done with: what has changed its outcome meanwhile is passed by. What
    comes after the start is not waited for, or there might be no end.
    """
    last = NIL
    with reading(engine) as connection:
        newest = select(table.c.delivery_id).order_by(table.c.delivery_id.desc()).limit(1)
        until: UUID = connection.execute(newest).scalar() or NIL
    while True:
        with reading(engine) as connection:
            # Outcome by outcome, as the index has them.
            streams = [_open(connection, outcome, reason, last, until) for outcome in OPEN]
            group = fetch(connection, within_bounds(merge(*streams)))
        if not group:
            return
        last = group[-1].id
        yield group


def _open(connection: Connection, outcome: str, reason: str | None, after: UUID, until: UUID) -> list[Sized]:
    query = (
        select(table.c.delivery_id, table.c.size)
        .where(table.c.outcome == outcome, table.c.delivery_id > after, table.c.delivery_id <= until)
        .order_by(table.c.delivery_id)
        .limit(GROUP)
    )
    if reason is not None:
        query = query.where(table.c.reason_code == reason)
    return [(row.delivery_id, row.size) for row in connection.execute(query)]


def within_bounds(found: Iterable[Sized]) -> list[UUID]:
    """The first of them that may be in memory together: at least one."""
    ids: list[UUID] = []
    total = 0
    for identity, size in islice(found, GROUP):
        total += size
        if ids and total > GROUP_BYTES:
            break
        ids.append(identity)
    return ids


def fetch(connection: Connection, ids: Sequence[UUID]) -> Sequence[Kept]:
    """Those of `ids` that are there, with their bytes unpacked, oldest first."""
    query = select(table).where(table.c.delivery_id.in_(ids)).order_by(table.c.delivery_id)
    return [_kept(row) for row in connection.execute(query)]


def _kept(row: Row[Any]) -> Kept:
    envelope = dict(row.envelope)
    envelope["rcpt_to"] = tuple(envelope.get("rcpt_to") or ())
    return Kept(
        id=row.delivery_id,
        received_at=row.received_at,
        envelope=Envelope(channel=row.channel, **envelope),
        raw=zlib.decompress(row.raw),
        outcome=row.outcome,
        reporter=row.reporter,
        authenticated=bool(row.authenticated),
        reason=None if row.reason_code is None else Reason(row.reason_code, row.reason_message or ""),
    )
