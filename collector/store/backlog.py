"""Deliveries with unassigned parts, and what becomes of them once their domain is known (rule 9)."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, or_, select

from collector.delivery import Delivery
from collector.store.domains import Snapshot
from collector.store.engine import reading
from collector.store.kept import GROUP, Kept, fetch, within_bounds
from collector.store.revise import count_waiting
from collector.store.tables import delivery as table
from collector.store.tables import delivery_part, domain, domain_mx


def count_backlog(
    engine: Engine,
    read: Callable[[Kept], Delivery],
    *,
    under: str | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Counts unassigned parts whose domain is known by now. Returns how many deliveries changed.

    `read` reads the kept bytes again. Parts wait under the reported policy domain: those are taken up whose name
    is a known domain or an MX host of one, and, with `under`, also those below that domain (R27). `is_over` is asked
    before each group whether to stop there.
    """
    snapshot = Snapshot()
    changed = 0
    last = UUID(int=0)
    while True:
        with reading(engine) as connection:
            group = _next(connection, last, under)
        if not group or is_over():
            return changed
        last = group[-1].id
        changed += count_waiting(engine, [read(kept) for kept in group], snapshot)


def _next(connection: Connection, after: UUID, under: str | None) -> Sequence[Kept]:
    waiting = select(delivery_part.c.delivery_id).where(delivery_part.c.outcome == "unassigned", _is_known(under))
    query = (
        select(table.c.delivery_id, table.c.size)
        .where(table.c.delivery_id.in_(waiting), table.c.delivery_id > after)
        .order_by(table.c.delivery_id)
        .limit(GROUP)
    )
    found = [(row.delivery_id, row.size) for row in connection.execute(query)]
    return fetch(connection, within_bounds(found))


def _is_known(under: str | None) -> ColumnElement[bool]:
    name = delivery_part.c.name
    conditions: list[ColumnElement[bool]] = [name.in_(select(domain.c.name)), name.in_(select(domain_mx.c.host))]
    if under is not None:
        conditions.append(name.endswith("." + under, autoescape=True))
    return or_(*conditions)
