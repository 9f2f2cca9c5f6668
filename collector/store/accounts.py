"""Users, and the keys that the program keeps for itself.

Passwords come here hashed. All functions raise StoreUnavailable if the database is away.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exc, insert, select, update

from collector.errors import UsageError
from collector.ids import new_id
from collector.store import tables
from collector.store.engine import Engine, reading, writing

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


def change_user(
    engine: Engine,
    name: str,
    *,
    role: str | None = None,
    domains: Iterable[str] | None = None,
    password_hash: str | None = None,
) -> User:
    """Changes what is given, and ends the user's sessions: all of them began under what was true before.

    Raises UsageError if there is no user of that name.
    """
    table = tables.user
    changes: dict[str, Any] = {}
    if role is not None:
        changes["role"] = role
    if domains is not None:
        changes["domains"] = sorted(set(domains))
    if password_hash is not None:
        changes["password_hash"] = password_hash
    with writing(engine) as connection:
        row = connection.execute(select(table).where(table.c.name == name)).first()
        if row is None:
            raise UsageError(f"there is no user {name!r}")
        if changes:
            connection.execute(update(table).where(table.c.user_id == row.user_id).values(changes))
            connection.execute(delete(tables.web_session).where(tables.web_session.c.user_id == row.user_id))
            row = connection.execute(select(table).where(table.c.user_id == row.user_id)).one()
    return _user(row)


def remove_user(engine: Engine, name: str) -> None:
    """Ends the user's sessions too. Raises UsageError if there is none of that name."""
    with writing(engine) as connection:
        removed = connection.execute(delete(tables.user).where(tables.user.c.name == name)).rowcount
    if not removed:
        raise UsageError(f"there is no user {name!r}")


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
