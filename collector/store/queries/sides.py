"""Failures from one side: those at one MX host, told by one reporter, of one result type. All from the rollups.

They count failure details and unexplained remainders, so one session may stand under several causes (R17); the figures
of `figures` count each session once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Engine, and_, false, func, or_, select

from collector.store.engine import reading
from collector.store.queries.common import number, total
from collector.store.queries.reports import rows_of, select_reports
from collector.store.queries.rows import Filter, ReportRow
from collector.store.tables import domain, domain_mx, report, rollup_failure, rollup_mx, rollup_reporter

_MOST_SHARES = 50  # of a kind: a stranger can make up any number of names
_MOST_TYPES = 200


@dataclass(frozen=True, slots=True)
class Side:
    """Which failures; None: whatever it is."""

    result_type: str | None = None
    mx: str | None = None
    reporter: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What failed under one name, and on which days of the range. `name` "": none is named."""

    name: str
    failed: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Breakdown:
    """`days` holds those with failures, oldest first; each tuple of shares the largest 50, most failures first.

    `first_ever` and `last_ever` are over all days that are kept, whatever the range.
    """

    failed: int
    days: tuple[tuple[date, int], ...]
    result_types: tuple[Share, ...]
    mx: tuple[Share, ...]
    reporters: tuple[Share, ...]
    modes: tuple[Share, ...]
    first_ever: date | None
    last_ever: date | None


@dataclass(frozen=True, slots=True)
class TypeShare:
    """A result type over all domains that the reader may see."""

    result_type: str
    failed: int
    domains: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Spread:
    """One result type over domains: the largest 50 of each kind."""

    failed: int
    days: tuple[tuple[date, int], ...]
    domains: tuple[Share, ...]
    reporters: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class ReporterDay:
    """What one reporter told of one day. Authenticated and other reports under its name together."""

    day: date
    reports: int
    successful: int
    failed: int


def breakdown(engine: Engine, domain_id: UUID, filter: Filter, side: Side) -> Breakdown:  # noqa: A002
    """The failures of one domain from one side. The filter's policy type is left aside: causes are not kept by it."""
    table = rollup_failure.c
    of_domain = table.domain_id == domain_id
    asked = and_(of_domain, *_asked(filter), *_of(side))
    with reading(engine) as connection:
        days = _days(connection, asked)
        first, last = connection.execute(
            select(func.min(table.day), func.max(table.day)).where(of_domain, *_of(side))
        ).one()
        return Breakdown(
            failed=sum(failed for _, failed in days),
            days=days,
            result_types=_shares(connection, table.result_type, asked),
            mx=_shares(connection, table.mx, asked),
            reporters=_shares(connection, table.reporter, asked),
            modes=_shares(connection, table.mode, asked),
            first_ever=first,
            last_ever=last,
        )


def type_shares(engine: Engine, filter: Filter, *, only: Collection[str] | None = None) -> tuple[TypeShare, ...]:  # noqa: A002
    """The result types of all domains (`only`: of these), most failures first, at most 200."""
    table = rollup_failure.c
    query = (
        select(
            table.result_type,
            total(table.failed),
            func.count(func.distinct(table.domain_id)),
            func.min(table.day),
            func.max(table.day),
        )
        .where(*_asked(filter), *_within_domains(only))
        .group_by(table.result_type)
        .order_by(total(table.failed).desc(), table.result_type)
        .limit(_MOST_TYPES)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return tuple(TypeShare(name, number(failed), domains, first, last) for name, failed, domains, first, last in rows)


def spread(engine: Engine, filter: Filter, result_type: str, *, only: Collection[str] | None = None) -> Spread:  # noqa: A002
    """Where one result type occurs, over all domains (`only`: over these)."""
    table = rollup_failure.c
    asked = and_(table.result_type == result_type, *_asked(filter), *_within_domains(only))
    with reading(engine) as connection:
        days = _days(connection, asked)
        by_domain = {share.name: share for share in _shares(connection, table.domain_id, asked)}
        names = connection.execute(
            select(domain.c.domain_id, domain.c.name).where(domain.c.domain_id.in_([UUID(key) for key in by_domain]))
        ).all()
        named = {str(key): name for key, name in names}
        domains = tuple(
            Share(named[key], share.failed, share.first_day, share.last_day) for key, share in by_domain.items()
        )
        reporters = _shares(connection, table.reporter, asked)
    return Spread(sum(failed for _, failed in days), days, domains, reporters)


def reporter_days(engine: Engine, domain_id: UUID, filter: Filter, reporter: str) -> tuple[ReporterDay, ...]:  # noqa: A002
    """The days of the range about which it reported, oldest first (rule 4 figures)."""
    table = rollup_reporter.c
    query = (
        select(table.day, total(table.reports), total(table.successful), total(table.failed))
        .where(
            table.domain_id == domain_id,
            table.day.between(filter.first, filter.last),
            table.reporter == reporter,
            *([table.authenticated] if filter.authenticated_only else []),
        )
        .group_by(table.day)
        .order_by(table.day)
    )
    with reading(engine) as connection:
        return tuple(ReporterDay(day, *map(number, figures)) for day, *figures in connection.execute(query))


def reports_from(
    engine: Engine,
    domain_id: UUID,
    filter: Filter,  # noqa: A002
    side: Side,
    *,
    limit: int = 10,
) -> tuple[ReportRow, ...]:
    """The last reports that told it: those of the days and reporters under which it is counted."""
    table = rollup_failure.c
    told = (
        select(table.day, table.reporter, table.authenticated)
        .where(table.domain_id == domain_id, *_asked(filter), *_of(side))
        .group_by(table.day, table.reporter, table.authenticated)
        .order_by(table.day.desc(), table.reporter)
        .limit(limit)
    )
    with reading(engine) as connection:
        found = connection.execute(told).all()
        # With the days as values both databases look them up in the primary key, and read no other report.
        query = (
            select_reports()
            .where(
                report.c.domain_id == domain_id,
                report.c.day.in_({row.day for row in found}),
                or_(
                    false(),
                    *(
                        and_(report.c.day == day, report.c.reporter == who, report.c.authenticated == is_sure)
                        for day, who, is_sure in found
                    ),
                ),
            )
            .order_by(report.c.day.desc(), report.c.report_id.desc())
            .limit(limit)
        )
        return rows_of(connection.execute(query).all())


def is_known_host(engine: Engine, domain_id: UUID, mx: str) -> bool:
    """Whether DNS or a report has ever named this MX host of the domain (normal form)."""
    if "\0" in mx:  # PostgreSQL takes none
        return False
    seen = select(domain_mx.c.host).where(domain_mx.c.domain_id == domain_id, domain_mx.c.host == mx)
    told = select(rollup_mx.c.mx).where(rollup_mx.c.domain_id == domain_id, rollup_mx.c.mx == mx)
    with reading(engine) as connection:
        return any(connection.execute(query.limit(1)).first() is not None for query in (seen, told))


def is_known_reporter(engine: Engine, domain_id: UUID, reporter: str) -> bool:
    """Whether it has ever reported about the domain."""
    if "\0" in reporter:  # PostgreSQL takes none
        return False
    table = rollup_reporter.c
    query = select(table.reporter).where(table.domain_id == domain_id, table.reporter == reporter).limit(1)
    with reading(engine) as connection:
        return connection.execute(query).first() is not None


def _asked(wanted: Filter) -> list[ColumnElement[bool]]:
    table = rollup_failure.c
    conditions: list[ColumnElement[bool]] = [table.day.between(wanted.first, wanted.last)]
    if wanted.authenticated_only:
        conditions.append(table.authenticated)
    if wanted.reporter is not None:
        conditions.append(table.reporter == wanted.reporter)
    return conditions


def _of(side: Side) -> list[ColumnElement[bool]]:
    table = rollup_failure.c
    pairs = ((table.result_type, side.result_type), (table.mx, side.mx), (table.reporter, side.reporter))
    return [column == value for column, value in pairs if value is not None]


def _within_domains(only: Collection[str] | None) -> list[ColumnElement[bool]]:
    if only is None:
        return []
    return [rollup_failure.c.domain_id.in_(select(domain.c.domain_id).where(domain.c.name.in_(only)))]


def _days(connection: Connection, asked: ColumnElement[bool]) -> tuple[tuple[date, int], ...]:
    table = rollup_failure.c
    query = select(table.day, total(table.failed)).where(asked).group_by(table.day).order_by(table.day)
    return tuple((day, number(failed)) for day, failed in connection.execute(query))


def _shares(connection: Connection, column: Column[Any], asked: ColumnElement[bool]) -> tuple[Share, ...]:
    table = rollup_failure.c
    query = (
        select(column, total(table.failed), func.min(table.day), func.max(table.day))
        .where(asked)
        .group_by(column)
        .order_by(total(table.failed).desc(), column)
        .limit(_MOST_SHARES)
    )
    rows = connection.execute(query)
    return tuple(Share(str(name or ""), number(failed), first, last) for name, failed, first, last in rows)
