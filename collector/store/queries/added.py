"""The domains as they were added, and what would be lost with one of them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Engine, func, select

from collector.store.engine import reading
from collector.store.queries.common import decode_cursor, encode_cursor, number, total
from collector.store.queries.rows import Page
from collector.store.tables import domain, published_policy, rollup_day


@dataclass(frozen=True, slots=True)
class Added:
    name: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes with a domain. The days are None if nothing was ever reported."""

    reports: int
    first_day: date | None
    last_day: date | None
    policies: int  # intervals in the history of its published policy


def added(engine: Engine, *, search: str | None = None, limit: int = 100, cursor: str | None = None) -> Page[Added]:
    """By name. Raises UsageError for what is no cursor."""
    query = select(domain.c.name, domain.c.added_at).order_by(domain.c.name).limit(limit + 1)
    if search is not None:
        query = query.where(domain.c.name.contains(search.lower(), autoescape=True))
    if cursor is not None:
        query = query.where(domain.c.name > decode_cursor(cursor))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    items = tuple(Added(row.name, row.added_at) for row in rows[:limit])
    return Page(items, encode_cursor(items[-1].name) if len(rows) > limit else None)


def added_at(engine: Engine, domain_id: UUID) -> datetime:
    """When a known domain was added."""
    with reading(engine) as connection:
        found: datetime = connection.execute(
            select(domain.c.added_at).where(domain.c.domain_id == domain_id)
        ).scalar_one()
        return found


def loss(engine: Engine, name: str) -> Loss:
    """What removing the known domain `name` (normal form) would lose."""
    domain_id = select(domain.c.domain_id).where(domain.c.name == name).scalar_subquery()
    days = rollup_day.c.day
    figures = select(total(rollup_day.c.reports), func.min(days), func.max(days)).where(
        rollup_day.c.domain_id == domain_id
    )
    policies = select(func.count()).where(published_policy.c.domain_id == domain_id)
    with reading(engine) as connection:
        reports, first, last = connection.execute(figures).one()
        return Loss(number(reports), first, last, connection.execute(policies).scalar_one())
