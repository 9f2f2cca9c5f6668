"""What went out or is to: the weekly mails by week and recipient, and how many messages stand how."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Table, and_, case, func, literal, select

from collector.store.engine import reading
from collector.store.tables import alert_notice, summary_run

# How a message stands. `uncertain`: given up, and may have arrived (collector.store.outbox).
WAITING, SENDING, PUT_OFF = "waiting", "sending", "put_off"
SENT, SKIPPED, GIVEN_UP, UNCERTAIN = "sent", "skipped", "given_up", "uncertain"
STATES = (WAITING, SENDING, PUT_OFF, SENT, SKIPPED, GIVEN_UP, UNCERTAIN)
NOT_ARRIVED = (WAITING, SENDING, PUT_OFF, GIVEN_UP, UNCERTAIN)
DEFAULT_WEEKS = 8


@dataclass(frozen=True, slots=True)
class SummaryRun:
    """One week's mail to one recipient. `state` is one of STATES.

    `at` is when it was sent, skipped or given up, and for one that waits or was put off when it is due. `error` is what
    the last attempt met, or why it was skipped.
    """

    week: str
    recipient: str
    state: str
    at: datetime
    attempts: int
    error: str | None


def state(table: Table, now: datetime) -> ColumnElement[str]:
    """How a row of a table of messages stands, as SQL."""
    column = table.c
    return case(
        (column.sent_at.is_not(None), literal(SENT)),
        (column.skipped_at.is_not(None), literal(SKIPPED)),
        (and_(column.given_up_at.is_not(None), column.handed_over_at.is_not(None)), literal(UNCERTAIN)),
        (column.given_up_at.is_not(None), literal(GIVEN_UP)),
        (column.claimed_until > now, literal(SENDING)),
        (column.attempts > 0, literal(PUT_OFF)),
        else_=literal(WAITING),
    )


def summary_runs(
    engine: Engine,
    *,
    now: datetime,
    weeks: int = DEFAULT_WEEKS,
    week: str | None = None,
    recipients: Collection[str] | None = None,
) -> tuple[SummaryRun, ...]:
    """The last `weeks` weeks that have any, newest first, then by recipient; or the one named, or these addresses'."""
    run = summary_run.c
    stands = state(summary_run, now).label("state")
    at = func.coalesce(run.sent_at, run.skipped_at, run.given_up_at, run.due_at, type_=run.due_at.type).label("at")
    query = select(run.week, run.recipient, stands, at, run.attempts, run.last_error)
    if week is not None:
        query = query.where(run.week == week)
    else:
        newest = select(run.week).distinct().order_by(run.week.desc()).limit(weeks).scalar_subquery()
        query = query.where(run.week.in_(newest))
    if recipients is not None:
        query = query.where(run.recipient.in_(recipients))
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(run.week.desc(), run.recipient))
        return tuple(SummaryRun(*row) for row in rows)


def message_counts(engine: Engine, *, now: datetime) -> dict[tuple[str, str], int]:
    """Messages by kind ("summary", "alerts") and state, without those sent or skipped: what waits or failed."""
    found: dict[tuple[str, str], int] = {}
    with reading(engine) as connection:
        for kind, table in (("summary", summary_run), ("alerts", alert_notice)):
            stands = state(table, now).label("state")
            open_ = and_(table.c.sent_at.is_(None), table.c.skipped_at.is_(None), *_told(table))
            for row in connection.execute(select(stands, func.count()).where(open_).group_by(stands)):
                found[kind, row[0]] = int(row[1])
    return found


def _told(table: Table) -> list[Any]:
    """Notices that are kept for the page only are no messages."""
    return [table.c.is_quiet.is_(False)] if "is_quiet" in table.c else []
