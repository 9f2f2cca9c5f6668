"""Users and tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NotRequired, TypedDict
from uuid import UUID

from msgspec import Meta

from collector.roles import ROLES
from collector.store.tokens import SCOPES
from dashboard.web.api.types.words import Moment, about, one_of

Role = Annotated[str, one_of(ROLES, "What the user may do")]
Scope = Annotated[str, one_of(SCOPES, "What the token may do: as a viewer, an operator, an admin")]
Limit = Annotated[Sequence[str], about("The domains it is limited to; none: all", ["example.com"])]
Called = Annotated[str, about("A name for people", "ada")]


class User(TypedDict):
    id: UUID
    name: Called
    role: Role
    domains: Limit
    created_at: Moment


class Users(TypedDict):
    users: Sequence[User]


class NewUser(TypedDict):
    """The first user is an admin without a limit."""

    name: Called
    role: Role
    password: Annotated[str, about("Kept as an argon2 hash only")]
    domains: NotRequired[Limit]


class ChangedUser(TypedDict):
    """What is not given stays as it is."""

    role: NotRequired[Role]
    domains: NotRequired[Limit]
    password: NotRequired[Annotated[str, about("A new one")]]


class Session(TypedDict):
    """Somebody who is logged in."""

    id: UUID
    name: Called
    role: Role
    domains: Limit
    begun_at: Moment
    ends_at: Moment
    address: str
    browser: str


class Sessions(TypedDict):
    sessions: Annotated[Sequence[Session], about("The newest 1,000")]


class Token(TypedDict):
    """A token, without what it says."""

    id: UUID
    name: Called
    scope: Scope
    domains: Limit
    created_at: Moment
    expires_at: Annotated[datetime | None, about("null: never")]
    last_used_at: datetime | None


class Tokens(TypedDict):
    tokens: Sequence[Token]


class NewToken(TypedDict):
    name: Called
    scope: Scope
    domains: NotRequired[Limit]
    days: NotRequired[Annotated[int, Meta(ge=1, le=36_500, description="Until it ends; without them it never does")]]


class MadeToken(TypedDict):
    name: Called
    token: Annotated[str, about("Shown this once: only its hash is kept")]


class RemovedOne(TypedDict):
    name: Called
