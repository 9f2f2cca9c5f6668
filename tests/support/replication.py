"""A real PostgreSQL and a real streaming replica of it, made by pg_basebackup; both on loopback."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.support import postgres, processes
from tests.support.postgres import Server

# Else what is committed waits for a fifth of a second before it is sent.
_PRIMARY = {"synchronous_commit": "on"}
# A query there gives way at once to what is to be replayed, so that a test need not wait for it.
_STANDBY = {"max_standby_streaming_delay": "0"}


@dataclass(frozen=True)
class Pair:
    primary: Server
    standby: Server

    def read_url(self, url: str) -> str:
        """The same database on the replica."""
        return postgres.with_database(self.standby.admin_url, postgres.database_name(url))

    def catch_up(self) -> None:
        """Waits until the replica has everything that is there now."""
        [position] = _asked(self.primary, "SELECT pg_current_wal_lsn()")
        processes.until(
            lambda: _asked(self.standby, "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position)[0],
            20,
            "the replica to catch up",
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The replica goes on receiving and shows nothing new."""
        self.catch_up()
        _asked(self.standby, "SELECT pg_wal_replay_pause()")
        processes.until(
            lambda: _asked(self.standby, "SELECT pg_get_wal_replay_pause_state()") == ("paused",), 20, "the pause"
        )
        try:
            yield
        finally:
            _asked(self.standby, "SELECT pg_wal_replay_resume()")
            self.catch_up()

    @contextmanager
    def away(self) -> Iterator[None]:
        """The replica is shut down."""
        self.standby.stop()
        try:
            yield
        finally:
            self.standby.start()
            self.catch_up()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The replica accepts connections, as the system does for it, and answers nothing."""
        assert self.standby.pid is not None
        children = Path(f"/proc/{self.standby.pid}/task/{self.standby.pid}/children")
        pids = [self.standby.pid, *map(int, children.read_text().split())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            self.catch_up()

    def remove(self) -> None:
        self.standby.remove()
        self.primary.remove()


def pair() -> Pair:
    """Both running. To be removed by the caller."""
    primary = Server.create(settings=_PRIMARY)
    try:
        primary.start()
        return Pair(primary, _standby(primary))
    except BaseException:
        primary.remove()
        raise


def _standby(primary: Server) -> Server:
    # Its data is not made but copied, with what makes it follow (-R).
    standby = Server.create(settings=_STANDBY, is_empty=True)
    source = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
    standby._run("pg_basebackup", *source, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
    standby.start()
    return standby


def _asked(server: Server, statement: str, *values: Any) -> tuple[Any, ...]:
    url = server.admin_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement.encode(), values).fetchone()
    assert found is not None
    return found
