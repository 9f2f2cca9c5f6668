"""Deliveries with unassigned parts, and what becomes of them once their domain is known (rule 9)."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, delete, or_, select

from collector.delivery import Delivery, Envelope
from collector.store import outcomes, plan
from collector.store.commit import write
from collector.store.domains import Snapshot
from collector.store.engine import reading, writing
from collector.store.tables import delivery as table
from collector.store.tables import delivery_part, domain, domain_mx

_GROUP = 50
_LEFT = ("unassigned",)


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery as it was kept."""

    id: UUID
    received_at: datetime
    envelope: Envelope
    raw: bytes = field(repr=False)
    reporter: str | None = None
    authenticated: bool = False


def count_backlog(engine: Engine, read: Callable[[Kept], Delivery], *, under: str | None = None) -> int:
    """Counts unassigned parts whose domain is known by now. Returns how many deliveries changed.

    `read` reads the kept bytes again. Parts wait under the reported policy domain: those are taken up whose name
    is a known domain or an MX host of one, and, with `under`, also those below that domain (R27).
    """
    snapshot = Snapshot()
    changed = 0
    last = UUID(int=0)
    while True:
        with reading(engine) as connection:
            group = _next(connection, last, under)
        if not group:
            return changed
        last = group[-1].id
        changed += _count(engine, [read(kept) for kept in group], snapshot)


def _next(connection: Connection, after: UUID, under: str | None) -> Sequence[Kept]:
    waiting = select(delivery_part.c.delivery_id).where(delivery_part.c.outcome == "unassigned", _is_known(under))
    query = (
        select(table).where(table.c.delivery_id.in_(waiting), table.c.delivery_id > after).order_by(table.c.delivery_id)
    )
    return [kept(row) for row in connection.execute(query.limit(_GROUP))]


def _is_known(under: str | None) -> ColumnElement[bool]:
    name = delivery_part.c.name
    conditions: list[ColumnElement[bool]] = [name.in_(select(domain.c.name)), name.in_(select(domain_mx.c.host))]
    if under is not None:
        conditions.append(name.endswith("." + under, autoescape=True))
    return or_(*conditions)


def kept(row: Any) -> Kept:
    """A row of the table `delivery` with its bytes unpacked."""
    envelope = dict(row.envelope)
    envelope["rcpt_to"] = tuple(envelope.get("rcpt_to") or ())
    return Kept(
        id=row.delivery_id,
        received_at=row.received_at,
        envelope=Envelope(channel=row.channel, **envelope),
        raw=zlib.decompress(row.raw),
        reporter=row.reporter,
        authenticated=bool(row.authenticated),
    )


def _count(engine: Engine, deliveries: Sequence[Delivery], snapshot: Snapshot) -> int:
    ids = [delivery.id for delivery in deliveries]
    with writing(engine) as connection:
        known = snapshot.current(connection)
        part = delivery_part.c
        before = connection.execute(
            select(part.delivery_id, part.position, part.name, part.outcome).where(part.delivery_id.in_(ids))
        ).all()
        settled = {(row.delivery_id, row.position, row.name) for row in before if row.outcome not in _LEFT}
        decided = plan.make(connection, deliveries, known, settled=settled)
        connection.execute(delete(delivery_part).where(part.delivery_id.in_(ids), part.outcome.in_(_LEFT)))
        write(connection, decided)
        moved = {row.delivery_id for row in decided.parts if row.outcome not in _LEFT}
        outcomes.refresh(connection, table.c.delivery_id.in_(moved))
    return len(moved)
