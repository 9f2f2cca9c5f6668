"""Who is asking, once the guard has let them in, and what they may see."""

from dataclasses import dataclass

from flask import g


@dataclass(frozen=True, slots=True)
class Viewer:
    """`name` None: a local caller while no user is defined. `domains` empty: all of them."""

    name: str | None
    may_change: bool
    domains: tuple[str, ...] = ()
    csrf_token: str = ""  # for the forms of a session
    by_token: bool = False


LOCAL = Viewer(name=None, may_change=True)


def enter(viewer: Viewer) -> None:
    """Called by the guard, once per request."""
    g.viewer = viewer


def viewer() -> Viewer | None:
    """None where nobody has to say who they are: the login form, errors before the guard."""
    found: Viewer | None = g.get("viewer")
    return found


def only() -> tuple[str, ...] | None:
    """The names of the domains that the viewer is limited to; None: all domains."""
    found = viewer()
    return found.domains if found is not None and found.domains else None


def may_see(domain: str) -> bool:
    """Whether figures of `domain` (normal form) are for the viewer."""
    names = only()
    return names is None or domain in names
