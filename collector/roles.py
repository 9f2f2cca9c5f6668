"""What people and programs may do with the dashboard, and which group of a login provider may do what."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from collector import domains

# Each may do what those before it may. A viewer looks; an operator acts (check, retry, add a domain, serve a policy);
# an admin decides who may.
ROLES = ("viewer", "operator", "admin")
LONGEST_NAME = 255  # of a user or token, in characters


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over some domains (names in normal form); none named: over all."""

    role: str  # one of ROLES
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What the members of one group are granted."""

    name: str
    grant: Grant


def at_least(role: str, needed: str) -> bool:
    """Whether `role` includes what `needed` may do."""
    return ROLES.index(role) >= ROLES.index(needed)


def group(value: str) -> Group:
    """`group=role`, or `group=role:domain1+domain2`. Raises ValueError."""
    name, equals, rest = value.rpartition("=")
    role, _, listed = rest.partition(":")
    if not equals or not name.strip() or role not in ROLES:
        raise ValueError(f"{value!r} is not group=role or group=role:domain1+domain2; roles are {', '.join(ROLES)}")
    names = {given: domains.normalise(given) for given in re.split(r"\+", listed) if given}
    for given, normal in names.items():
        if normal is None:
            raise ValueError(f"{given!r} is no domain name")
    return Group(name.strip(), Grant(role, tuple(sorted({normal for normal in names.values() if normal}))))


def granted(groups: Iterable[Group], member_of: Iterable[str]) -> Grant | None:
    """What a member of some groups may do: the highest role, over the domains of the groups that give just this role.

    None: none of the groups gives anything.
    """
    theirs = set(member_of)
    grants = [each.grant for each in groups if each.name in theirs]
    if not grants:
        return None
    highest = max((grant.role for grant in grants), key=ROLES.index)
    limits = [grant.domains for grant in grants if grant.role == highest]
    if not all(limits):
        return Grant(highest)
    return Grant(highest, tuple(sorted({name for names in limits for name in names})))


def is_name(given: str) -> bool:
    """Whether a user or token may be called so: people can tell it from every other."""
    return bool(given) and given == given.strip() and given.isprintable() and len(given) <= LONGEST_NAME
