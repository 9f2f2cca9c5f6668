"""What stands around a report: its neighbours, the headers of its mail, how many deliveries came to what."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, literal, or_, select, union_all

from collector.channels import MAIL_CHANNELS
from collector.delivery import OUTCOMES
from collector.store.engine import reading
from collector.store.queries.rows import ReportRow
from collector.store.tables import delivery, domain
from collector.store.tables import report as table

# A neighbour further away is none: its page would tell nothing about this one, and looking for it has an end.
_NEAR = timedelta(days=40)
# Counting further takes longer than anybody wants to know.
MOST_COUNTED = 10_000
_HEADER_BYTES = 64 * 1024
_A_FIELD = re.compile(rb"[!-9;-~]+:")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The reports of the same reporter about the same domain just before and after, at most 40 days away."""

    previous: UUID | None
    following: UUID | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Deliveries by outcome, and quarantined ones by reason code. 10,001 of one outcome stands for more than 10,000."""

    outcomes: dict[str, int]
    reasons: dict[str, int]


def neighbours(engine: Engine, row: ReportRow) -> Neighbours:
    """Those of a report that is there."""
    day, identity = table.c.day, table.c.report_id
    before = or_(day < row.day, and_(day == row.day, identity < row.id))
    after = or_(day > row.day, and_(day == row.day, identity > row.id))
    with reading(engine) as connection:
        return Neighbours(
            _next(connection, row, and_(day.between(row.day - _NEAR, row.day), before), (day.desc(), identity.desc())),
            _next(connection, row, and_(day.between(row.day, row.day + _NEAR), after), (day, identity)),
        )


def _next(
    connection: Connection, row: ReportRow, where: ColumnElement[bool], order: Sequence[ColumnElement[object]]
) -> UUID | None:
    of_domain = table.c.domain_id == select(domain.c.domain_id).where(domain.c.name == row.domain).scalar_subquery()
    alike = and_(of_domain, table.c.reporter == row.reporter, table.c.authenticated == row.authenticated)
    found: UUID | None = connection.execute(
        select(table.c.report_id).where(alike, where).order_by(*order).limit(1)
    ).scalar()
    return found


def delivery_counts(engine: Engine) -> Counts:
    """Everything that is kept, each outcome counted up to 10,001; reasons of the newest 10,000 quarantined."""
    parts = []
    for outcome in OUTCOMES:
        some = select(literal(1)).where(delivery.c.outcome == outcome).limit(MOST_COUNTED + 1).subquery()
        parts.append(select(literal(outcome), func.count()).select_from(some))
    newest = (
        select(delivery.c.reason_code)
        .where(delivery.c.outcome == "quarantined")
        .order_by(delivery.c.delivery_id.desc())
        .limit(MOST_COUNTED)
        .subquery()
    )
    by_reason = select(newest.c.reason_code, func.count()).group_by(newest.c.reason_code)
    with reading(engine) as connection:
        outcomes = {outcome: int(count) for outcome, count in connection.execute(union_all(*parts))}
        reasons = {code: int(count) for code, count in connection.execute(by_reason) if code is not None}
    return Counts(outcomes, reasons)


def mail_headers(engine: Engine, delivery_id: UUID) -> str | None:
    """The headers of a mail as it came, at most 64 KiB of them; None if it is no mail."""
    query = select(delivery.c.channel, delivery.c.raw).where(delivery.c.delivery_id == delivery_id)
    with reading(engine) as connection:
        row = connection.execute(query).first()
    if row is None or row.channel not in (*MAIL_CHANNELS, "import"):
        return None
    start = zlib.decompressobj().decompress(row.raw, _HEADER_BYTES)
    if row.channel == "import" and not _A_FIELD.match(start):
        return None
    return _BLANK_LINE.split(start, maxsplit=1)[0].decode("utf-8", "replace")
