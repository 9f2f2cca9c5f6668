"""How far each IMAP folder has been read, and who is reading it just now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, select, update
from sqlalchemy.dialects import postgresql, sqlite

from collector.store.engine import writing
from collector.store.tables import imap_folder as table
from collector.store.types import microseconds


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a mailbox: `user`'s, at the IMAP server `host`."""

    host: str
    user: str
    name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What was taken of a folder: every UID up to `last_uid`, but for those `put_off` (UID -> since when, aware).

    `uid_validity` says which UIDs these are; None before the first pass.
    """

    uid_validity: int | None = None
    last_uid: int = 0
    put_off: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder that is ours to read for now; `failures` counts the failed passes since the last good one."""

    progress: Progress
    failures: int


def claim(
    engine: Engine, folder: Folder, owner: UUID, now: datetime, lease: timedelta, *, due_only: bool = False
) -> Claim | None:
    """Takes a folder for `owner` until the lease is over; None if another reads it, or, with `due_only`, is not due.

    An owner that did not come to `release` its claim gets it again.
    """
    free = (table.c.claimed_until.is_(None)) | (table.c.claimed_until <= now) | (table.c.claimed_by == owner)
    with writing(engine) as connection:
        _ensure(connection, folder, now)
        wanted = update(table).where(_is(folder), free)
        if due_only:
            wanted = wanted.where(table.c.due_at <= now)
        if connection.execute(wanted.values(claimed_by=owner, claimed_until=now + lease)).rowcount == 0:
            return None
        row = connection.execute(select(table).where(_is(folder))).one()
    put_off = {uid: datetime.fromtimestamp(since / 1_000_000, UTC) for uid, since in row.put_off}
    return Claim(Progress(row.uid_validity, row.last_uid, put_off), row.failures)


def remember(engine: Engine, folder: Folder, owner: UUID, progress: Progress, until: datetime) -> bool:
    """Writes down how far `owner` has come, and renews its claim; False, and nothing is written, if it lost it."""
    values = {
        "uid_validity": progress.uid_validity,
        "last_uid": progress.last_uid,
        "put_off": [[uid, microseconds(since)] for uid, since in progress.put_off.items()],
        "claimed_until": until,
    }
    return _update(engine, folder, owner, values)


def release(
    engine: Engine, folder: Folder, owner: UUID, due_at: datetime, failures: int, fetched_at: datetime | None
) -> None:
    """Ends the claim. `fetched_at` is the end of a pass that went through, None for one that did not."""
    values = {"due_at": due_at, "failures": failures, "claimed_by": None, "claimed_until": None}
    _update(engine, folder, owner, values | ({"fetched_at": fetched_at} if fetched_at else {}))


def _update(engine: Engine, folder: Folder, owner: UUID, values: Mapping[str, object]) -> bool:
    with writing(engine) as connection:
        own = update(table).where(_is(folder), table.c.claimed_by == owner)
        return connection.execute(own.values(**values)).rowcount == 1


def _ensure(connection: Connection, folder: Folder, now: datetime) -> None:
    """Adds the row of a folder that is new; several may come at the same time."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    fresh = {"last_uid": 0, "put_off": [], "due_at": now, "failures": 0}
    row = {"host": folder.host, "user": folder.user, "folder": folder.name} | fresh
    connection.execute(insert(table).values(row).on_conflict_do_nothing())


def _is(folder: Folder) -> ColumnElement[bool]:
    return (table.c.host == folder.host) & (table.c.user == folder.user) & (table.c.folder == folder.name)
