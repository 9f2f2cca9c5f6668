"""A real Dovecot, one for each pytest worker; each test has users of its own in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
from sqlalchemy import Engine

from tests.imap.dovecot import Dovecot, NoDovecot
from tests.imap.mailbox import Mailbox
from tests.imap.proxy import Proxy


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    try:
        server = Dovecot.start()
    except NoDovecot as error:
        pytest.fail(str(error), pytrace=False)
    yield server
    server.stop()


@pytest.fixture
def mailbox(dovecot: Dovecot, sqlite_engine: Engine) -> Iterator[Mailbox]:
    """Of a new user, empty; over SQLite."""
    with closing(Mailbox(dovecot, sqlite_engine)) as made:
        yield made


@pytest.fixture
def stored_mailbox(dovecot: Dovecot, engine: Engine) -> Iterator[Mailbox]:
    """The same on both databases, for what the store has a part in."""
    with closing(Mailbox(dovecot, engine)) as made:
        yield made


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[Callable[..., Proxy]]:
    """Starts a proxy before the server's plain port."""
    with ExitStack() as started:

        def start(target: int | None = None, **how: object) -> Proxy:
            return started.enter_context(Proxy(target or dovecot.port, **how))  # type: ignore[arg-type]

        yield start
