"""Who may use the dashboard and the API, and the key that signs the sessions.

Passwords and tokens come here hashed. All functions raise StoreUnavailable if the database is away.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exc, insert, select

from collector.errors import UsageError
from collector.ids import new_id
from collector.store import tables
from collector.store.engine import Engine, reading, writing

ROLES = ("viewer", "operator", "admin")
SCOPES = ("read", "write")
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class User:
    """`domains` limits what is seen, by name in normal form; empty: everything."""

    id: UUID
    name: str
    role: str  # one of ROLES
    password_hash: str  # argon2id, in its usual text form
    domains: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without what it says. `expires_at` None: never."""

    id: UUID
    name: str
    scope: str  # one of SCOPES
    created_at: datetime
    expires_at: datetime | None


def any_user(engine: Engine) -> bool:
    """Whether a user is defined: from then on everybody has to say who they are."""
    with reading(engine) as connection:
        return connection.execute(select(tables.user.c.user_id).limit(1)).first() is not None


def users(engine: Engine) -> tuple[User, ...]:
    """All users, by name."""
    with reading(engine) as connection:
        return tuple(_user(row) for row in connection.execute(select(tables.user).order_by(tables.user.c.name)))


def user_named(engine: Engine, name: str) -> User | None:
    with reading(engine) as connection:
        row = connection.execute(select(tables.user).where(tables.user.c.name == name)).first()
    return None if row is None else _user(row)


def user_with_id(engine: Engine, user_id: UUID) -> User | None:
    with reading(engine) as connection:
        row = connection.execute(select(tables.user).where(tables.user.c.user_id == user_id)).first()
    return None if row is None else _user(row)


def add_user(
    engine: Engine, name: str, *, role: str, password_hash: str, domains: Iterable[str] = (), now: datetime
) -> User:
    """Raises UsageError if there is a user of that name."""
    user = User(new_id(), name, role, password_hash, tuple(sorted(set(domains))), now)
    row = {
        "user_id": user.id,
        "name": name,
        "role": role,
        "password_hash": password_hash,
        "domains": list(user.domains),
        "created_at": now,
    }
    try:
        with writing(engine) as connection:
            connection.execute(insert(tables.user), row)
    except exc.IntegrityError:
        raise UsageError(f"there is a user {name!r} already") from None
    return user


def remove_user(engine: Engine, name: str) -> None:
    """Ends the user's sessions too. Raises UsageError if there is none of that name."""
    with writing(engine) as connection:
        removed = connection.execute(delete(tables.user).where(tables.user.c.name == name)).rowcount
    if not removed:
        raise UsageError(f"there is no user {name!r}")


def tokens(engine: Engine) -> tuple[Token, ...]:
    """All tokens, by name; expired ones too."""
    with reading(engine) as connection:
        rows = connection.execute(select(tables.api_token).order_by(tables.api_token.c.name))
        return tuple(_token(row) for row in rows)


def token_with_hash(engine: Engine, token_hash: bytes, *, now: datetime) -> Token | None:
    """The token whose SHA-256 this is, if it has not expired."""
    with reading(engine) as connection:
        row = connection.execute(select(tables.api_token).where(tables.api_token.c.token_hash == token_hash)).first()
    token = None if row is None else _token(row)
    return None if token is None or (token.expires_at is not None and token.expires_at <= now) else token


def add_token(
    engine: Engine, name: str, *, scope: str, token_hash: bytes, expires_at: datetime | None = None, now: datetime
) -> Token:
    """Raises UsageError if there is a token of that name."""
    token = Token(new_id(), name, scope, now, expires_at)
    row = {
        "token_id": token.id,
        "name": name,
        "scope": scope,
        "token_hash": token_hash,
        "created_at": now,
        "expires_at": expires_at,
    }
    try:
        with writing(engine) as connection:
            connection.execute(insert(tables.api_token), row)
    except exc.IntegrityError:
        raise UsageError(f"there is a token {name!r} already") from None
    return token


def remove_token(engine: Engine, name: str) -> None:
    """Raises UsageError if there is none of that name."""
    with writing(engine) as connection:
        removed = connection.execute(delete(tables.api_token).where(tables.api_token.c.name == name)).rowcount
    if not removed:
        raise UsageError(f"there is no token {name!r}")


def secret(engine: Engine, name: str, *, now: datetime) -> bytes:
    """The random key of that name, 32 bytes, made when it is first asked for. The same for every process."""
    query = select(tables.secret.c.value).where(tables.secret.c.name == name)
    with reading(engine) as connection:
        found = connection.execute(query).scalar()
    if found is None:
        row = {"name": name, "value": os.urandom(_SECRET_BYTES), "created_at": now}
        try:
            with writing(engine) as connection:
                connection.execute(insert(tables.secret), row)
        except exc.IntegrityError:
            pass  # another process was first: its key is the one
        with reading(engine) as connection:
            found = connection.execute(query).scalar_one()
    return bytes(found)


def _user(row: Row[Any]) -> User:
    return User(row.user_id, row.name, row.role, row.password_hash, tuple(row.domains), row.created_at)


def _token(row: Row[Any]) -> Token:
    return Token(row.token_id, row.name, row.scope, row.created_at, row.expires_at)
