"""Rule 1: whatever dies, every report that was answered with 250 is there, once."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collector.store.engine import open_engine
from tests.faults.collector import Collector
from tests.faults.pushing import check, pushing
from tests.support.postgres import Server, create_database
from tests.support.processes import Running, until

ROUNDS = 5
SEED = 20261124


@pytest.fixture
def collector(database_url: str, tmp_path: Path) -> Collector:
    made = Collector(database_url, tmp_path)
    made.upgrade()
    return made


def writer_of(process: Running) -> int:
    pid = process.process.pid
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def test_every_250_is_stored_once_when_the_collector_is_killed_again_and_again(collector: Collector) -> None:
    chance = random.Random(SEED)
    with pushing(collector.port) as push:
        for _ in range(ROUNDS):
            with collector.run() as process:
                process.says("SMTP on")
                push.until_taken(10)
                time.sleep(chance.uniform(0.05, 0.4))
                os.kill(process.process.pid, signal.SIGKILL)
        with collector.run() as process:
            process.says("SMTP on")
            push.stop()
            assert process.stop() == 0
    assert sum(told.unanswered for told in push.told) >= ROUNDS
    engine = open_engine(collector.url)
    check(engine, push)
    engine.dispose()


def test_every_250_is_stored_once_when_the_writer_is_killed_again_and_again(collector: Collector) -> None:
    with collector.run() as process, pushing(collector.port) as push:
        process.says("SMTP on")
        for _ in range(3):
            push.until_taken(10)
            os.kill(until(lambda: writer_of(process), 10, "the writer"), signal.SIGKILL)
        push.stop()
        assert process.stop() == 0
    assert push.put_off >= 3
    assert "Traceback" not in "".join(process.stderr)
    engine = open_engine(collector.url)
    check(engine, push)
    engine.dispose()


def test_sigterm_under_load_finishes_what_is_in_hand(collector: Collector) -> None:
    with pushing(collector.port) as push:
        with collector.run() as process:
            process.says("SMTP on")
            push.until_taken(50)
            started = time.monotonic()
            assert process.stop() == 0
            assert time.monotonic() - started < 5
        # A mail that was sent to its end has had its answer: nobody was cut off in the middle of one.
        assert "cut off" not in "".join(process.stderr)
        with collector.run() as process:
            process.says("SMTP on")
            push.stop()
            assert process.stop() == 0
    engine = open_engine(collector.url)
    check(engine, push)
    engine.dispose()


@pytest.fixture
def own_postgres() -> Iterator[Server]:
    """A PostgreSQL that may be stopped, and that keeps its promises: fsync is on."""
    server = Server.create(settings={"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"})
    try:
        server.start()
        yield server
    finally:
        server.remove()


@contextmanager
def stopped(server: Server, how: signal.Signals) -> Iterator[None]:
    server.stop(how)
    yield
    server.start()


def test_no_250_without_a_row_when_postgresql_stops_and_starts(own_postgres: Server, tmp_path: Path) -> None:
    """An orderly stop, then two crashes."""
    collector = Collector(create_database(own_postgres.admin_url), tmp_path)
    collector.upgrade()
    with collector.run() as process, pushing(collector.port) as push:
        process.says("SMTP on")
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGQUIT):
            push.until_taken(20)
            with stopped(own_postgres, how):
                push.until_put_off()
        push.stop()
        assert process.stop() == 0
    engine = open_engine(collector.url)
    check(engine, push)
    engine.dispose()
