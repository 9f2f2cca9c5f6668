"""The audit log: who changed what and when.

All functions raise StoreUnavailable if the database is away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select

from collector.ids import new_id
from collector.store.engine import Engine, reading, writing
from collector.store.queries.common import decode_id, encode_cursor
from collector.store.queries.rows import Page
from collector.store.tables import audit as table

# What can stand in the log.
ACTIONS = (
    *("login", "login_refused", "logout", "sessions_ended", "password_changed"),
    *("domain_added", "domain_removed", "domain_checked", "self_test", "policy_served", "policy_ended"),
    *("delivery_retried", "deliveries_retried", "unsubscribed"),
    *("alert_acknowledged", "alert_muted", "alert_unmuted"),
    *("recipient_changed", "recipient_removed", "subscribed", "mail_sent_again"),
    *("user_added", "user_changed", "user_removed", "token_added", "token_removed"),
)
WAYS = ("password", "oidc", "proxy", "token", "local", "command", "none")
_LONGEST_NAME = 255
_LONGEST_SUBJECT = 1000
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class By:
    """Who did it. `name` None: a local caller while no user is defined, or somebody who was not let in."""

    name: str | None
    way: str  # one of WAYS
    address: str | None = None


COMMAND = By("command", "command")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `details` are texts by name."""

    id: UUID
    at: datetime
    by: By
    action: str  # one of ACTIONS
    subject: str | None
    details: Mapping[str, str] = field(default_factory=dict)


def record(
    engine: Engine,
    by: By,
    action: str,
    subject: str | None = None,
    *,
    now: datetime,
    details: Mapping[str, str] | None = None,
) -> None:
    """Writes one line. Never give it a secret."""
    with writing(engine) as connection:
        connection.execute(
            insert(table).values(
                audit_id=new_id(),
                at=now,
                actor=None if by.name is None else _clean(by.name)[:_LONGEST_NAME],
                way=by.way,
                address=None if by.address is None else _clean(by.address)[:64],
                action=action,
                subject=None if subject is None else _clean(subject)[:_LONGEST_SUBJECT],
                details={name: _clean(value)[:_LONGEST_SUBJECT] for name, value in (details or {}).items()},
            )
        )


def entries(
    engine: Engine, *, action: str | None = None, actor: str | None = None, limit: int = 100, cursor: str | None = None
) -> Page[Entry]:
    """Newest first. Raises UsageError for what is no cursor."""
    query = select(table).order_by(table.c.audit_id.desc()).limit(limit + 1)
    if action is not None:
        query = query.where(table.c.action == action)
    if actor is not None:
        query = query.where(table.c.actor == actor)
    if cursor is not None:
        query = query.where(table.c.audit_id < decode_id(cursor))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    items = tuple(map(_entry, rows[:limit]))
    return Page(items, encode_cursor(str(items[-1].id)) if len(rows) > limit else None)


def expire(engine: Engine, before: datetime, *, pause: Callable[[], None]) -> int:
    """Removes lines from before then, some at a time. Returns how many."""
    removed = 0
    oldest = select(table.c.audit_id).where(table.c.at < before).order_by(table.c.at).limit(_BATCH)
    while True:
        with writing(engine) as connection:
            gone = int(connection.execute(delete(table).where(table.c.audit_id.in_(oldest))).rowcount)
        removed += gone
        if gone < _BATCH:
            return removed
        pause()


def _clean(text: str) -> str:
    """As every database takes it: PostgreSQL refuses NUL, and neither knows lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.audit_id, row.at, By(row.actor, row.way, row.address), row.action, row.subject, row.details)
