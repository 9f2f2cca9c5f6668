"""What other packages put beside the pages: WSGI applications that answer at a path of their own, before the guard.

They are found through entry points, so that nobody imports anybody. Such a mount takes settings and engine, has a
`path`, is called like any WSGI application, offers `gauges()` for /metrics and ends with `close()`.
"""

from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

from flask import Flask

from collector.settings import Settings
from collector.store.engine import Engine
from dashboard.web import prefix
from dashboard.web.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GROUP = "tlsrpt.mounts"
_KEY = "tlsrpt.mounts"


class Mount(Protocol):
    path: str

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]: ...

    def gauges(self) -> dict[str, int]: ...

    def close(self) -> None: ...


def find(settings: Settings, engine: Engine) -> list[Mount]:
    """Every mount that is installed, made and running: `close()` each in the end."""
    return [point.load()(settings, engine) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)]


def put_before(app: Flask, found: Sequence[Mount]) -> None:
    """Lets the mounts answer at their paths, with or without a slash at the end: in DNS a slip costs reports (Q104)."""
    app.extensions[_KEY] = tuple(found)
    by_path = {path: mount for mount in found for path in (mount.path, f"{mount.path}/")}
    pages = app.wsgi_app

    def dispatch(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        chosen: WSGIApplication = by_path.get(environ["PATH_INFO"], pages)
        return chosen(environ, start_response)

    state: State = app.extensions["tlsrpt"]
    app.wsgi_app = prefix.below(state.settings.web, dispatch)  # type: ignore[assignment, method-assign]


def gauges(app: Flask) -> dict[str, int]:
    """The figures of all mounts of `app`, by name."""
    found: tuple[Mount, ...] = app.extensions.get(_KEY, ())
    return {name: value for mount in found for name, value in mount.gauges().items()}
