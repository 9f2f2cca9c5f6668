"""Foreign policy domains: whose reports wait for their adoption (rule 9)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from collector.domains import SELF_TEST
from collector.store.queries.common import decode_offset, encode_cursor
from collector.store.queries.rows import ForeignName, Page
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import delivery, delivery_part

_MOST_REPORTERS = 3
_NOBODYS = ("", SELF_TEST)
_WAITING = (delivery_part.c.outcome == "unassigned") & (delivery_part.c.name.not_in(_NOBODYS))


def foreign_names(database: Readable, *, limit: int = 100, cursor: str | None = None) -> Page[ForeignName]:
    """Foreign policy domains with their backlog, the largest first."""
    offset = decode_offset(cursor)
    count = func.count(func.distinct(delivery_part.c.delivery_id))
    # The names first, from an index alone; only those of this page are looked at more closely.
    largest = (
        select(delivery_part.c.name, count.label("deliveries"))
        .where(_WAITING)
        .group_by(delivery_part.c.name)
        .order_by(count.desc(), delivery_part.c.name)
        .limit(limit + 1)
        .offset(offset)
    )
    with reading(database) as connection:
        found = connection.execute(largest).all()
        items = _in_full(connection, found[:limit])
    return Page(items, encode_cursor(str(offset + limit)) if len(found) > limit else None)


def foreign_name(engine: Engine, name: str) -> ForeignName | None:
    """One of them; None if nothing waits under this name."""
    count = func.count(func.distinct(delivery_part.c.delivery_id))
    query = (
        select(delivery_part.c.name, count.label("deliveries"))
        .where(_WAITING, delivery_part.c.name == name)
        .group_by(delivery_part.c.name)
    )
    with reading(engine) as connection:
        return next(iter(_in_full(connection, connection.execute(query).all())), None)


def _in_full(connection: Connection, found: Sequence[Row[Any]]) -> tuple[ForeignName, ...]:
    if not found:
        return ()
    names = [row.name for row in found]
    arrived = delivery.c.received_at
    when = {
        name: (first, last)
        for name, first, last in connection.execute(
            select(delivery_part.c.name, func.min(arrived), func.max(arrived))
            .join(delivery, delivery.c.delivery_id == delivery_part.c.delivery_id)
            .where(_WAITING, delivery_part.c.name.in_(names))
            .group_by(delivery_part.c.name)
        )
    }
    reporters = _reporters(connection, names)
    return tuple(ForeignName(row.name, row.deliveries, *when[row.name], reporters.get(row.name, ())) for row in found)


def _reporters(connection: Connection, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The most frequent reporters of each name. There may be any number: a stranger can call himself anything."""
    name, reporter, count = delivery_part.c.name, delivery.c.reporter, func.count()
    rank = func.row_number().over(partition_by=name, order_by=(count.desc(), reporter))
    ranked = (
        select(name, reporter, rank.label("rank"))
        .join(delivery, delivery.c.delivery_id == delivery_part.c.delivery_id)
        .where(_WAITING, name.in_(names), reporter.is_not(None), reporter != "")
        .group_by(name, reporter)
        .subquery()
    )
    query = select(ranked.c.name, ranked.c.reporter).where(ranked.c.rank <= _MOST_REPORTERS)
    found: dict[str, tuple[str, ...]] = {}
    for each, who in connection.execute(query.order_by(ranked.c.name, ranked.c.rank)):
        found[each] = (*found.get(each, ()), who)
    return found
