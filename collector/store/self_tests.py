"""Tests of the way reports take: the last one of each domain, and whether what it sent has arrived."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, delete, exc, insert, select, update

from collector.store.engine import reading, writing
from collector.store.tables import delivery, self_test

# At most one in this time for each domain: it sends mail to whoever the record names.
PAUSE = timedelta(minutes=1)
# What a test sends is small; relays add a few fields.
_LARGEST = 64 * 1024
_MOST_LOOKED_AT = 200
# Never counted, so never `stored`: it waits as unassigned, or is quarantined for its signature.
_OUTCOMES = ("unassigned", "quarantined")


@dataclass(frozen=True, slots=True)
class SelfTestRow:
    """`routes` as the test wrote them: a list of {"rua", "steps": [{"name", "ok", "text"}]}."""

    token: str
    started_at: datetime
    key_record: str
    routes: list[dict[str, Any]]
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that holds what a test sent."""

    delivery_id: UUID
    channel: str
    outcome: str
    reason_code: str | None
    raw: bytes


def begin(engine: Engine, domain_id: UUID, token: str, key_record: str, now: datetime) -> bool:
    """Takes the place of the last test. False, and nothing is done, if that began less than PAUSE ago."""
    table = self_test
    values = {"token": token, "started_at": now, "key_record": key_record, "routes": [], "finished_at": None}
    own = table.c.domain_id == domain_id
    try:
        with writing(engine) as connection:
            earlier = connection.execute(select(table.c.started_at).where(own).with_for_update()).scalar()
            if earlier is not None and now - earlier < PAUSE:
                return False
            connection.execute(delete(table).where(own))
            connection.execute(insert(table).values(domain_id=domain_id, **values))
    except exc.IntegrityError:
        return False  # somebody else began in this moment
    return True


def note(engine: Engine, domain_id: UUID, token: str, routes: Sequence[dict[str, Any]], ended: datetime | None) -> None:
    """Writes down how far the test came; nothing if another has begun since."""
    table = self_test
    with writing(engine) as connection:
        connection.execute(
            update(table)
            .where(table.c.domain_id == domain_id, table.c.token == token)
            .values(routes=list(routes), finished_at=ended)
        )


def last(engine: Engine, domain_id: UUID) -> SelfTestRow | None:
    """The last test of a domain, None if there was none."""
    table = self_test
    with reading(engine) as connection:
        row = connection.execute(select(table).where(table.c.domain_id == domain_id)).first()
    return None if row is None else SelfTestRow(row.token, row.started_at, row.key_record, row.routes, row.finished_at)


def arrivals(engine: Engine, token: str, since: datetime) -> tuple[Arrival, ...]:
    """The deliveries since then that hold `token`, oldest first. Only the newest of what is not counted are read."""
    table = delivery.c
    query = (
        select(table.delivery_id, table.channel, table.outcome, table.reason_code, table.raw)
        .where(table.outcome.in_(_OUTCOMES), table.delivery_id >= _first_id(since), table.size <= _LARGEST)
        .order_by(table.delivery_id.desc())
        .limit(_MOST_LOOKED_AT)
    )
    wanted = token.encode()
    found = []
    with reading(engine) as connection:
        for row in connection.execute(query):
            raw = zlib.decompress(row.raw)
            if wanted in raw:
                found.append(Arrival(row.delivery_id, row.channel, row.outcome, row.reason_code, raw))
    return tuple(reversed(found))


def _first_id(since: datetime) -> UUID:
    """The least id that was made then: UUIDv7 begins with the time in milliseconds. A minute is left for clocks."""
    milliseconds = int((since - PAUSE).timestamp() * 1000)
    return UUID(int=milliseconds << 80)
