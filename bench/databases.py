"""Databases for the benches, of each kind, in a temporary folder; and the processor time that processes have used."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from tests.support.postgres import Server, create_database, database_name, drop_database

KINDS = ("sqlite", "postgresql")
_SERVER = {"fsync": "off", "shared_buffers": "1GB", "max_wal_size": "4GB", "autovacuum": "on"}


@contextmanager
def databases(kind: str) -> Iterator["Databases"]:
    """Makes databases of one kind, and leaves nothing behind."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield Files(Path(folder))
        return
    server = Server.create(settings=_SERVER)
    try:
        server.start()
        yield OnServer(server)
    finally:
        server.remove()


class Files:
    """SQLite files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self) -> str:
        return f"sqlite:///{self._folder}/bench.db"

    @property
    def pid(self) -> int | None:
        return None

    def remove(self, _url: str) -> None:
        for file in self._folder.iterdir():
            file.unlink()


class OnServer:
    """Databases of a PostgreSQL server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def make(self) -> str:
        return create_database(self._server.admin_url)

    @property
    def pid(self) -> int | None:
        """Of PostgreSQL, whose children answer."""
        return self._server.pid

    def remove(self, url: str) -> None:
        drop_database(self._server.admin_url, database_name(url))


Databases = Files | OnServer


def server_of(url: str) -> int | None:
    """The process of the PostgreSQL that answers at `url`; None if it runs on another machine, and for SQLite."""
    if make_url(url).get_backend_name() == "sqlite":
        return None
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            backend: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            name, _, rest = Path(f"/proc/{backend}/stat").read_text().rpartition(") ")
            return int(rest.split()[1]) if name.endswith("(postgres") else None
    except FileNotFoundError:
        return None
    finally:
        engine.dispose()


def cpu_ms(*pids: int | None) -> float:
    """The processor time that these processes and their living children have used (Linux), in milliseconds."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(stat.parent.name), stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # it has ended
        if pid in pids or int(rest[1]) in pids:
            ticks += int(rest[11]) + int(rest[12])
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")
