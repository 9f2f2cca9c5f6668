"""What is wrong, and who was told: for the pages, the API and the commands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Row, Select, and_, case, func, or_, select

from collector.alert_rules import RULES
from collector.errors import UsageError
from collector.store.queries.common import decode_cursor, encode_cursor
from collector.store.queries.rows import Page
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import alert as table
from collector.store.tables import alert_notice, domain

OPEN, CLOSED = "open", "closed"
# Where an alert stands in a list: an open one by its rule, after all others if it is none any more; then what is over.
_OVER = len(RULES) + 1
_PLACES = {str(place): place for place in range(_OVER + 1)}
_place = case(
    (table.c.closed_at.is_not(None), _OVER),
    else_=case({rule: place for place, rule in enumerate(RULES)}, value=table.c.rule, else_=len(RULES)),
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert. `domain` None: it is about the installation. `evidence` is what its words are made of.

    `size` is how bad it is, in what its rule counts; `told_size` how bad when people were told, or knew, last.
    """

    id: UUID
    domain_id: UUID | None
    domain: str | None
    rule: str
    subject: str
    size: int
    told_size: int
    evidence: Mapping[str, Any]
    opened_at: datetime
    updated_at: datetime
    seen_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    muted_until: datetime | None
    muted_by: str | None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """What was told of an alert, to whom. `target` of another channel than mail is the SHA-256 of its secret URL.

    `is_quiet`: not sent, for the alert was muted.
    """

    id: UUID
    event: str  # opened, grown or closed
    channel: str  # mail, webhook or apprise
    target: str
    is_quiet: bool
    due_at: datetime
    attempts: int
    handed_over_at: datetime | None
    sent_at: datetime | None
    skipped_at: datetime | None
    given_up_at: datetime | None
    last_error: str | None

    @property
    def state(self) -> str:
        """`quiet`, `sent`, `skipped`, `given_up` or `waiting`."""
        if self.is_quiet:
            return "quiet"
        done = {"sent": self.sent_at, "skipped": self.skipped_at, "given_up": self.given_up_at}
        return next((word for word, at in done.items() if at is not None), "waiting")

    @property
    def may_have_arrived(self) -> bool:
        """Given up in the middle of a handing over."""
        return self.state == "given_up" and self.handed_over_at is not None


@dataclass(frozen=True, slots=True)
class DueMessage:
    """Notices that are one message to one target, and wait for somebody who sends them."""

    channel: str
    target: str
    message_id: str


def alerts(
    database: Readable,
    *,
    state: str | None = None,
    domain_name: str | None = None,
    rule: str | None = None,
    only: Collection[str] | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[AlertRow]:
    """Open ones first, the most urgent rule on top; then those that are over; both with the last opened first.

    `state`: OPEN or CLOSED; `domain_name`: about this one, "" the installation; `only`: none but those about these
    domains, which leaves out the installation. Raises UsageError for what is no cursor. One that opens or closes while
    somebody pages may be missed, or come twice.
    """
    # Of what is over there is much, and all of it has one place: its key alone is its order.
    order = (table.c.alert_id.desc(),) if state == CLOSED else (_place, table.c.alert_id.desc())
    query = _seen_by(_rows(), only).add_columns(_place.label("place")).order_by(*order).limit(limit + 1)
    if state is not None:
        query = query.where(table.c.closed_at.is_(None) if state == OPEN else table.c.closed_at.is_not(None))
    if domain_name is not None:
        query = query.where(domain.c.name == domain_name if domain_name else table.c.domain_id.is_(None))
    if rule is not None:
        query = query.where(table.c.rule == rule)
    if cursor is not None:
        query = query.where(_after(cursor))
    with reading(database) as connection:
        rows = connection.execute(query).all()
    items = tuple(map(_alert, rows[:limit]))
    last = f"{rows[limit - 1].place} {items[-1].id}" if len(rows) > limit else None
    return Page(items, None if last is None else encode_cursor(last))


def alert(engine: Engine, alert_id: UUID, *, only: Collection[str] | None = None) -> AlertRow | None:
    """One alert; None: there is none, or it is about none of `only`."""
    with reading(engine) as connection:
        row = connection.execute(_seen_by(_rows(), only).where(table.c.alert_id == alert_id)).first()
    return None if row is None else _alert(row)


def notices(engine: Engine, alert_id: UUID) -> tuple[NoticeRow, ...]:
    """What was told of an alert, in the order in which it was."""
    query = select(alert_notice).where(alert_notice.c.alert_id == alert_id).order_by(alert_notice.c.notice_id)
    with reading(engine) as connection:
        return tuple(map(_notice, connection.execute(query)))


def open_alerts(engine: Engine) -> tuple[AlertRow, ...]:
    """All that are open, in the order in which they opened."""
    query = _rows().where(table.c.closed_at.is_(None)).order_by(table.c.alert_id)
    with reading(engine) as connection:
        return tuple(map(_alert, connection.execute(query).all()))


def muted_closed(engine: Engine, now: datetime) -> tuple[AlertRow, ...]:
    """Those that closed and are to be quiet all the same, should they open again; the latest last."""
    query = _rows().where(table.c.closed_at.is_not(None), table.c.muted_until > now).order_by(table.c.alert_id)
    with reading(engine) as connection:
        return tuple(map(_alert, connection.execute(query).all()))


def due_messages(engine: Engine, now: datetime, *, limit: int = 1000) -> tuple[DueMessage, ...]:
    """What is due and nobody's, the longest waiting first."""
    notice = alert_notice.c
    due = (
        select(notice.channel, notice.target, notice.message_id)
        .where(
            *(done.is_(None) for done in (notice.sent_at, notice.skipped_at, notice.given_up_at)),
            notice.due_at <= now,
            or_(notice.claimed_until.is_(None), notice.claimed_until <= now),
        )
        .group_by(notice.channel, notice.target, notice.message_id)
        .order_by(func.min(notice.due_at), notice.message_id)
        .limit(limit)
    )
    with reading(engine) as connection:
        return tuple(DueMessage(*row) for row in connection.execute(due))


def open_count(database: Readable, *, only: Collection[str] | None = None) -> int:
    """How many are open."""
    query = _seen_by(_joined(select(func.count(table.c.alert_id))), only).where(table.c.closed_at.is_(None))
    with reading(database) as connection:
        return int(connection.execute(query).scalar_one())


def open_by_rule(engine: Engine) -> dict[str, int]:
    """How many are open, by rule; a rule without any is absent."""
    query = select(table.c.rule, func.count()).where(table.c.closed_at.is_(None)).group_by(table.c.rule)
    with reading(engine) as connection:
        return dict(connection.execute(query).all())


def _after(cursor: str) -> ColumnElement[bool]:
    """What stands after the alert that a cursor names. Raises UsageError."""
    place, _, alert_id = decode_cursor(cursor).partition(" ")
    try:
        before, key = _PLACES[place], UUID(alert_id)
    except (KeyError, ValueError):
        raise UsageError("this is no cursor") from None
    if before == _OVER:
        return and_(table.c.closed_at.is_not(None), table.c.alert_id < key)
    return or_(_place > before, and_(_place == before, table.c.alert_id < key))


def _rows() -> Select[Any]:
    return _joined(select(table, domain.c.name))


def _joined(query: Select[Any]) -> Select[Any]:
    return query.select_from(table.outerjoin(domain, domain.c.domain_id == table.c.domain_id))


def _seen_by(query: Select[Any], only: Collection[str] | None) -> Select[Any]:
    return query if only is None else query.where(domain.c.name.in_(only))


def _alert(row: Row[Any]) -> AlertRow:
    return AlertRow(
        id=row.alert_id,
        domain_id=row.domain_id,
        domain=row.name,
        rule=row.rule,
        subject=row.subject,
        size=row.size,
        told_size=row.told_size,
        evidence=row.evidence,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        seen_at=row.seen_at,
        closed_at=row.closed_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        muted_until=row.muted_until,
        muted_by=row.muted_by,
    )


def _notice(row: Row[Any]) -> NoticeRow:
    return NoticeRow(
        id=row.notice_id,
        event=row.event,
        channel=row.channel,
        target=row.target,
        is_quiet=row.is_quiet,
        due_at=row.due_at,
        attempts=row.attempts,
        handed_over_at=row.handed_over_at,
        sent_at=row.sent_at,
        skipped_at=row.skipped_at,
        given_up_at=row.given_up_at,
        last_error=row.last_error,
    )
