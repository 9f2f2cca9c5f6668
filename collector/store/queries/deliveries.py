"""Deliveries: everything that arrived, whatever came of it (rule 2)."""

import zlib
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, select

from collector.settings import Limits
from collector.store.engine import reading
from collector.store.queries.common import decode_id, encode_cursor, end_of, start_of
from collector.store.queries.reports import document, findings
from collector.store.queries.rows import DeliveryRow, Filter, Page, PartRow
from collector.store.tables import delivery as table
from collector.store.tables import delivery_part

_COLUMNS = [column for column in table.columns if column.name != "raw"]


def deliveries(
    engine: Engine,
    *,
    filter: Filter | None = None,  # noqa: A002
    outcome: str | None = None,
    domain: str | None = None,
    reporter: str | None = None,
    channel: str | None = None,
    reason: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[DeliveryRow]:
    """A page of deliveries, the last to arrive first. `filter` is about the day of arrival."""
    query = select(*_COLUMNS).order_by(table.c.delivery_id.desc()).limit(limit + 1)
    if filter is not None:
        query = query.where(table.c.received_at >= start_of(filter.first), table.c.received_at < end_of(filter.last))
        if filter.authenticated_only:
            query = query.where(table.c.authenticated)
    for column, value in (
        (table.c.outcome, outcome),
        (table.c.reporter, reporter),
        (table.c.channel, channel),
        (table.c.reason_code, reason),
    ):
        if value is not None:
            query = query.where(column == value)
    if domain is not None:
        about = select(delivery_part.c.delivery_id).where(delivery_part.c.name == domain)
        query = query.where(table.c.delivery_id.in_(about))
    if cursor is not None:
        query = query.where(table.c.delivery_id < decode_id(cursor))
    with reading(engine) as connection:
        items = _rows(connection, query)
    page = items[:limit]
    return Page(page, encode_cursor(str(page[-1].id)) if len(items) > limit else None)


def delivery(engine: Engine, id: UUID) -> DeliveryRow | None:  # noqa: A002
    """One delivery."""
    with reading(engine) as connection:
        return next(iter(_rows(connection, select(*_COLUMNS).where(table.c.delivery_id == id))), None)


def deliveries_with_ids(engine: Engine, ids: Collection[UUID]) -> tuple[DeliveryRow, ...]:
    """Those of `ids` that are there (at most some hundreds), the first to arrive first."""
    with reading(engine) as connection:
        return _rows(connection, select(*_COLUMNS).where(table.c.delivery_id.in_(ids)).order_by(table.c.delivery_id))


def delivery_raw(engine: Engine, id: UUID) -> bytes | None:  # noqa: A002
    """Its bytes as they came."""
    with reading(engine) as connection:
        raw = connection.execute(select(table.c.raw).where(table.c.delivery_id == id)).scalar()
    return None if raw is None else zlib.decompress(raw)


def delivery_document(engine: Engine, id: UUID, position: int, *, limits: Limits) -> bytes | None:  # noqa: A002
    """The JSON of one of its reports as it came, counted or not; None if there is none that can be read."""
    query = select(table.c.raw, table.c.channel, table.c.envelope).where(table.c.delivery_id == id)
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else document(row.raw, row.channel, row.envelope, position, limits)


def _rows(connection: Connection, query: Select[Any]) -> tuple[DeliveryRow, ...]:
    rows = connection.execute(query).all()
    parts = _parts(connection, [row.delivery_id for row in rows])
    return tuple(_row(row, tuple(parts.get(row.delivery_id, ()))) for row in rows)


def _parts(connection: Connection, ids: list[UUID]) -> dict[UUID, list[PartRow]]:
    found: dict[UUID, list[PartRow]] = {}
    for start in range(0, len(ids), 500):
        query = (
            select(delivery_part)
            .where(delivery_part.c.delivery_id.in_(ids[start : start + 500]))
            .order_by(delivery_part.c.delivery_id, delivery_part.c.position, delivery_part.c.name)
        )
        for row in connection.execute(query):
            found.setdefault(row.delivery_id, []).append(PartRow(row.name, row.outcome, row.report_id, row.position))
    return found


def _row(row: Row[Any], parts: tuple[PartRow, ...]) -> DeliveryRow:
    return DeliveryRow(
        id=row.delivery_id,
        received_at=row.received_at,
        channel=row.channel,
        outcome=row.outcome,
        reason_code=row.reason_code,
        reason_message=row.reason_message,
        reporter=row.reporter,
        authenticated=bool(row.authenticated),
        size=row.size,
        findings=findings(row.findings),
        parts=parts,
        envelope=row.envelope,
    )
