"""Messages that are sent exactly once, however many send and whenever one dies: claim, hand over, record.

A box is a table with `message_columns()`. A row's life:

    put        it is there, due at once, nobody's
    claim      one sender has it, until its lease is over; then another may take it
    handing_over   written just before the end of the message is sent: False if the claim was lost, then nothing is sent
    sent       the other side took it: the row is done
    put_off    the other side surely did not take it: due again later
    unanswered nobody knows whether it did: due again later, and then for the last time
    give_up    refused for good, or tried for too long
    skip       it need not be sent after all
    give_back  its sender ends before it began: it is as if it had not been claimed

Whoever dies between `handing_over` and its record leaves a row that may have arrived. That one point cannot be had
away: the other side's yes and our record of it are two things. Such a row is claimed once more (`is_repeat`), with the
same Message-ID, and if that attempt ends without anybody knowing too, it is given up as one that may have arrived.
So a message arrives at most twice, and is never lost without a row that says so.

Times are the caller's (aware). All functions raise StoreUnavailable if the database is away.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, not_, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from collector.log import escape
from collector.store import tables
from collector.store.engine import Engine, reading, writing

SUMMARIES = "summary_run"
NOTICES = "alert_notice"
_BOXES = {SUMMARIES: tables.summary_run, NOTICES: tables.alert_notice}

MAY_HAVE_ARRIVED = "twice nobody knew whether it was taken: it may have arrived"
_LONGEST_ERROR = 1000

# What rows must have: a value by column, or any of several.
Where = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is `owner`'s to send. `key` is the row's primary key, `row` all of its columns as claimed.

    `attempts` counts this one. `is_repeat`: an earlier attempt may have arrived.
    """

    box: str
    owner: UUID
    key: Mapping[str, Any]
    row: Mapping[str, Any]
    message_id: str
    attempts: int
    queued_at: datetime
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a message is tried: again after `first`, then after twice as long each time, up to `longest`; for
    `whole` in all."""

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    whole: timedelta = timedelta(days=3)

    def again(self, message: Claimed, now: datetime) -> datetime | None:
        """When to try it again; None: it was tried for long enough."""
        wait = self.longest
        if message.attempts < 32:  # beyond, a power of two is longer than any time
            wait = min(self.first * 2 ** (message.attempts - 1), self.longest)
        return None if now + wait > message.queued_at + self.whole else now + wait


def fresh(message_id: str, now: datetime) -> dict[str, Any]:
    """The message columns of a new row, due at once."""
    return {"message_id": message_id, "queued_at": now, "due_at": now, "attempts": 0, "is_repeat": False}


def put(engine: Engine, box: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Adds rows, each with its `fresh()` columns; those whose key is there already stay as they are."""
    table, given = _BOXES[box], [dict(row) for row in rows]
    if not given:  # SQLAlchemy would insert a row of nothing
        return
    with writing(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), given)


def claim(
    engine: Engine, box: str, where: Where, *, owner: UUID, now: datetime, lease: timedelta, limit: int = 1
) -> tuple[Claimed, ...]:
    """Takes up to `limit` messages that are due, the longest waiting first, for `owner` until the lease is over.

    What is sent, skipped or given up is never among them, nor what another has, unless that one's lease is over.
    """
    table = _BOXES[box]
    free = and_(
        *_pending(table),
        *_having(table, where),
        table.c.due_at <= now,
        or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now),
    )
    unknown = table.c.handed_over_at.is_not(None)
    chosen = select(table).where(free).order_by(table.c.due_at).limit(limit).with_for_update(skip_locked=True)
    with writing(engine) as connection:
        lost = and_(free, unknown, table.c.is_repeat.is_(true()))
        connection.execute(update(table).where(lost).values(given_up_at=now, last_error=MAY_HAVE_ARRIVED, **_NOBODYS))
        rows = connection.execute(chosen).all()
        claimed = tuple(_claimed(table, owner, row) for row in rows)
        for message in claimed:
            connection.execute(
                update(table)
                .where(*_is(table, message))
                .values(
                    claimed_by=owner,
                    claimed_until=now + lease,
                    attempts=message.attempts,
                    is_repeat=message.is_repeat,
                    handed_over_at=None,
                )
            )
    return claimed


def handing_over(engine: Engine, messages: Sequence[Claimed], now: datetime, lease: timedelta) -> bool:
    """To be called when all but the end of the message is sent: whether its end may be. Renews the lease.

    `messages` are one, or several that are told in one mail: then all of them, or False.
    """
    try:
        with writing(engine) as connection:
            for message in messages:
                if not _change(connection, message, handed_over_at=now, claimed_until=now + lease):
                    raise _ClaimLost
    except _ClaimLost:
        return False
    return True


def sent(engine: Engine, messages: Sequence[Claimed], now: datetime) -> None:
    """The other side took them. That is so whoever has the claim by now: nobody else is to send them again."""
    with writing(engine) as connection:
        for message in messages:
            table = _BOXES[message.box]
            done = {"sent_at": now, "given_up_at": None, "skipped_at": None, "last_error": None, **_NOBODYS}
            connection.execute(update(table).where(*_is(table, message), table.c.sent_at.is_(None)).values(**done))


def put_off(engine: Engine, messages: Sequence[Claimed], due_at: datetime, error: str) -> bool:
    """The other side did not take them, and may later. Answers, as all below, whether the claim still stood."""
    return _all(engine, messages, due_at=due_at, last_error=_short(error), handed_over_at=None, **_NOBODYS)


def unanswered(engine: Engine, messages: Sequence[Claimed], now: datetime, due_at: datetime, error: str) -> bool:
    """The end was sent and no answer came. Each is due once more; one that was a repeat already is given up."""
    with writing(engine) as connection:
        stood = [_change(connection, message, **_unknown(message, now, due_at, error)) for message in messages]
    return all(stood)


def give_up(engine: Engine, messages: Sequence[Claimed], now: datetime, error: str) -> bool:
    """The other side refused them for good, or they were tried for too long."""
    return _all(engine, messages, given_up_at=now, last_error=_short(error), handed_over_at=None, **_NOBODYS)


def skip(engine: Engine, messages: Sequence[Claimed], now: datetime, why: str) -> bool:
    """They need not be sent after all."""
    return _all(engine, messages, skipped_at=now, last_error=_short(why), handed_over_at=None, **_NOBODYS)


def give_back(engine: Engine, box: str, owner: UUID) -> int:
    """Ends all claims of `owner` under which nothing was handed over yet. How many.

    If a thread of it is still at one of them, `handing_over` will tell it that the claim is lost.
    """
    table = _BOXES[box]
    idle = and_(*_pending(table), table.c.claimed_by == owner, table.c.handed_over_at.is_(None))
    with writing(engine) as connection:
        own = update(table).where(idle).values(attempts=table.c.attempts - 1, **_NOBODYS)
        return int(connection.execute(own).rowcount)


def again(engine: Engine, box: str, where: Where, now: datetime) -> int:
    """Makes due at once whatever waits, was skipped, or was given up and surely did not arrive. How many."""
    table = _BOXES[box]
    arrived_perhaps = and_(table.c.given_up_at.is_not(None), table.c.handed_over_at.is_not(None))
    free = or_(table.c.claimed_until.is_(None), table.c.claimed_until <= now)
    wanted = and_(*_having(table, where), table.c.sent_at.is_(None), not_(arrived_perhaps), free)
    values = {"due_at": now, "queued_at": now, "skipped_at": None, "given_up_at": None}
    with writing(engine) as connection:
        return int(connection.execute(update(table).where(wanted).values(**values)).rowcount)


def next_due(engine: Engine, box: str, where: Where) -> datetime | None:
    """When the first of those that wait is due, or its claim ends; None: none waits."""
    table = _BOXES[box]
    ready = case((table.c.claimed_until > table.c.due_at, table.c.claimed_until), else_=table.c.due_at)
    query = select(ready).where(*_pending(table), *_having(table, where)).order_by(ready).limit(1)
    with reading(engine) as connection:
        found: datetime | None = connection.execute(query).scalar()
    return found


class _ClaimLost(Exception):
    """Rolls back what was written of a mail one of whose messages is another's by now."""


_NOBODYS: Mapping[str, None] = {"claimed_by": None, "claimed_until": None}


def _unknown(message: Claimed, now: datetime, due_at: datetime, error: str) -> dict[str, Any]:
    if message.is_repeat:
        return {"given_up_at": now, "last_error": f"{MAY_HAVE_ARRIVED} ({_short(error)})", **_NOBODYS}
    return {"due_at": due_at, "last_error": _short(error), **_NOBODYS}


def _all(engine: Engine, messages: Sequence[Claimed], **values: Any) -> bool:
    with writing(engine) as connection:
        stood = [_change(connection, message, **values) for message in messages]
    return all(stood)


def _change(connection: Connection, message: Claimed, **values: Any) -> bool:
    """Changes the row if it is still its claimant's."""
    table = _BOXES[message.box]
    own = update(table).where(*_is(table, message), *_pending(table), table.c.claimed_by == message.owner)
    return connection.execute(own.values(**values)).rowcount == 1


def _claimed(table: Table, owner: UUID, row: Row[Any]) -> Claimed:
    key = {column.name: row._mapping[column.name] for column in table.primary_key}  # noqa: SLF001  SQLAlchemy's name
    return Claimed(
        box=table.name,
        owner=owner,
        key=key,
        row=dict(row._mapping),  # noqa: SLF001
        message_id=row.message_id,
        attempts=row.attempts + 1,
        queued_at=row.queued_at,
        is_repeat=row.is_repeat or row.handed_over_at is not None,
    )


def _is(table: Table, message: Claimed) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in message.key.items()]


def _pending(table: Table) -> list[ColumnElement[bool]]:
    return [table.c[name].is_(None) for name in ("sent_at", "skipped_at", "given_up_at")]


def _having(table: Table, where: Where) -> list[ColumnElement[bool]]:
    return [
        table.c[name].in_(value) if isinstance(value, list | tuple | set | frozenset) else table.c[name] == value
        for name, value in where.items()
    ]


def _short(error: str) -> str:
    """As every database takes it, on one line."""
    return escape(error.encode("utf-8", "replace").decode())[:_LONGEST_ERROR]
