"""Alerts on the write side: each change and what is told of it in one transaction; and who looks just now.

However many schedulers there are, an alert opens, grows and closes once: `open_key` is unique, and a change is made
only to what still is as it was seen. All functions raise StoreUnavailable if the database is away.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from collector.ids import new_id
from collector.store import outbox
from collector.store.engine import Engine, writing
from collector.store.tables import alert as table
from collector.store.tables import alert_look, alert_notice, domain

_AT_ONCE = 1000
_MOST = 2**63 - 1
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told: rows with one `message_id` are one message. `content` is JSON, as it stands then."""

    event: str
    channel: str
    target: str
    message_id: str
    content: Mapping[str, Any]
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """`domain` "" is the installation. `alert_id` is in the content of the notices, so it is made before."""

    alert_id: UUID
    domain: str
    rule: str
    subject: str
    size: int
    evidence: Mapping[str, Any]
    muted_until: datetime | None = None
    muted_by: str | None = None
    notices: Sequence[Notice] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """`size` and `evidence` None: both are as they were. With `notices` it has grown: `told_size` is what it was."""

    alert_id: UUID
    told_size: int
    size: int | None = None
    evidence: Mapping[str, Any] | None = None
    grows: bool = False
    notices: Sequence[Notice] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    alert_id: UUID
    notices: Sequence[Notice] = ()


def write(
    engine: Engine,
    now: datetime,
    *,
    opened: Iterable[Opened] = (),
    changed: Iterable[Changed] = (),
    closed: Iterable[Closed] = (),
) -> tuple[int, int, int]:
    """Makes the changes that nobody else has made. Returns how many opened, grew and closed."""
    with writing(engine) as connection:
        opened = tuple(opened)
        ids = _domain_ids(connection, {each.domain for each in opened if each.domain})
        return (
            sum(_open(connection, each, ids, now) for each in opened),
            _change(connection, tuple(changed), now),
            sum(_close(connection, each, now) for each in closed),
        )


def _domain_ids(connection: Connection, names: Collection[str]) -> dict[str, UUID]:
    wanted = sorted(names)
    found: dict[str, UUID] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(domain.c.name, domain.c.domain_id).where(domain.c.name.in_(wanted[start : start + _AT_ONCE]))
        found.update(connection.execute(query).all())
    return found


def _open(connection: Connection, each: Opened, ids: Mapping[str, UUID], now: datetime) -> bool:
    if each.domain and each.domain not in ids:
        return False  # removed while we looked
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    size = min(each.size, _MOST)
    row = {
        "alert_id": each.alert_id,
        "domain_id": ids.get(each.domain),
        "rule": each.rule,
        "subject": each.subject,
        "open_key": _open_key(each.domain, each.rule, each.subject),
        "size": size,
        "told_size": size,
        "told_at": now,
        "evidence": _kept(each.evidence),
        "opened_at": now,
        "updated_at": now,
        "seen_at": now,
        "muted_until": each.muted_until,
        "muted_by": each.muted_by,
    }
    # Of an INSERT psycopg's count of rows is not kept.
    added = dialect.insert(table).values(row).on_conflict_do_nothing().returning(table.c.alert_id)
    if connection.execute(added).first() is None:
        return False  # another scheduler was first
    _tell(connection, each.alert_id, each.notices, now)
    return True


def _change(connection: Connection, changed: Sequence[Changed], now: datetime) -> int:
    same = [each.alert_id for each in changed if each.size is None]
    for start in range(0, len(same), _AT_ONCE):
        own = table.c.alert_id.in_(same[start : start + _AT_ONCE]) & table.c.closed_at.is_(None)
        connection.execute(update(table).where(own).values(seen_at=now))
    grown = 0
    for each in changed:
        if each.size is None:
            continue
        own = (table.c.alert_id == each.alert_id) & table.c.closed_at.is_(None)
        size = min(each.size, _MOST)
        values = {"size": size, "evidence": _kept(each.evidence or {}), "seen_at": now, "updated_at": now}
        if each.grows:
            told = update(table).where(own, table.c.told_size == each.told_size)
            if connection.execute(told.values(told_size=size, told_at=now, **values)).rowcount == 1:
                _tell(connection, each.alert_id, each.notices, now)
                grown += 1
        else:
            connection.execute(update(table).where(own).values(**values))
    return grown


def _close(connection: Connection, each: Closed, now: datetime) -> bool:
    own = update(table).where(table.c.alert_id == each.alert_id, table.c.closed_at.is_(None))
    if connection.execute(own.values(closed_at=now, open_key=None)).rowcount != 1:
        return False
    _tell(connection, each.alert_id, each.notices, now)
    return True


def _tell(connection: Connection, alert_id: UUID, notices: Sequence[Notice], now: datetime) -> None:
    rows = [
        {
            "notice_id": new_id(),
            "alert_id": alert_id,
            "event": each.event,
            "channel": each.channel,
            "target": each.target,
            "is_quiet": each.is_quiet,
            "content": _kept(each.content),
            **outbox.fresh(each.message_id, now),
            "skipped_at": now if each.is_quiet else None,
        }
        for each in notices
    ]
    if rows:
        connection.execute(insert(alert_notice), rows)


def acknowledge(engine: Engine, alert_id: UUID, *, by: str, now: datetime) -> bool:
    """Somebody knows: it is quiet until its size has doubled from here. False: there is no such open alert."""
    values = {"acknowledged_at": now, "acknowledged_by": by[:_LONGEST_NAME], "told_size": table.c.size}
    return _of_open(engine, alert_id, values)


def mute(engine: Engine, alert_id: UUID, until: datetime, *, by: str) -> bool:
    """Quiet until then, also if it closes and opens again. False: there is no such open alert."""
    return _of_open(engine, alert_id, {"muted_until": until, "muted_by": by[:_LONGEST_NAME]})


def unmute(engine: Engine, alert_id: UUID) -> bool:
    """False: there is no such open alert."""
    return _of_open(engine, alert_id, {"muted_until": None, "muted_by": None})


def _of_open(engine: Engine, alert_id: UUID, values: Mapping[str, Any]) -> bool:
    own = update(table).where(table.c.alert_id == alert_id, table.c.closed_at.is_(None))
    with writing(engine) as connection:
        return connection.execute(own.values(**values)).rowcount == 1


def expire(engine: Engine, before: datetime) -> int:
    """Removes alerts that closed before then, with what was told of them. Returns how many."""
    with writing(engine) as connection:
        return int(connection.execute(delete(table).where(table.c.closed_at < before)).rowcount)


def claim_look(engine: Engine, name: str, *, owner: UUID, now: datetime, every: timedelta, lease: timedelta) -> bool:
    """Whether `owner` is the one to look now: nobody else does, and the last look is `every` ago."""
    free = or_(alert_look.c.claimed_until.is_(None), alert_look.c.claimed_until <= now)
    due = or_(alert_look.c.looked_at.is_(None), alert_look.c.looked_at <= now - every)
    with writing(engine) as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(alert_look).values(name=name).on_conflict_do_nothing())
        own = update(alert_look).where(alert_look.c.name == name, free, due)
        return connection.execute(own.values(claimed_by=owner, claimed_until=now + lease)).rowcount == 1


def end_look(engine: Engine, name: str, *, owner: UUID, looked_at: datetime | None) -> None:
    """Ends the claim. `looked_at` None: nothing came of it, and the next one may look at once."""
    own = update(alert_look).where(alert_look.c.name == name, alert_look.c.claimed_by == owner)
    values: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
    if looked_at is not None:
        values["looked_at"] = looked_at
    with writing(engine) as connection:
        connection.execute(own.values(**values))


def _open_key(domain_name: str, rule: str, subject: str) -> bytes:
    return sha256("\0".join((domain_name, rule, subject)).encode("utf-8", "replace")).digest()


def _kept(value: Any) -> Any:
    """JSON that both databases take: no number beyond 64 bits."""
    match value:
        case bool() | None | str():
            return value
        case int():
            return max(min(value, _MOST), -_MOST)
        case list() | tuple():
            return [_kept(each) for each in value]
        case _:
            return {name: _kept(each) for name, each in dict(value).items()}
