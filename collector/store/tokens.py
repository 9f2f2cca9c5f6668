"""API tokens: what programs show. They come here hashed.

All functions raise StoreUnavailable if the database is away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exc, insert, select, update

from collector.errors import UsageError
from collector.ids import new_id
from collector.store.engine import Engine, reading, writing
from collector.store.tables import api_token as table

# What a token may do: as a viewer, an operator, an admin.
SCOPES = ("read", "write", "admin")
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without what it says. `expires_at` None: never; `domains` empty: all of them."""

    id: UUID
    name: str
    scope: str  # one of SCOPES
    created_at: datetime
    expires_at: datetime | None
    domains: tuple[str, ...]
    last_used_at: datetime | None


def tokens(engine: Engine) -> tuple[Token, ...]:
    """All tokens, by name; expired ones too."""
    with reading(engine) as connection:
        return tuple(_token(row) for row in connection.execute(select(table).order_by(table.c.name)))


def with_hash(engine: Engine, token_hash: bytes, *, now: datetime) -> Token | None:
    """The token whose SHA-256 this is, if it has not expired."""
    with reading(engine) as connection:
        row = connection.execute(select(table).where(table.c.token_hash == token_hash)).first()
    token = None if row is None else _token(row)
    return None if token is None or (token.expires_at is not None and token.expires_at <= now) else token


def note_use(engine: Engine, token: Token, now: datetime) -> None:
    """Remembers that it was used; at most once a minute, for a scrape every few seconds is no reason to write."""
    if token.last_used_at is not None and now - token.last_used_at < _USE_IS_NOTED_EVERY:
        return
    with writing(engine) as connection:
        connection.execute(update(table).where(table.c.token_id == token.id).values(last_used_at=now))


def add(
    engine: Engine,
    name: str,
    *,
    scope: str,
    token_hash: bytes,
    domains: Iterable[str] = (),
    expires_at: datetime | None = None,
    now: datetime,
) -> Token:
    """`domains` in normal form. Raises UsageError if there is a token of that name."""
    token = Token(new_id(), name, scope, now, expires_at, tuple(sorted(set(domains))), None)
    row = {
        "token_id": token.id,
        "name": name,
        "scope": scope,
        "token_hash": token_hash,
        "domains": list(token.domains),
        "created_at": now,
        "expires_at": expires_at,
    }
    try:
        with writing(engine) as connection:
            connection.execute(insert(table), row)
    except exc.IntegrityError:
        raise UsageError(f"there is a token {name!r} already") from None
    return token


def remove(engine: Engine, name: str) -> None:
    """It is refused from now on. Raises UsageError if there is none of that name."""
    with writing(engine) as connection:
        removed = connection.execute(delete(table).where(table.c.name == name)).rowcount
    if not removed:
        raise UsageError(f"there is no token {name!r}")


def _token(row: Row[Any]) -> Token:
    return Token(
        row.token_id, row.name, row.scope, row.created_at, row.expires_at, tuple(row.domains), row.last_used_at
    )
