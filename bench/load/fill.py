"""Puts a world into an empty database: through `commit()`, with large groups, no waiting for the disk, indexes last."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from sqlalchemy import Engine, Index, event, text

from bench.load.world import DAYS, World, domain_name, mx_of
from collector.monitor.checked import Certificate, Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.model import Observation, StsPolicy
from collector.store import domains, published
from collector.store.commit import commit
from collector.store.domains import Snapshot
from collector.store.engine import Held, open_engine, reading, writing
from collector.store.startup import upgrade
from collector.store.tables import delivery, delivery_part, report

_GROUP = 5000
# Whether a report is there already is looked up by this one while the world is stored.
_NEEDED = frozenset({"ix_report_content"})
_LATER = tuple(
    index for table in (delivery, delivery_part, report) for index in table.indexes if index.name not in _NEEDED
)
_HASTY_SQLITE = ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-1000000", "wal_autocheckpoint=65536")
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
    with _hasty(url) as engine:
        upgrade(engine)
        _publish(engine, world)
        with _indexes_last(engine):
            reports, results = _store(engine, world)
    _settle(url)
    return Loaded(results, reports, world.domains, time.monotonic() - began)


def _store(engine: Engine, world: World) -> tuple[int, int]:
    held, snapshot = Held(engine), Snapshot()
    reports = results = 0
    for day in world.days():
        for start in range(0, len(day), _GROUP):
            stored = commit(held, day[start : start + _GROUP], snapshot)
            assert all(each.outcome == "stored" for each in stored)
        reports += len(day)
        results += sum(len(each.found[0].report.policies) for each in day)
    held.close()
    return reports, results


def _publish(engine: Engine, world: World) -> None:
    """All domains are known, looked at twice, and checked; nothing is due for a year."""
    first = datetime.combine(world.first, time_of_day(), UTC)
    last = first + timedelta(days=DAYS)
    ids = dict(_add(engine, world, first))
    for number in range(world.domains):
        name, mx = domain_name(number), mx_of(number)
        for at, mode in ((first, "testing"), (first + timedelta(days=DAYS // 2), "enforce"), (last, "enforce")):
            policy = StsPolicy(mode, 604_800, mx, f"version: STSv1\nmode: {mode}\nmax_age: 604800\n")
            seen = Observation(at, f"id{mode}", policy, mx_hosts=mx)
            published.record(engine, ids[name], seen, last + timedelta(days=365), check=_check(name, seen))


def _add(engine: Engine, world: World, at: datetime) -> Iterator[tuple[str, Any]]:
    domains.add(engine, [domain_name(number) for number in range(world.domains)], at)
    with reading(engine) as connection:
        yield from domains.load(connection).ids.items()


def _check(name: str, seen: Observation) -> Check:
    certificate = Certificate(seen.at + timedelta(days=61), seen.mx_hosts or (), True)
    rua = f"mailto:tlsrpt@{name}"
    mx = tuple(MxCheck(host, True, True, certificate) for host in seen.mx_hosts or ())
    sts = StsCheck(f"v=STSv1; id={seen.policy_id}", seen.policy_id, seen.policy, None)
    return Check(name, seen.at, TlsrptCheck(f"v=TLSRPTv1; rua={rua}", (rua,)), sts, mx)


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
