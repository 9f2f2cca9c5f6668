"""Failures of one domain from one side: at one MX host, told by one reporter, of one result type. All from the rollups.

They count failure details and unexplained remainders, so one session may stand under several causes (R17); the figures
of `figures` count each session once.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Engine, and_, false, func, or_, select

from collector.store.engine import reading
from collector.store.queries.across import ReporterDay
from collector.store.queries.across import reporter_days as days_of
from collector.store.queries.common import unindexed
from collector.store.queries.reports import rows_of, select_reports
from collector.store.queries.rows import Filter, ReportRow
from collector.store.queries.shares import Share, Side, asked, by_day, of_side, shares
from collector.store.tables import domain_mx, report, rollup_failure, rollup_mx, rollup_reporter


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


def breakdown(engine: Engine, domain_id: UUID, filter: Filter, side: Side) -> Breakdown:  # noqa: A002
    """The failures of one domain from one side. The filter's policy type is left aside: causes are not kept by it."""
    table = rollup_failure.c
    of_domain = table.domain_id == domain_id
    condition = and_(of_domain, *asked(filter), *of_side(side))
    with reading(engine) as connection:
        days = by_day(connection, condition)
        first, last = connection.execute(
            select(func.min(table.day), func.max(table.day)).where(of_domain, *of_side(side))
        ).one()
        return Breakdown(
            failed=sum(failed for _, failed in days),
            days=days,
            result_types=shares(connection, table.result_type, condition),
            mx=shares(connection, table.mx, condition),
            reporters=shares(connection, table.reporter, condition),
            modes=shares(connection, table.mode, condition),
            first_ever=first,
            last_ever=last,
        )


def reporter_days(engine: Engine, domain_id: UUID, filter: Filter, reporter: str) -> tuple[ReporterDay, ...]:  # noqa: A002
    """The days of the range about which it reported, oldest first (rule 4 figures)."""
    table = rollup_reporter.c
    condition = and_(
        table.domain_id == domain_id,
        table.day.between(filter.first, filter.last),
        table.reporter == reporter,
        *([table.authenticated] if filter.authenticated_only else []),
    )
    with reading(engine) as connection:
        return days_of(connection, condition)


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
        .where(table.domain_id == domain_id, *asked(filter), *of_side(side))
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
    query = select(table.reporter).where(table.domain_id == domain_id, unindexed(table.reporter) == reporter).limit(1)
    with reading(engine) as connection:
        return connection.execute(query).first() is not None
