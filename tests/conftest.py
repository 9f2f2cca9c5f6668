"""What every test may ask for: a database of its own, on SQLite and on PostgreSQL.

The PostgreSQL server is started once per pytest worker (0.8 s, most of it `initdb`), and each test has a database in it
to itself, copied from a template that was migrated once, or emptied after the test before.
"""

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine

from tests.support import postgres
from tests.support.pool import Pool

# On a busy machine any example may have to wait.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")

DATABASES = ["sqlite", "postgresql"]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many a test waits for a process, a server or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    """A shell lets what it starts in the background ignore Ctrl-C, and children inherit that: here it shall count."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What collecting has made stays to the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_admin_url() -> Iterator[str]:
    """A database of a running PostgreSQL in which databases may be made."""
    given = os.environ.get("TLSRPT_TEST_PG_URL")
    if given:
        yield postgres.with_driver(given)
        return
    server = postgres.Server.create()
    try:
        server.start()
        yield server.admin_url
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_admin(postgres_admin_url: str) -> Iterator[postgres.Admin]:
    with postgres.Admin(postgres_admin_url) as admin:
        yield admin


@pytest.fixture
def postgres_url(postgres_admin: postgres.Admin) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    url = postgres_admin.create()
    yield url
    postgres_admin.drop(postgres.database_name(url))


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tlsrpt.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=DATABASES)
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the current schema and no rows, once of each kind."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture
def engine(migrated_url: str) -> Iterator[Engine]:
    """A fresh database with the current schema, opened as the program opens it, once of each kind."""
    yield from _opened(migrated_url)


@pytest.fixture
def sqlite_engine(migrated_sqlite_url: str) -> Iterator[Engine]:
    """As `engine`, for tests to which the kind of database is all the same."""
    yield from _opened(migrated_sqlite_url)


@pytest.fixture
def postgres_engine(migrated_postgresql_url: str) -> Iterator[Engine]:
    """As `engine`, for what only PostgreSQL does."""
    yield from _opened(migrated_postgresql_url)


@pytest.fixture
def migrated_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    copy = tmp_path / "migrated.db"
    shutil.copyfile(sqlite_template, copy)
    return f"sqlite:///{copy}"


@pytest.fixture
def migrated_postgresql_url(postgres_pool: Pool) -> Iterator[str]:
    url = postgres_pool.take()
    yield url
    postgres_pool.give_back(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    _migrate(f"sqlite:///{path}")
    # SQLite folds the write-ahead log into the file when its last connection closes: one file to copy.
    assert not path.with_name("template.db-wal").exists()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_admin: postgres.Admin) -> Iterator[str]:
    url = postgres_admin.create()
    name = postgres.database_name(url)
    _migrate(url)  # leaves no connection behind: PostgreSQL copies no database that is in use
    yield name
    postgres_admin.drop(name)


@pytest.fixture(scope="session")
def postgres_pool(postgres_admin: postgres.Admin, postgres_template: str) -> Iterator[Pool]:
    pool = Pool(postgres_admin, postgres_template)
    yield pool
    pool.drop_all()


def _migrate(url: str) -> None:
    engine = _open_engine()(url)
    try:
        from collector.store.startup import upgrade

        upgrade(engine)
    finally:
        engine.dispose()


def _opened(url: str) -> Iterator[Engine]:
    engine = _open_engine()(url)
    yield engine
    engine.dispose()


def _open_engine() -> Callable[[str], Engine]:
    # Imported late: tests that need no database do not pay for it.
    from collector.store.engine import open_engine

    return open_engine
