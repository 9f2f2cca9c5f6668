"""Which domains' figures were counted afresh when, and what came of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, insert, select, update

from collector.store.engine import reading, writing
from collector.store.queries.transaction import Readable
from collector.store.queries.transaction import reading as reading_any
from collector.store.tables import domain
from collector.store.tables import figure_check as table


@dataclass(frozen=True, slots=True)
class Differing:
    """A domain whose figures were not as counted afresh when they were last checked."""

    domain: str
    checked_at: datetime
    differences: int  # rows


def next_due(engine: Engine, before: datetime, but: Collection[UUID] = ()) -> tuple[UUID, str] | None:
    """The domain (id, name) that was checked longest ago, and not since then; those never checked first."""
    query = (
        select(domain.c.domain_id, domain.c.name)
        .outerjoin(table, table.c.domain_id == domain.c.domain_id)
        .where((table.c.checked_at < before) | table.c.checked_at.is_(None), domain.c.domain_id.not_in(but))
        .order_by(table.c.checked_at.is_not(None), table.c.checked_at, domain.c.domain_id)
        .limit(1)
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else (row.domain_id, row.name)


def record(engine: Engine, domain_id: UUID, at: datetime, differences: int | None) -> None:
    """`differences` None: the check begins."""
    values = {"checked_at": at, "differences": differences}
    with writing(engine) as connection:
        if connection.execute(select(domain.c.domain_id).where(domain.c.domain_id == domain_id)).first() is None:
            return  # removed meanwhile
        own = update(table).where(table.c.domain_id == domain_id)
        # While it is checked anew, what it was found to be still holds.
        kept = values if differences is not None else {"checked_at": at}
        if connection.execute(own.values(kept)).rowcount == 0:
            connection.execute(insert(table).values(domain_id=domain_id, **values))


def differing(database: Readable) -> tuple[Differing, ...]:
    """The domains whose figures differ, by name."""
    query = (
        select(domain.c.name, table.c.checked_at, table.c.differences)
        .join(domain, domain.c.domain_id == table.c.domain_id)
        .where(table.c.differences > 0)
        .order_by(domain.c.name)
    )
    with reading_any(database) as connection:
        return tuple(Differing(*row) for row in connection.execute(query))
