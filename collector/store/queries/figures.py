"""The figures of one domain: by day, by cause, by reporter; by MX host in `hosts`. All from the rollups.

`source` is a database, a read transaction of it, or what `narrowed()` gave for the same filter: a page that asks for
several figures of one reporter or policy type counts the reports once.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Integer, Select, and_, bindparam, case, func, select, true

from collector.counting.sessions import KEY_CHARACTERS
from collector.store.queries.common import (
    REGULAR_DAYS,
    REGULAR_WINDOW,
    bounds,
    decode_offset,
    encode_cursor,
    end_of,
    number,
    total,
    within,
)
from collector.store.queries.modes import published_at, reported
from collector.store.queries.rows import (
    Daily,
    DayFigures,
    Failure,
    Filter,
    Page,
    Reporter,
    TypeFigures,
)
from collector.store.queries.source import Source, figures_of
from collector.store.tables import rollup_failure, rollup_reporter, rollup_type

# R18, R38: a report may be delayed for hours and is retried for a day; three days without one is silence.
_GRACE = timedelta(days=3)


def daily(source: Source, domain_id: UUID, filter: Filter, *, now: datetime) -> Daily:  # noqa: A002
    """Every day of the range, zeros included, with the mode that counts for it (rule 7)."""
    with figures_of(source, domain_id, filter) as read:
        by_day, history = read.days, read.history
        types = _types(read.rows, domain_id, filter)
    days = []
    for offset in range((filter.last - filter.first).days + 1):
        day = filter.first + timedelta(days=offset)
        of_day = types.get(day, {})
        published = published_at(history, min(end_of(day), now))
        reports, successful, failed, unauthenticated = by_day.get(day, (0, 0, 0, 0))
        days.append(
            DayFigures(
                day=day,
                mode=published or reported({key: sum(figures) for key, figures in of_day.items()}),
                mode_source="reported" if published is None else "published",
                reports=reports,
                successful=successful,
                failed=failed,
                by_policy_type=_by_type(of_day),
                unauthenticated=unauthenticated,
            )
        )
    return Daily(tuple(days))


def _types(
    connection: Connection, domain_id: UUID, wanted: Filter
) -> dict[date, dict[tuple[str, str], tuple[int, int]]]:
    """(successful, failed) by day and (policy type, mode)."""
    found: dict[date, dict[tuple[str, str], tuple[int, int]]] = {}
    rows = connection.execute(_by_type_and_mode(wanted.authenticated_only), bounds(domain_id, wanted))
    for day, policy_type, mode, successful, failed in rows.all():
        found.setdefault(day, {})[policy_type, mode] = (number(successful), number(failed))
    return found


@lru_cache
def _by_type_and_mode(authenticated_only: bool) -> Select[Any]:
    table = rollup_type.c
    return (
        select(table.day, table.policy_type, table.mode, total(table.successful), total(table.failed))
        .where(within(rollup_type, authenticated_only=authenticated_only))
        .group_by(table.day, table.policy_type, table.mode)
    )


def _by_type(figures: dict[tuple[str, str], tuple[int, int]]) -> tuple[TypeFigures, ...]:
    merged: dict[str, tuple[int, int]] = {}
    for (policy_type, _mode), (successful, failed) in figures.items():
        before = merged.get(policy_type, (0, 0))
        merged[policy_type] = (before[0] + successful, before[1] + failed)
    return tuple(TypeFigures(name, *merged[name]) for name in sorted(merged))


def failures(
    source: Source,
    domain_id: UUID,
    filter: Filter,  # noqa: A002
    *,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[Failure]:
    """The causes, most failed sessions first; within a page those with as many by result type."""
    offset = decode_offset(cursor)
    some = {"limit": limit + 1, "offset": offset}
    with figures_of(source, domain_id, filter) as read:
        query = _causes(filter.authenticated_only, has_lateral=read.rows.dialect.name == "postgresql")
        rows = read.rows.execute(query, bounds(domain_id, filter) | some).all()
    items = [Failure(**{**row._mapping, "failed": number(row.failed)}) for row in rows[:limit]]  # noqa: SLF001
    items.sort(key=lambda cause: (-cause.failed, cause.result_type))
    return Page(tuple(items), encode_cursor(str(offset + limit)) if len(rows) > limit else None)


@lru_cache
def _causes(authenticated_only: bool, *, has_lateral: bool) -> Select[Any]:
    """Added up by their keys alone, and those of the page told in full by the rows of their last days.

    Texts are dear to group by, and a page needs few: causes with as many failures are paged by their keys.
    """
    table = rollup_failure.c
    keys = (table.failure_key, table.authenticated)
    failed = total(table.failed).label("failed")
    sums = (
        select(*keys, failed, func.min(table.day).label("first_day"), func.max(table.day).label("last_day"))
        .where(within(rollup_failure, authenticated_only=authenticated_only))
        .group_by(*keys)
        .order_by(failed.desc(), *keys)
        .limit(bindparam("limit", type_=Integer()))
        .offset(bindparam("offset", type_=Integer()))
        .subquery("sums")
    )
    is_last = and_(
        table.domain_id == bindparam("domain_id"),
        table.day == sums.c.last_day,
        table.authenticated == sums.c.authenticated,
        table.failure_key == sums.c.failure_key,
    )
    # PostgreSQL knows too little of the keys, and would read the whole table again. One row each is looked up.
    told = select(rollup_failure).where(is_last).limit(1).lateral("told") if has_lateral else rollup_failure
    joined = sums.join(told, true() if has_lateral else is_last)
    texts = told.c["result_type", "mx", "sending_mta_ip", "receiving_ip", "reporter", "authenticated", "reason", "mode"]
    return (
        select(*texts, *sums.c["failed", "first_day", "last_day"])
        .select_from(joined)
        .order_by(sums.c.failed.desc(), sums.c.failure_key, sums.c.authenticated)
    )


def reporters(source: Source, domain_id: UUID, filter: Filter, *, now: datetime) -> tuple[Reporter, ...]:  # noqa: A002
    """Who reported in the range, most sessions first, and regular ones that have fallen silent."""
    today, wanted = now.date(), bounds(domain_id, filter)
    with figures_of(source, domain_id, filter) as read:
        figures = {(row[0], row[1]): row for row in read.rows.execute(_told(filter.authenticated_only), wanted).all()}
        known = read.database.execute(_regular(filter), {"domain_id": domain_id} | _regular_window(today)).all()
    found = []
    for name, marked, organization, last, regular, last_day in known:
        silent = number(regular) >= REGULAR_DAYS and last_day < today - _GRACE
        told = figures.get((name, marked))
        if told is None and not silent:
            continue
        _, _, reports, successful, failed = told or (name, marked, 0, 0, 0)
        found.append(
            Reporter(
                reporter=name,
                organization=organization,
                authenticated=bool(marked),
                reports=number(reports),
                successful=number(successful),
                failed=number(failed),
                last_report=last,
                silent=silent,
            )
        )
    return tuple(sorted(found, key=lambda row: (-(row.successful + row.failed), row.reporter, not row.authenticated)))


@lru_cache
def _told(authenticated_only: bool) -> Select[Any]:
    """(reporter, authenticated, reports, successful, failed) in the range."""
    table = rollup_reporter.c
    return (
        select(table.reporter, table.authenticated, total(table.reports), total(table.successful), total(table.failed))
        .where(within(rollup_reporter, authenticated_only=authenticated_only))
        .group_by(table.reporter, table.authenticated)
        .having(total(table.reports) > 0)
    )


def _regular_window(today: date) -> dict[str, date]:
    return {"regular_from": today - _GRACE - REGULAR_WINDOW, "regular_to": today - _GRACE - timedelta(days=1)}


def _regular(wanted: Filter) -> Select[Any]:
    """(reporter, authenticated, organization, last arrival, days in the regular window, last day) over all days."""
    query = _regular_of_all(wanted.authenticated_only)
    reporter = rollup_reporter.c.reporter
    return query if wanted.reporter is None else query.where(reporter == wanted.reporter[:KEY_CHARACTERS])


@lru_cache
def _regular_of_all(authenticated_only: bool) -> Select[Any]:
    table = rollup_reporter.c
    window = table.day.between(bindparam("regular_from"), bindparam("regular_to"))
    query = (
        select(
            table.reporter,
            table.authenticated,
            func.max(table.organization),
            func.max(table.last_received),
            total(case((window, 1), else_=0)),
            func.max(table.day),
        )
        .where(table.domain_id == bindparam("domain_id"))
        .group_by(table.reporter, table.authenticated)
    )
    return query.where(table.authenticated) if authenticated_only else query
