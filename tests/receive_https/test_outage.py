"""The database goes away and comes back while POSTs come in: each is answered with 2xx and counted once (Q104)."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector.delivery import Envelope
from collector.receive.https.spool import Entry, Spool
from collector.store import queries
from collector.store.engine import open_engine
from collector.store.startup import upgrade
from tests.receive_https.site import PATH, Site, heard, packed, serving
from tests.receive_https.test_drain import NOW
from tests.support import reports
from tests.support.postgres import Server, create_database
from tests.support.processes import free_port, until

SENDERS = 4
NO_LIMIT = {"LIMITS_POSTS_PER_MINUTE": "0"}
NOBODY = "postgresql://postgres@127.0.0.1:{}/tlsrpt"


@dataclass
class Push:
    """What the senders were told: deliveries by their status, and what was no answer."""

    told: dict[UUID, int] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def count(self, status: int) -> int:
        return Counter(list(self.told.values()))[status]


@contextmanager
def pushing(site: Site) -> Iterator[Push]:
    """Senders that post one report after the other, no two alike, until the end."""
    push = Push()
    stop = threading.Event()

    def send(sender: int) -> None:
        number = 0
        with closing(site.connect()) as connection:
            while not stop.is_set():
                number += 1
                try:
                    connection.request("POST", PATH, packed(f"{sender}-{number}"))
                    answer = heard(connection.getresponse())
                    push.told[UUID(answer.body["delivery"])] = answer.status
                except (OSError, HTTPException, KeyError) as error:
                    push.others.append(repr(error))
                    connection.close()
                stop.wait(0.04)

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        yield push
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


@pytest.fixture(scope="module")
def stoppable() -> Iterator[Server]:
    """A PostgreSQL that may be stopped; what it said is committed outlives its crash, as it does by default."""
    made = Server.create(settings={"synchronous_commit": "on"})
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def server(stoppable: Server) -> Server:
    """It runs."""
    if stoppable.pid is None:
        stoppable.start()
    return stoppable


@pytest.fixture
def database(server: Server) -> str:
    url = create_database(server.admin_url)
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def rows(url: str) -> list[queries.DeliveryRow]:
    """All deliveries, the last first."""
    found: list[queries.DeliveryRow] = []
    cursor = None
    with opened(url) as engine:
        while True:
            page = queries.deliveries(engine, limit=1000, cursor=cursor)
            found += page.items
            if page.next is None:
                return found
            cursor = page.next


def spooled(site: Site) -> list[Path]:
    return list((site.folder / "tlsrpt-spool").glob("*"))


def is_drained(site: Site) -> bool:
    return not spooled(site)


def test_postgresql_stopped_and_started_under_load(server: Server, database: str, tmp_path: Path) -> None:
    """Two workers; once it ends in an orderly way and once it crashes."""
    with serving(tmp_path, database, WEB_WORKERS="2", **NO_LIMIT) as site:
        with pushing(site) as push:
            for how in (signal.SIGINT, signal.SIGQUIT):
                before = push.count(201)
                until(lambda before=before: push.count(201) >= before + 20, 30, "reports in the store")
                server.stop(how)
                before = push.count(202)
                until(lambda before=before: push.count(202) >= before + 20, 30, "reports in the spool")
                server.start()
                until(lambda: is_drained(site), 60, "an empty spool")
        until(lambda: is_drained(site), 60, "an empty spool")
        assert push.others == []
        assert set(push.told.values()) == {201, 202}
        found = rows(database)
        assert {row.id for row in found} == set(push.told)
        assert Counter(row.outcome for row in found) == {"stored": len(push.told)}
        figures = site.ask("GET", f"/api/v1/domains/example.com/daily?from={reports.DAY}&to={reports.DAY}")
        assert [day["successful"] for day in figures.body["days"]] == [10 * len(push.told)]


def test_away_at_the_start(server: Server, database: str, tmp_path: Path) -> None:
    """It starts all the same, takes POSTs and lets nobody in elsewhere; what it promised outlives even its own end."""
    server.stop()
    began = time.time()
    with serving(tmp_path, database, **NO_LIMIT) as site:
        assert "starting without it" in site.process.says("the database does not answer")
        told = [site.post(packed(f"{number}")) for number in range(3)]
        assert [(answer.status, answer.outcome, answer.code) for answer in told] == [(202, None, "spooled")] * 3
        assert site.ask("GET", "/readyz").status == 503
        assert site.ask("GET", "/api/v1/domains").status == 503
        assert len(spooled(site)) == 3
        site.process.stop(signal.SIGKILL)
    with serving(tmp_path, database, **NO_LIMIT) as site:
        told.append(site.post(packed("3")))
        ended = time.time()
        server.start()
        until(lambda: is_drained(site), 60, "an empty spool")
        found = rows(database)
        assert [str(row.id) for row in reversed(found)] == [answer.body["delivery"] for answer in told]
        assert {row.outcome for row in found} == {"stored"}  # the domain of the settings was added in the meantime
        assert all(began - 1 <= row.received_at.timestamp() <= ended for row in found)
        assert site.post(packed("after")).status == 201


def test_sqlite_takes_in_what_was_left(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "elsewhere", 10**6)
    entry = Entry(UUID(int=7 << 76 | 1 << 63), NOW, Envelope("https"), packed("left"))
    spool.keep(entry).release()
    with serving(tmp_path, SPOOL_FOLDER="elsewhere") as site:
        until(lambda: spool.names() == [], 30, "an empty spool")
        [row] = rows(f"sqlite:///{tmp_path / 'tlsrpt.db'}")
        assert (row.id, row.received_at, row.outcome) == (entry.id, NOW, "stored")
        assert site.process.stop() == 0


def test_neither_database_nor_disk(tmp_path: Path) -> None:
    """Only then 503: a sender that looks tries again."""
    (tmp_path / "file").write_bytes(b"")
    folder = {"SPOOL_FOLDER": str(tmp_path / "file" / "spool")}
    with serving(tmp_path, NOBODY.format(free_port()), **folder, **NO_LIMIT) as site:
        assert "POSTs get 503" in site.process.says("spool.folder: ")
        told = site.post(packed("lost"))
        assert (told.status, told.code, told.headers["Retry-After"]) == (503, "unavailable", "60")
        assert "Not a directory" not in told.body["error"]["message"]
        assert "Not a directory" in site.process.says("is lost")


def test_a_full_spool(tmp_path: Path) -> None:
    with serving(tmp_path, NOBODY.format(free_port()), LIMITS_SPOOL_BYTES="20kB", **NO_LIMIT) as site:
        statuses = [site.post(packed("x") + bytes(8000)).status for _ in range(4)]
        assert statuses == [202, 202, 503, 503]
        with suppress(StopIteration):
            next(iter(spooled(site))).unlink()
        until(lambda: site.post(packed("y") + bytes(8000)).status == 202, 10, "room again")
