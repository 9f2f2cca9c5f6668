"""Who is logged in. A session lives in its row: removed, it is over at once, on every process.

All functions raise StoreUnavailable if the database is away.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, or_, select
from sqlalchemy.sql import Select

from collector.ids import new_id
from collector.store.engine import Engine, reading, writing
from collector.store.tables import user, web_session

_LONGEST_NAME = 255
_LONGEST_ADDRESS = 64


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """One session. Role and domains of a user of ours are those of now; `user_id` None: the login provider's word."""

    id: UUID
    user_id: UUID | None
    name: str
    role: str
    domains: tuple[str, ...]
    begun_at: datetime
    ends_at: datetime
    address: str
    browser: str


def begin(
    engine: Engine,
    secret_hash: bytes,
    *,
    user_id: UUID | None = None,
    name: str,
    role: str | None = None,
    domains: tuple[str, ...] | None = None,
    now: datetime,
    ends_at: datetime,
    address: str,
    browser: str,
) -> UUID:
    """Begins one: of a user of ours by its id, of anybody else with role and domains. Removes those that are over."""
    session_id = new_id()
    with writing(engine) as connection:
        connection.execute(delete(web_session).where(web_session.c.ends_at <= now))
        connection.execute(
            insert(web_session).values(
                session_id=session_id,
                secret_hash=secret_hash,
                user_id=user_id,
                name=name[:_LONGEST_NAME],
                role=role,
                domains=None if domains is None else list(domains),
                begun_at=now,
                ends_at=ends_at,
                address=address[:_LONGEST_ADDRESS],
                browser=browser[:_LONGEST_NAME],
            )
        )
    return session_id


def find(engine: Engine, secret_hash: bytes, *, now: datetime) -> LoggedIn | None:
    """The session whose secret has this SHA-256, if it goes on."""
    query = _query().where(web_session.c.secret_hash == secret_hash, web_session.c.ends_at > now)
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None else _session(row)


def of(engine: Engine, who: LoggedIn, *, now: datetime) -> tuple[LoggedIn, ...]:
    """The sessions of the same person, newest first."""
    return _listed(engine, _query().where(_same(who), web_session.c.ends_at > now))


def every(engine: Engine, *, now: datetime, limit: int) -> tuple[LoggedIn, ...]:
    """The newest sessions of everybody."""
    return _listed(engine, _query().where(web_session.c.ends_at > now).limit(limit))


def end(engine: Engine, session_id: UUID) -> LoggedIn | None:
    """Ends one. Returns what it was; None if it was over already."""
    with writing(engine) as connection:
        row = connection.execute(_query().where(web_session.c.session_id == session_id)).first()
        connection.execute(delete(web_session).where(web_session.c.session_id == session_id))
    return None if row is None else _session(row)


def end_all(engine: Engine, who: LoggedIn) -> int:
    """Ends all sessions of the same person. Returns how many."""
    with writing(engine) as connection:
        return int(connection.execute(delete(web_session).where(_same(who))).rowcount)


def _same(who: LoggedIn) -> Any:
    """A user of ours by the id; others have nothing but the name that their provider gave."""
    if who.user_id is not None:
        return web_session.c.user_id == who.user_id
    return web_session.c.user_id.is_(None) & (web_session.c.name == who.name)


def _query() -> Select[Any]:
    role = user.c.role.label("user_role"), user.c.domains.label("user_domains")
    # A user of ours who has gone takes the sessions along; the condition holds that even without foreign keys.
    return (
        select(web_session, *role)
        .outerjoin(user, user.c.user_id == web_session.c.user_id)
        .where(or_(web_session.c.user_id.is_(None), user.c.user_id.is_not(None)))
        .order_by(web_session.c.session_id.desc())
    )


def _listed(engine: Engine, query: Select[Any]) -> tuple[LoggedIn, ...]:
    with reading(engine) as connection:
        return tuple(map(_session, connection.execute(query)))


def _session(row: Row[Any]) -> LoggedIn:
    is_ours = row.user_id is not None
    return LoggedIn(
        row.session_id,
        row.user_id,
        row.name,
        row.user_role if is_ours else row.role,
        tuple((row.user_domains if is_ours else row.domains) or ()),
        row.begun_at,
        row.ends_at,
        row.address,
        row.browser,
    )
