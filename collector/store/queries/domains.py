"""The domains: names, and the overview with what each needs to show on the first page."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, func, select

from collector.store.engine import reading
from collector.store.queries.common import decode_cursor, encode_cursor, number, total
from collector.store.queries.modes import published_at, reported
from collector.store.queries.policies import histories
from collector.store.queries.rows import DomainOverview, Filter, Page, PublishedPolicy
from collector.store.tables import domain, rollup_day, rollup_type


def domain_names(engine: Engine) -> tuple[str, ...]:
    """All known domains, sorted."""
    with reading(engine) as connection:
        return tuple(connection.execute(select(domain.c.name).order_by(domain.c.name)).scalars())


def find_domain(engine: Engine, name: str) -> UUID | None:
    """The id of a known domain (normal form)."""
    with reading(engine) as connection:
        return connection.execute(select(domain.c.domain_id).where(domain.c.name == name)).scalar()


def domain_overview(
    engine: Engine,
    filter: Filter,  # noqa: A002
    *,
    now: datetime,
    limit: int = 100,
    cursor: str | None = None,
    search: str | None = None,
    only: Collection[str] | None = None,
) -> Page[DomainOverview]:
    """A page of domains by name, with their figures in the range. `search` is a part of the name.

    `only`: none but these, by name: what the reader may see.
    """
    query = select(domain.c.name, domain.c.domain_id).order_by(domain.c.name).limit(limit + 1)
    if search:
        query = query.where(domain.c.name.contains(search.lower(), autoescape=True))
    if only is not None:
        query = query.where(domain.c.name.in_(only))
    if cursor is not None:
        query = query.where(domain.c.name > decode_cursor(cursor))
    with reading(engine) as connection:
        found = connection.execute(query).all()
        page = found[:limit]
        items = _overviews(connection, {domain_id: name for name, domain_id in page}, filter, now)
    following = encode_cursor(page[-1].name) if len(found) > limit else None
    return Page(tuple(items), following)


def _overviews(connection: Connection, names: dict[UUID, str], wanted: Filter, now: datetime) -> list[DomainOverview]:
    days = [wanted.first + timedelta(days=offset) for offset in range((wanted.last - wanted.first).days + 1)]
    figures = _daily_figures(connection, names, wanted)
    last = dict(
        connection.execute(
            select(rollup_day.c.domain_id, func.max(rollup_day.c.last_received))
            .where(rollup_day.c.domain_id.in_(names))
            .group_by(rollup_day.c.domain_id)
        ).all()
    )
    published = histories(connection, names)
    by_reports = reported_modes(connection, [key for key in names if not published[key]])
    overviews = []
    for domain_id, name in names.items():
        by_day = figures.get(domain_id, {})
        successful = sum(figure[0] for figure in by_day.values())
        failed = sum(figure[1] for figure in by_day.values())
        history = published[domain_id]
        overviews.append(
            DomainOverview(
                name=name,
                domain_id=domain_id,
                mode=published_at(history, now) or by_reports.get(domain_id, "unknown"),
                mode_error=_last_error(history),
                successful=successful,
                failed=failed,
                last_report=last.get(domain_id),
                daily=tuple((sum(by_day.get(day, (0, 0))), by_day.get(day, (0, 0))[1]) for day in days),
            )
        )
    return overviews


def _daily_figures(
    connection: Connection, names: dict[UUID, str], wanted: Filter
) -> dict[UUID, dict[date, tuple[int, int]]]:
    """(successful, failed) by domain and day."""
    table = rollup_day.c
    query: Select[Any] = (
        select(table.domain_id, table.day, total(table.successful), total(table.failed))
        .where(table.domain_id.in_(names), table.day.between(wanted.first, wanted.last))
        .group_by(table.domain_id, table.day)
    )
    if wanted.authenticated_only:
        query = query.where(table.authenticated)
    figures: dict[UUID, dict[date, tuple[int, int]]] = {}
    for domain_id, day, successful, failed in connection.execute(query):
        figures.setdefault(domain_id, {})[day] = (number(successful), number(failed))
    return figures


def reported_modes(connection: Connection, domain_ids: list[UUID]) -> dict[UUID, str]:
    """For domains that were never looked at: the mode by the reports of their last day."""
    table = rollup_type.c
    last = (
        select(table.domain_id, func.max(table.day).label("day"))
        .where(table.domain_id.in_(domain_ids))
        .group_by(table.domain_id)
        .subquery()
    )
    query = select(table.domain_id, table.policy_type, table.mode, table.successful + table.failed).join(
        last, (last.c.domain_id == table.domain_id) & (last.c.day == table.day)
    )
    sessions: dict[UUID, dict[tuple[str, str], int]] = {}
    for domain_id, policy_type, mode, count in connection.execute(query):
        of_domain = sessions.setdefault(domain_id, {})
        of_domain[policy_type, mode] = of_domain.get((policy_type, mode), 0) + count
    return {domain_id: reported(counts) for domain_id, counts in sessions.items()}


def _last_error(history: tuple[PublishedPolicy, ...]) -> str | None:
    return history[-1].error if history else None
