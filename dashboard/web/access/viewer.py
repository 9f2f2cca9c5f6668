"""Who is asking, once the guard has let them in, and what they may see."""

from dataclasses import dataclass
from uuid import UUID

from flask import g

from collector.roles import at_least


@dataclass(frozen=True, slots=True)
class Viewer:
    """`name` None: a local caller while no user is defined. `domains` empty: all of them."""

    name: str | None
    role: str  # one of collector.roles.ROLES
    way: str  # how we know: password, oidc, proxy, token, local
    domains: tuple[str, ...] = ()
    csrf_token: str = ""  # for the forms of people
    user_id: UUID | None = None  # of a user of ours
    session_id: UUID | None = None

    @property
    def may_change(self) -> bool:
        return at_least(self.role, "operator")

    @property
    def is_admin(self) -> bool:
        """Whoever is limited to some domains decides nothing about the others, whatever the role."""
        return self.role == "admin" and not self.domains


LOCAL = Viewer(name=None, role="admin", way="local")


def enter(viewer: Viewer) -> None:
    """Called by the guard, once per request."""
    g.viewer = viewer


def viewer() -> Viewer | None:
    """None where nobody has to say who they are: the login form, errors before the guard."""
    found: Viewer | None = g.get("viewer")
    return found


def name() -> str | None:
    """Who is asking, by name; None for a local caller while no user is defined."""
    found = viewer()
    return None if found is None else found.name


def only() -> tuple[str, ...] | None:
    """The names of the domains that the viewer is limited to; None: all domains."""
    found = viewer()
    return found.domains if found is not None and found.domains else None


def may_see(domain: str) -> bool:
    """Whether figures of `domain` (normal form) are for the viewer."""
    names = only()
    return names is None or domain in names
