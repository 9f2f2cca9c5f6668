"""Over all domains that a reader may see: result types, one reporter, one MX host that several of them share."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, func, select

from collector.store.engine import reading
from collector.store.queries.common import number, total
from collector.store.queries.rows import Filter
from collector.store.queries.shares import (
    MOST_SHARES,
    Share,
    Side,
    asked,
    by_day,
    of_side,
    shares,
    within_domains,
)
from collector.store.tables import domain, domain_mx, rollup_failure, rollup_mx, rollup_reporter

_MOST_TYPES = 200


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
    """Failures from one side, over domains: the largest 50 of each kind."""

    failed: int
    days: tuple[tuple[date, int], ...]
    domains: tuple[Share, ...]
    result_types: tuple[Share, ...]
    mx: tuple[Share, ...]
    reporters: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class ReporterDay:
    """What one reporter told of one day. Authenticated and other reports under its name together."""

    day: date
    reports: int
    successful: int
    failed: int


@dataclass(frozen=True, slots=True)
class ToldOf:
    """What one reporter told of one domain in the range (rule 4)."""

    domain: str
    authenticated: bool
    reports: int
    successful: int
    failed: int
    last_report: datetime
    organization: str | None


@dataclass(frozen=True, slots=True)
class ReporterAcross:
    """One reporter over domains. `domains`: the 100 with most sessions, authenticated and other reports apart."""

    reports: int
    successful: int
    failed: int
    domain_count: int
    days: tuple[ReporterDay, ...]
    domains: tuple[ToldOf, ...]


@dataclass(frozen=True, slots=True)
class HostOf:
    """One MX host as an MX of one domain. `successful` is None where no report can tell (rule 6)."""

    domain: str
    failed: int
    successful: int | None


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
        .where(*asked(filter), *within_domains(rollup_failure, only))
        .group_by(table.result_type)
        .order_by(total(table.failed).desc(), table.result_type)
        .limit(_MOST_TYPES)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return tuple(TypeShare(name, number(failed), domains, first, last) for name, failed, domains, first, last in rows)


def spread(engine: Engine, filter: Filter, side: Side, *, only: Collection[str] | None = None) -> Spread:  # noqa: A002
    """The failures from one side over all domains (`only`: these); of an MX host, over those whose MX it is or was."""
    table = rollup_failure.c
    condition = and_(*of_side(side), *asked(filter), *within_domains(rollup_failure, only))
    if side.mx is not None:
        condition = and_(condition, table.domain_id.in_(_sharing(side.mx)))
    with reading(engine) as connection:
        days = by_day(connection, condition)
        return Spread(
            failed=sum(failed for _, failed in days),
            days=days,
            domains=_named(connection, shares(connection, table.domain_id, condition)),
            result_types=shares(connection, table.result_type, condition),
            mx=shares(connection, table.mx, condition),
            reporters=shares(connection, table.reporter, condition),
        )


def reporter_across(
    engine: Engine,
    filter: Filter,  # noqa: A002
    reporter: str,
    *,
    only: Collection[str] | None = None,
) -> ReporterAcross | None:
    """What one reporter told in the range; None if it told nothing."""
    if "\0" in reporter:  # PostgreSQL takes none
        return None
    table = rollup_reporter.c
    condition = and_(
        table.reporter == reporter,
        table.day.between(filter.first, filter.last),
        *([table.authenticated] if filter.authenticated_only else []),
        *within_domains(rollup_reporter, only),
    )
    with reading(engine) as connection:
        days = reporter_days(connection, condition)
        if not days:
            return None
        count = connection.execute(select(func.count(func.distinct(table.domain_id))).where(condition)).scalar_one()
        told = connection.execute(_told(condition)).all()
    return ReporterAcross(
        reports=sum(day.reports for day in days),
        successful=sum(day.successful for day in days),
        failed=sum(day.failed for day in days),
        domain_count=count,
        days=days,
        domains=tuple(_told_of(row) for row in told),
    )


def reporter_days(connection: Connection, condition: ColumnElement[bool]) -> tuple[ReporterDay, ...]:
    """Under a condition on `rollup_reporter`, oldest first."""
    table = rollup_reporter.c
    query = (
        select(table.day, total(table.reports), total(table.successful), total(table.failed))
        .where(condition)
        .group_by(table.day)
        .order_by(table.day)
    )
    return tuple(ReporterDay(day, *map(number, figures)) for day, *figures in connection.execute(query))


def domains_sharing(
    engine: Engine,
    filter: Filter,  # noqa: A002
    mx: str,
    *,
    only: Collection[str] | None = None,
) -> tuple[HostOf, ...]:
    """The domains that have this MX host (normal form) or had it, most failures first, at most 50."""
    if "\0" in mx:  # PostgreSQL takes none
        return ()
    table = rollup_mx.c
    failed, successful, attributable = (
        func.coalesce(total(column), 0) for column in (table.failed, table.successful, table.attributable)
    )
    at_host = and_(
        table.domain_id == domain.c.domain_id,
        table.mx == mx,
        table.day.between(filter.first, filter.last),
        *([table.authenticated] if filter.authenticated_only else []),
    )
    query = (
        select(domain.c.name, failed, successful, attributable)
        .select_from(domain.outerjoin(rollup_mx, at_host))
        .where(domain.c.domain_id.in_(_sharing(mx)), *([] if only is None else [domain.c.name.in_(only)]))
        .group_by(domain.c.name)
        .order_by(failed.desc(), domain.c.name)
        .limit(MOST_SHARES)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return tuple(HostOf(name, number(bad), number(good) if number(known) else None) for name, bad, good, known in rows)


def mx_hosts_among(engine: Engine, names: Collection[str], *, only: Collection[str] | None = None) -> frozenset[str]:
    """Those of these names (normal form) that are or were an MX host of a domain (`only`: of one of these)."""
    is_known = domain_mx.c.domain_id.in_(select(domain.c.domain_id))
    query = select(domain_mx.c.host).where(domain_mx.c.host.in_(names), is_known, *within_domains(domain_mx, only))
    with reading(engine) as connection:
        return frozenset(connection.execute(query).scalars())


def _sharing(mx: str) -> Select[Any]:
    return select(domain_mx.c.domain_id).where(domain_mx.c.host == mx)


def _told(condition: ColumnElement[bool]) -> Select[Any]:
    table = rollup_reporter.c
    successful, failed = total(table.successful), total(table.failed)
    return (
        select(
            domain.c.name,
            table.authenticated,
            total(table.reports).label("reports"),
            successful.label("successful"),
            failed.label("failed"),
            func.max(table.last_received).label("last_report"),
            func.max(table.organization).label("organization"),
        )
        .join(domain, domain.c.domain_id == table.domain_id)
        .where(condition)
        .group_by(domain.c.name, table.authenticated)
        .order_by((successful + failed).desc(), domain.c.name, table.authenticated.desc())
        .limit(2 * MOST_SHARES)
    )


def _told_of(row: Row[Any]) -> ToldOf:
    return ToldOf(
        domain=row.name,
        authenticated=bool(row.authenticated),
        reports=number(row.reports),
        successful=number(row.successful),
        failed=number(row.failed),
        last_report=row.last_report,
        organization=row.organization,
    )


def _named(connection: Connection, found: Sequence[Share]) -> tuple[Share, ...]:
    """Shares by domain, which go by their ids, under the domains' names."""
    ids = [UUID(share.name) for share in found]
    rows = connection.execute(select(domain.c.domain_id, domain.c.name).where(domain.c.domain_id.in_(ids)))
    names = {str(key): name for key, name in rows}
    return tuple(Share(names[share.name], share.failed, share.first_day, share.last_day) for share in found)
