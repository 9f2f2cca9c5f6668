"""The real listener on a free port of loopback, with the real store behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from tests.receive.listener import Listener


@pytest.fixture
def listen(sqlite_engine: Engine) -> Iterator[Callable[..., Listener]]:
    """Starts a listener on SQLite; keywords are settings, `smtp__connections="2"` for `smtp.connections`."""
    with ExitStack() as started:

        def start(**overrides: str) -> Listener:
            return started.enter_context(Listener(sqlite_engine, **overrides))

        yield start


@pytest.fixture
def listener(listen: Callable[..., Listener]) -> Listener:
    """A listener as the settings' defaults have it, without looking at DKIM."""
    return listen()
