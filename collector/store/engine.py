"""Opening the database, and the two ways to use it: `reading()` and `writing()`, one transaction each."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url

from collector.errors import ConfigurationError, ReplicaUnavailable, StoreUnavailable

__all__ = ["UNAVAILABLE", "Engine", "Held", "open_engine", "open_replica", "reading", "writing"]

# The database is away, full or locked. Everything else that SQLAlchemy raises is our own mistake.
UNAVAILABLE = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)

_BUSY_SECONDS = 30
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-32768",  # KiB
    "wal_autocheckpoint=8192",  # pages, 32 MiB: a page that changes with each group is copied back once for many groups
)
_WRITES = "tlsrpt_writes"
# A network that swallows packets is found out within half a minute, not after TCP's own quarter of an hour.
_PATIENCE = {"tcp_user_timeout": 30_000, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
# Of a replica sooner: a person waits, and the database itself can answer.
_LITTLE = {"tcp_user_timeout": 4_000, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 2}
_REPLICA = "tlsrpt_replica"


def open_engine(url: str) -> Engine:
    """An engine for `url`, as `settings.database.url` holds it. Nothing is connected yet.

    SQLite runs in WAL mode with synchronous=FULL: a commit that returned survives a power cut.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, parsed.database)
    return _open_postgresql(url, connect_timeout=5, **_PATIENCE)


def open_replica(url: str) -> Engine:
    """The same for a replica (PostgreSQL), to be read only: what goes wrong there is ReplicaUnavailable."""
    return _open_postgresql(url, connect_timeout=2, **_LITTLE).execution_options(**{_REPLICA: True})


def _open_postgresql(url: str, **patience: int) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        connect_args={"application_name": "tlsrpt", **patience},
    )


def _open_sqlite(url: str, file: str | None) -> Engine:
    if not file or file == ":memory:":
        raise ConfigurationError("database.url: a database in memory would lose every report; name a file")
    if not Path(file).absolute().parent.is_dir():
        raise ConfigurationError(f"database.url: the folder of {file} does not exist")
    # Every transaction here is ended on purpose: nothing is left to be reset.
    engine = create_engine(
        url, connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None}, pool_reset_on_return=None
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        # Of a file that is still empty: what is removed later can be returned to the disk (`retention.give_back`).
        # That costs nothing measurable; but asking for it writes, so it is not asked again.
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    # The driver's own transactions would begin late and as readers; a writer says so at once and waits its turn.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        # Straight to the driver: each group of deliveries begins one, and SQLAlchemy's layers cost more than the rest.
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One read transaction: all statements see the same state. Raises StoreUnavailable."""
    is_replica = engine.get_execution_options().get(_REPLICA, False)
    with _translated(ReplicaUnavailable if is_replica else StoreUnavailable), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


class Held:
    """For one thread that writes again and again: on SQLite it keeps its connection.

    To take one from the pool and give it back costs as much as all inserts of a small commit. On PostgreSQL each
    transaction takes one anew, for one that was cut meanwhile is found out then, and replaced.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keeps = engine.dialect.name == "sqlite"
        self._connection: Connection | None = None

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """For one transaction. After an error another one is taken."""
        connection = self._connection or _for_writing(self._engine)
        self._connection = None
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self._keeps:
            self._connection = connection
        else:
            connection.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def writing(source: Engine | Held) -> Iterator[Connection]:
    """One write transaction, committed at the end unless an exception leaves it. Raises StoreUnavailable."""
    with _translated():
        opened = source.connection() if isinstance(source, Held) else _for_writing(source)
        with opened as connection, connection.begin():
            yield connection


def _for_writing(engine: Engine) -> Connection:
    return engine.connect().execution_options(**{_WRITES: True})


@contextmanager
def _translated(to: type[StoreUnavailable] = StoreUnavailable) -> Iterator[None]:
    try:
        yield
    except UNAVAILABLE as error:
        who = "replica" if to is ReplicaUnavailable else "database"
        raise to(f"the {who} does not answer: {_short(error)}") from error


def _short(error: Exception) -> str:
    """The driver's first line: no SQL and no parameters, which may hold strangers' text."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
