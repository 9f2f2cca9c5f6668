"""The figures of one domain: by day, by cause, by reporter; by MX host in `hosts`. All from the rollups.

`source` is a database, a read transaction of it, or what `narrowed()` gave for the same filter: a page that asks for
several figures of one reporter or policy type counts the reports once.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, case, func, select

from collector.counting.sessions import KEY_CHARACTERS
from collector.store.queries.common import (
    REGULAR_DAYS,
    REGULAR_WINDOW,
    decode_offset,
    encode_cursor,
    end_of,
    number,
    total,
    within,
)
from collector.store.queries.modes import published_at, reported
from collector.store.queries.narrowed import Source, figures_of
from collector.store.queries.policies import histories
from collector.store.queries.rows import (
    Daily,
    DayFigures,
    Failure,
    Filter,
    Page,
    Reporter,
    TypeFigures,
)
from collector.store.tables import rollup_day, rollup_failure, rollup_reporter, rollup_type

# R18, R38: a report may be delayed for hours and is retried for a day; three days without one is silence.
_GRACE = timedelta(days=3)


def daily(source: Source, domain_id: UUID, filter: Filter, *, now: datetime) -> Daily:  # noqa: A002
    """Every day of the range, zeros included, with the mode that counts for it (rule 7)."""
    with figures_of(source, domain_id, filter) as (connection, rows):
        by_day = totals(rows, domain_id, filter)
        types = _types(rows, domain_id, filter)
        history = histories(connection, [domain_id])[domain_id]
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


def totals(connection: Connection, domain_id: UUID, wanted: Filter) -> dict[date, tuple[int, int, int, int]]:
    """(reports, successful, failed, sessions told without authentication) by day."""
    table = rollup_day.c
    # Each by itself: the sum of two counts may need more than 64 bits.
    unauthenticated = [total(case((table.authenticated, 0), else_=each)) for each in (table.successful, table.failed)]
    query = (
        select(table.day, total(table.reports), total(table.successful), total(table.failed), *unauthenticated)
        .where(within(rollup_day, domain_id, wanted))
        .group_by(table.day)
    )
    return {
        row[0]: (number(row[1]), number(row[2]), number(row[3]), number(row[4]) + number(row[5]))
        for row in connection.execute(query)
    }


def _types(
    connection: Connection, domain_id: UUID, wanted: Filter
) -> dict[date, dict[tuple[str, str], tuple[int, int]]]:
    """(successful, failed) by day and (policy type, mode)."""
    table = rollup_type.c
    query = (
        select(table.day, table.policy_type, table.mode, total(table.successful), total(table.failed))
        .where(within(rollup_type, domain_id, wanted))
        .group_by(table.day, table.policy_type, table.mode)
    )
    found: dict[date, dict[tuple[str, str], tuple[int, int]]] = {}
    for day, policy_type, mode, successful, failed in connection.execute(query):
        found.setdefault(day, {})[policy_type, mode] = (number(successful), number(failed))
    return found


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
    """The causes, most failed sessions first."""
    offset = decode_offset(cursor)
    query = _causes(domain_id, filter).offset(offset).limit(limit + 1)
    with figures_of(source, domain_id, filter) as (_, rollups):
        rows = rollups.execute(query).all()
    items = tuple(Failure(**{**row._mapping, "failed": number(row.failed)}) for row in rows[:limit])  # noqa: SLF001
    return Page(items, encode_cursor(str(offset + limit)) if len(rows) > limit else None)


def _causes(domain_id: UUID, wanted: Filter) -> Select[Any]:
    """Added up by their keys alone, and told in full by the rows of their last days: texts are dear to group by."""
    table = rollup_failure.c
    sums = (
        select(
            table.failure_key,
            table.authenticated,
            total(table.failed).label("failed"),
            func.min(table.day).label("first_day"),
            func.max(table.day).label("last_day"),
        )
        .where(within(rollup_failure, domain_id, wanted))
        .group_by(table.failure_key, table.authenticated)
        .subquery("sums")
    )
    told = (table.result_type, table.mx, table.sending_mta_ip, table.receiving_ip, table.reporter)
    return (
        select(*told, table.authenticated, table.reason, table.mode, *sums.c["failed", "first_day", "last_day"])
        .join(
            sums,
            (table.domain_id == domain_id)
            & (table.day == sums.c.last_day)
            & (table.authenticated == sums.c.authenticated)
            & (table.failure_key == sums.c.failure_key),
        )
        .order_by(sums.c.failed.desc(), table.result_type, table.failure_key, table.authenticated)
    )


def reporters(source: Source, domain_id: UUID, filter: Filter, *, now: datetime) -> tuple[Reporter, ...]:  # noqa: A002
    """Who reported in the range, most sessions first, and regular ones that have fallen silent."""
    with figures_of(source, domain_id, filter) as (connection, rows):
        figures = {(row[0], row[1]): row for row in rows.execute(_told(domain_id, filter))}
        known = connection.execute(_regular(domain_id, filter, now.date())).all()
    found = []
    for name, marked, organization, last, regular, last_day in known:
        silent = number(regular) >= REGULAR_DAYS and last_day < now.date() - _GRACE
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


def _told(domain_id: UUID, wanted: Filter) -> Select[Any]:
    """(reporter, authenticated, reports, successful, failed) in the range."""
    table = rollup_reporter.c
    return (
        select(table.reporter, table.authenticated, total(table.reports), total(table.successful), total(table.failed))
        .where(within(rollup_reporter, domain_id, wanted))
        .group_by(table.reporter, table.authenticated)
        .having(total(table.reports) > 0)
    )


def _regular(domain_id: UUID, wanted: Filter, today: date) -> Select[Any]:
    """(reporter, authenticated, organization, last arrival, days in the regular window, last day) over all days."""
    table = rollup_reporter.c
    window = table.day.between(today - _GRACE - REGULAR_WINDOW, today - _GRACE - timedelta(days=1))
    query = (
        select(
            table.reporter,
            table.authenticated,
            func.max(table.organization),
            func.max(table.last_received),
            total(case((window, 1), else_=0)),
            func.max(table.day),
        )
        .where(table.domain_id == domain_id)
        .group_by(table.reporter, table.authenticated)
    )
    if wanted.authenticated_only:
        query = query.where(table.authenticated)
    return query if wanted.reporter is None else query.where(table.reporter == wanted.reporter[:KEY_CHARACTERS])
