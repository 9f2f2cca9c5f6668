"""Reports: the list, and one as the RFC structures it."""

import zlib
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Engine, Row, Select, exists, select, text

from collector.ids import made_at
from collector.report.model import Finding
from collector.report.search import documents
from collector.settings import Limits
from collector.store.queries.common import decode_id, encode_cursor, unindexed
from collector.store.queries.rows import FailureRow, Filter, Page, PolicyResultRow, ReportRow
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import delivery, delivery_part, domain
from collector.store.tables import report as table


def reports(
    database: Readable,
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
    query = select_reports().order_by(table.c.report_id.desc()).limit(limit + 1)
    if filter is not None and filter.authenticated_only:
        query = query.where(table.c.authenticated)
    if domain is not None:
        # By its id: so both databases walk along the domain's reports, and not along all reports until enough are its.
        named = select(_domain.c.domain_id).where(_domain.c.name == domain)
        query = query.where(table.c.domain_id == named.scalar_subquery())
    if only is not None:
        query = query.where(_domain.c.name.in_(only))
    if reporter is not None:
        query = query.where(table.c.reporter == reporter)
    if outcome is not None and outcome != "stored":  # each was stored by some delivery
        about = delivery_part.c.report_id == table.c.report_id
        query = query.where(exists().where(about, delivery_part.c.outcome == outcome, _NOT_STORED))
    if cursor is not None:
        query = query.where(table.c.report_id < decode_id(cursor))
    with reading(database) as connection:
        if filter is not None:
            by_arrival = domain is None and connection.dialect.name == "sqlite" and _is_late(connection, filter)
            day = unindexed(table.c.day) if by_arrival else table.c.day
            query = query.where(day.between(filter.first, filter.last))
        rows = connection.execute(query).all()
    items = rows_of(rows[:limit])
    return Page(items, encode_cursor(str(items[-1].id)) if len(rows) > limit else None)


def _is_late(connection: Connection, wanted: Filter) -> bool:
    """Whether fewer days lie after the range than in it: then its last reports are soon found among the last of all."""
    newest = connection.execute(_NEWEST).scalar()
    return newest is not None and made_at(newest).date() - wanted.last <= wanted.last - wanted.first


def report(engine: Engine, id: UUID) -> ReportRow | None:  # noqa: A002
    """One report with its policy results and failure details."""
    with reading(engine) as connection:
        row = connection.execute(select_reports(table.c.policy_results).where(table.c.report_id == id)).first()
    return None if row is None else _row(row, tuple(_policy_result(entry) for entry in row.policy_results))


def report_head(engine: Engine, id: UUID) -> ReportRow | None:  # noqa: A002
    """One report as in a list: without its policy results, which may be tens of thousands of failure details."""
    with reading(engine) as connection:
        return next(iter(rows_of(connection.execute(select_reports().where(table.c.report_id == id)).all())), None)


def report_document(engine: Engine, id: UUID, *, limits: Limits) -> bytes | None:  # noqa: A002
    """The report's JSON as it came, unpacked, out of the delivery that it is counted from.

    `limits` are those under which deliveries are read.
    """
    query = (
        select(delivery.c.raw, delivery.c.channel, delivery.c.envelope, delivery_part.c.position)
        .join(delivery_part, delivery_part.c.delivery_id == delivery.c.delivery_id)
        .join(table, table.c.delivery_id == delivery.c.delivery_id)
        .where(table.c.report_id == id, delivery_part.c.report_id == id, delivery_part.c.outcome == "stored")
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else document(row.raw, row.channel, row.envelope, row.position, limits)


def document(raw: bytes, channel: str, envelope: dict[str, Any], position: int, limits: Limits) -> bytes | None:
    """The JSON of one report of a delivery, of which the others are columns. None if it cannot be read."""
    found = documents(
        zlib.decompress(raw),
        channel,
        limits=limits,
        content_type=envelope.get("content_type"),
        file_name=envelope.get("file_name"),
    )
    return found[position] if position < len(found) else None


_domain = domain  # the table; `domain` is a name within reports()


# As the index of delivery_part has it: in these words, or SQLite does not see that it may use it.
_NOT_STORED = text("delivery_part.outcome <> 'stored'")
_NEWEST = select(table.c.report_id).order_by(table.c.report_id.desc()).limit(1)
_COLUMNS = [column for column in table.columns if column.name != "policy_results"]


def select_reports(*more: Column[Any]) -> Select[Any]:
    """Reports with the name of their domain, for `rows_of`."""
    query = select(*_COLUMNS, _domain.c.name.label("domain"), *more)
    return query.join(_domain, _domain.c.domain_id == table.c.domain_id)


def rows_of(rows: Iterable[Row[Any]]) -> tuple[ReportRow, ...]:
    return tuple(_row(row) for row in rows)


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


def _policy_result(entry: dict[str, Any]) -> PolicyResultRow:
    """As `commit` wrote it."""
    return PolicyResultRow(
        policy_type=entry["policy_type"],
        policy_domain=entry["policy_domain"],
        mode=entry["mode"],
        policy_string=tuple(entry["policy_string"]),
        mx_host=tuple(entry["mx_host"]),
        successful=entry["successful"],
        failed=entry["failed"],
        failures=tuple(FailureRow(*detail) for detail in entry["failure_details"]),
    )
