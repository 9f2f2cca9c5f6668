"""What a request may ask its application for: the settings, the database and the clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from flask import current_app, request

from collector.settings import Given, Settings
from collector.store.engine import Engine
from dashboard.web import peers


@dataclass(frozen=True, slots=True)
class State:
    """`now` answers an aware UTC time."""

    settings: Settings
    engine: Engine
    now: Callable[[], datetime]
    given: Sequence[Given] = ()  # where each setting comes from


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


def reader() -> Engine:
    """Where that is read which is only shown."""
    return _state().engine


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
