"""What an admin changes: domains, users, tokens. Pages and API call the same functions; each tells the audit log.

All of them raise UsageError with a text for whoever asked, and StoreUnavailable.
"""

import re
from datetime import timedelta
from uuid import UUID

from collector import domains
from collector.errors import UsageError
from collector.roles import LONGEST_NAME, ROLES, is_name
from collector.store import accounts, tokens
from collector.store.accounts import User
from dashboard.passwords import LONGEST_PASSWORD, hash_password, hash_token, new_token
from dashboard.text import say
from dashboard.web import access, state
from dashboard.web.access import audit
from dashboard.web.actions import Adopted, actions

_MOST_DAYS = 36_500
_SHORTEST_PASSWORD = 8


def add_domain(given: str) -> tuple[str, Adopted]:
    """Makes a domain known and counts what came for it. Returns its name in normal form."""
    name = _domain(given)
    audit.about(name)
    return name, actions().adopt(name)


def remove_domain(name: str) -> None:
    """`name` in normal form. Its figures go; the deliveries stay, and count for other domains where they are theirs."""
    if not actions().remove(name):
        raise UsageError(say("There is no domain %(name)s.", name=name))
    audit.about(name)


def add_user(name: str, role: str, limited_to: str, password: str) -> User:
    """`limited_to`: names with blanks or commas between them. The first user is an admin of everything."""
    name, role, names = _name(name), _role(role), domain_names(limited_to)
    if (
        not accounts.any_user(state.engine())
        and state.settings().web.oidc_issuer is None
        and (role != "admin" or names)
    ):
        raise UsageError(say("The first user has to be an admin without a limit: else nobody could add the others."))
    password_hash = hash_password(_password(password))
    user = accounts.add_user(
        state.engine(), name, role=role, password_hash=password_hash, domains=names, now=state.now()
    )
    audit.about(name, role=role, domains=_limit(names))
    return user


def change_user(user: User, role: str, limited_to: str, password: str) -> None:
    """An empty password stays as it is. The user's sessions end."""
    role, names = _role(role), domain_names(limited_to)
    if role != "admin" or names:
        _keep_an_admin(user)
    password_hash = hash_password(_password(password)) if password else None
    accounts.change_user(state.engine(), user.name, role=role, domains=names, password_hash=password_hash)
    told = {"changed": "password"} if password else {}
    audit.about(user.name, role=role, domains=_limit(names), **told)


def change_own_password(user_id: UUID, old: str, new: str, is_right: bool) -> None:
    """All sessions of the user end."""
    user = accounts.user_with_id(state.engine(), user_id)
    if user is None or not is_right:
        raise UsageError(say("The present password is wrong."))
    accounts.change_user(state.engine(), user.name, password_hash=hash_password(_password(new)))
    audit.about(user.name)


def remove_user(user: User) -> None:
    _keep_an_admin(user)
    accounts.remove_user(state.engine(), user.name)
    audit.about(user.name)


def add_token(name: str, scope: str, limited_to: str, days: str) -> str:
    """`days` empty: it never ends. Returns what the token says, which nobody can ask for again."""
    name, names = _name(name), domain_names(limited_to)
    if scope not in tokens.SCOPES:
        raise UsageError(say("The scope is one of %(scopes)s.", scopes=", ".join(tokens.SCOPES)))
    if days and (not re.fullmatch(r"[0-9]{1,5}", days) or not 1 <= int(days) <= _MOST_DAYS):
        raise UsageError(say("The days are a number from 1 to %(most)s.", most=_MOST_DAYS))
    ends = state.now() + timedelta(days=int(days)) if days else None
    text = new_token()
    tokens.add(
        state.engine(),
        name,
        scope=scope,
        token_hash=hash_token(text),
        domains=names,
        expires_at=ends,
        now=state.now(),
    )
    audit.about(name, scope=scope, domains=_limit(names), ends="never" if ends is None else f"{ends:%Y-%m-%d}")
    return text


def remove_token(name: str) -> None:
    tokens.remove(state.engine(), name)
    audit.about(name)


def _keep_an_admin(user: User) -> None:
    """Who may decide is not to end by a slip. Somebody from the login provider may always decide."""
    found = access.viewer()
    if found is not None and found.user_id is None and found.way in ("oidc", "proxy"):
        return
    others = [each for each in accounts.users(state.engine()) if each.id != user.id]
    if user.role == "admin" and not any(each.role == "admin" and not each.domains for each in others):
        raise UsageError(say("This is the last admin without a limit: make another one first."))


def _name(given: str) -> str:
    if not is_name(given):
        raise UsageError(
            say("A name has 1 to %(most)s printable characters and no blank at its ends.", most=LONGEST_NAME)
        )
    return given


def _role(given: str) -> str:
    if given not in ROLES:
        raise UsageError(say("The role is one of %(roles)s.", roles=", ".join(ROLES)))
    return given


def _password(given: str) -> str:
    if not _SHORTEST_PASSWORD <= len(given) <= LONGEST_PASSWORD:
        raise UsageError(
            say("A password has %(least)s to %(most)s characters.", least=_SHORTEST_PASSWORD, most=LONGEST_PASSWORD)
        )
    return given


def domain_names(given: str) -> tuple[str, ...]:
    """Names with blanks or commas between them, in normal form and sorted. Raises UsageError."""
    return tuple(sorted({_domain(each) for each in re.split(r"[\s,]+", given) if each}))


def _domain(given: str) -> str:
    name = domains.normalise(given.strip())
    if name is None:
        raise UsageError(say("%(given)s is no domain name.", given=repr(given[:260])))
    return name


def _limit(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "all"
