"""What a request may ask its application for: the settings, the database and the clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import current_app, g, request

from collector.errors import ReplicaBehind, ReplicaUnavailable
from collector.settings import Given, Settings
from collector.store.engine import Engine
from collector.store.replica import Replica
from dashboard.web import peers


@dataclass(frozen=True, slots=True)
class State:
    """`now` answers an aware UTC time."""

    settings: Settings
    engine: Engine
    now: Callable[[], datetime]
    given: Sequence[Given] = ()  # where each setting comes from
    replica: Replica | None = None


def _state() -> State:
    state: State = current_app.extensions["tlsrpt"]
    return state


def settings() -> Settings:
    return _state().settings


def given() -> Sequence[Given]:
    """The settings with their sources, as they were read at the start."""
    return _state().given


def engine() -> Engine:
    """The database itself: for who somebody is, for changes, and for what is read in order to change it."""
    return _state().engine


def replica() -> Replica | None:
    """None: none is set up."""
    return _state().replica


def reader() -> Engine:
    """Where that is read which is only shown: the same throughout a request. Raises StoreUnavailable.

    That is the replica where one may be read just now; never for a request that changes something.
    """
    found = _state().replica
    if found is None or request.method not in ("GET", "HEAD"):
        return engine()
    if "reader" not in g:
        g.reader = found.reader() or engine()
    chosen: Engine = g.reader
    return chosen


def leave_replica(error: ReplicaUnavailable | None = None) -> bool:
    """For the rest of the request the database itself is read, because of `error` or to be sure. False: so it was."""
    found = _state().replica
    if found is None or g.get("reader", engine()) is engine():
        return False
    if error is not None and not isinstance(error, ReplicaBehind):
        found.failed(error)
    g.reader = engine()
    return True


def now() -> datetime:
    """The time, aware, UTC."""
    return _state().now()


def today() -> date:
    """The day, UTC (rule 8)."""
    return now().astimezone(UTC).date()


def is_https() -> bool:
    """Whether people reach the dashboard over TLS. It ends at a proxy: the setting tells, or one that is trusted."""
    web = settings().web
    if (web.public_url or "").startswith("https://"):
        return True
    told = request.headers.get("X-Forwarded-Proto", "").strip().lower()
    return told == "https" and peers.is_trusted(request.remote_addr, web.trusted_proxies)
