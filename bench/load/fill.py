"""Puts a world into an empty database: many days in a transaction, no waiting for the disk, indexes last."""

import gc
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Index, event, text

from bench.load.documents import Mail
from bench.load.publish import publish
from bench.load.rows import Rows
from bench.load.world import World
from collector.store.engine import open_engine, writing
from collector.store.startup import upgrade
from collector.store.tables import ROLLUPS, delivery, delivery_part, report

_GROUP = 150_000  # mails in a transaction, about
_LATER = tuple(index for table in (delivery, delivery_part, report, *ROLLUPS) for index in table.indexes)
_HASTY_SQLITE = ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-1000000")
_HASTY_POSTGRESQL = ("synchronous_commit = off", "session_replication_role = replica", "maintenance_work_mem = '512MB'")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is now."""

    results: int
    reports: int
    domains: int
    seconds: float


def load(url: str, world: World) -> Loaded:
    """Fills the database at `url`, which is empty or has the schema and no rows."""
    began = time.monotonic()
    with _without_pauses(), _hasty(url) as engine:
        upgrade(engine)
        ids = publish(engine, world)
        with _indexes_last(engine):
            reports, results = _store(engine, world, ids)
    _settle(url)
    return Loaded(results, reports, world.domains, time.monotonic() - began)


def _store(engine: Engine, world: World, ids: Mapping[str, UUID]) -> tuple[int, int]:
    reports = results = 0
    for group in _groups(world.days()):
        with writing(engine) as connection:
            rows = Rows(connection, ids)
            for mail in group:
                rows.add(mail)
            rows.write()
        reports += len(group)
        results += sum(len(mail.form.results) for mail in group)
    return reports, results


def _groups(days: Iterable[list[Mail]]) -> Iterator[list[Mail]]:
    """Whole days, several together: each transaction writes the pages with the last days of every domain again."""
    group: list[Mail] = []
    for day in days:
        group += day
        if len(group) >= _GROUP:
            yield group
            group = []
    if group:
        yield group


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Nothing here is garbage before the end: the collector would look through all of it again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _hasty(url: str) -> Iterator[Engine]:
    """An engine that waits for no disk and checks no foreign key: what is half made is made again."""
    engine = open_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"

    @event.listens_for(engine, "connect")
    def hurry(connection: Any, _record: Any) -> None:
        for line in _HASTY_SQLITE if is_sqlite else _HASTY_POSTGRESQL:
            connection.execute(f"PRAGMA {line}" if is_sqlite else f"SET {line}")
        if not is_sqlite:
            connection.commit()

    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _indexes_last(engine: Engine) -> Iterator[None]:
    with writing(engine) as connection:
        for index in _LATER:
            index.drop(connection)
    yield
    for index in _LATER:
        _make(engine, index)


def _make(engine: Engine, index: Index) -> None:
    with writing(engine) as connection:
        index.create(connection)


def _settle(url: str) -> None:
    """As a database is after some time: its statistics are made, and nothing waits to be written."""
    engine = open_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
                connection.execute(text("CHECKPOINT"))
    finally:
        engine.dispose()
