"""Reports: the list, and one as the RFC structures it."""

import zlib
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, exists, select

from collector.report import documents
from collector.report.model import Finding
from collector.settings import Limits
from collector.store.engine import reading
from collector.store.queries.common import decode_id, encode_cursor
from collector.store.queries.rows import FailureRow, Filter, Page, PolicyResultRow, ReportRow
from collector.store.tables import delivery, delivery_part, domain, failure_detail, policy_result
from collector.store.tables import report as table


def reports(
    engine: Engine,
    *,
    filter: Filter | None = None,  # noqa: A002
    domain: str | None = None,
    reporter: str | None = None,
    outcome: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
    only: Collection[str] | None = None,
) -> Page[ReportRow]:
    """A page of reports, the last to arrive first. `filter` is about the day that a report counts for.

    `outcome` asks for those that some delivery was stored as, repeats (duplicate) or contradicts (conflict).
    `only`: of none but these domains, by name: what the reader may see.
    """
    query = _select().order_by(table.c.report_id.desc()).limit(limit + 1)
    if filter is not None:
        query = query.where(table.c.day.between(filter.first, filter.last))
        if filter.authenticated_only:
            query = query.where(table.c.authenticated)
    if domain is not None:
        query = query.where(_domain.c.name == domain)
    if only is not None:
        query = query.where(_domain.c.name.in_(only))
    if reporter is not None:
        query = query.where(table.c.reporter == reporter)
    if outcome is not None:
        query = query.where(
            exists().where(delivery_part.c.report_id == table.c.report_id, delivery_part.c.outcome == outcome)
        )
    if cursor is not None:
        query = query.where(table.c.report_id < decode_id(cursor))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    items = tuple(_row(row) for row in rows[:limit])
    return Page(items, encode_cursor(str(items[-1].id)) if len(rows) > limit else None)


def report(engine: Engine, id: UUID) -> ReportRow | None:  # noqa: A002
    """One report with its policy results and failure details."""
    with reading(engine) as connection:
        row = connection.execute(_select().where(table.c.report_id == id)).first()
        return None if row is None else _row(row, _policies(connection, row))


def report_document(engine: Engine, id: UUID) -> bytes | None:  # noqa: A002
    """The report's JSON as it came, unpacked, out of the delivery that it is counted from."""
    query = (
        select(delivery.c.raw, delivery.c.channel, delivery_part.c.position)
        .join(delivery_part, delivery_part.c.delivery_id == delivery.c.delivery_id)
        .where(delivery_part.c.report_id == id, delivery_part.c.outcome == "stored")
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    position: int = row.position
    return documents(zlib.decompress(row.raw), row.channel, limits=Limits())[position]


_domain = domain  # the table; `domain` is a name within reports()


def _select() -> Select[Any]:
    return select(table, _domain.c.name.label("domain")).join(_domain, _domain.c.domain_id == table.c.domain_id)


def _row(row: Row[Any], policies: tuple[PolicyResultRow, ...] = ()) -> ReportRow:
    return ReportRow(
        id=row.report_id,
        report_id=row.submitted_id,
        organization=row.organization_name,
        reporter=row.reporter,
        authenticated=bool(row.authenticated),
        contact=row.contact_info,
        domain=row.domain,
        start=row.start_datetime,
        end=row.end_datetime,
        day=row.day,
        received_at=row.received_at,
        delivery_id=row.delivery_id,
        successful=row.successful,
        failed=row.failed,
        findings=findings(row.findings),
        policies=policies,
    )


def findings(stored: Iterable[Iterable[str]]) -> tuple[Finding, ...]:
    return tuple(Finding(*pair) for pair in stored)


def _policies(connection: Connection, of: Row[Any]) -> tuple[PolicyResultRow, ...]:
    details: dict[int, list[FailureRow]] = {}
    for row in connection.execute(_of(failure_detail, of).order_by(failure_detail.c.position)):
        details.setdefault(row.policy_position, []).append(
            FailureRow(
                result_type=row.result_type,
                sending_mta_ip=row.sending_mta_ip,
                receiving_mx_hostname=row.receiving_mx_hostname,
                receiving_mx_helo=row.receiving_mx_helo,
                receiving_ip=row.receiving_ip,
                failed=row.failed_session_count,
                additional_information=row.additional_information,
                failure_reason_code=row.failure_reason_code,
            )
        )
    return tuple(
        PolicyResultRow(
            policy_type=row.policy_type,
            policy_domain=row.policy_domain,
            mode=row.mode,
            policy_string=tuple(row.policy_string),
            mx_host=tuple(row.mx_host),
            successful=row.successful,
            failed=row.failed,
            failures=tuple(details.get(row.position, ())),
        )
        for row in connection.execute(_of(policy_result, of).order_by(policy_result.c.position))
    )


def _of(child: Any, row: Row[Any]) -> Select[Any]:
    return select(child).where(
        child.c.domain_id == row.domain_id, child.c.day == row.day, child.c.report_id == row.report_id
    )
