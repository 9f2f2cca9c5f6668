"""From a POST into the store, onto the disk, and from there into the store: once, whatever happens in between."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from collector import settings
from collector.delivery import Delivery, Envelope, Stored
from collector.errors import SchemaOutdated, StoreUnavailable
from collector.ids import new_id
from collector.receive.https import drain as draining
from collector.receive.https.drain import BUSY_SECONDS, IDLE_SECONDS, Drain, Outage
from collector.receive.https.intake import Intake, NotAReport, Reader, Spooled
from collector.receive.https.intake import Writer as Submits
from collector.receive.https.spool import Entry, Spool
from collector.store import domains, queries
from collector.store.engine import open_engine
from collector.store.writer import Writer
from tests.receive_https.site import GZIP, packed
from tests.support import processes, reports

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
ENVELOPE = Envelope("https", peer="192.0.2.1", content_type=GZIP)


class Store:
    """A writer that can be away, refuse single deliveries, or take its time."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.is_away = False
        self.refuses: Callable[[Delivery], bool] = lambda delivery: False
        self.submitted: list[UUID] = []

    def submit(self, delivery: Delivery) -> "Future[Stored]":
        self.submitted.append(delivery.id)
        if not self.is_away and not self.refuses(delivery):
            return self._writer.submit(delivery)
        failed: Future[Stored] = Future()
        failed.set_exception(StoreUnavailable("the database does not answer"))
        return failed


class Parts:
    """What a mount is made of, put together by hand and stepped by hand."""

    def __init__(self, engine: Engine, writer: Writer, folder: Path) -> None:
        self.engine = engine
        self.store = Store(writer)
        self.spool = Spool(folder, 10_000_000)
        self.outage = Outage()
        self.reader = Reader(settings.Limits(), "require")
        self.prepared = 0
        self.drain = self.make_drain()
        self.intake = self.make_intake(self.store)

    def make_drain(self, reader: Reader | None = None) -> Drain:
        return Drain(
            self.spool,
            reader or self.reader,
            self.store,
            self.outage,
            prepare=self._prepare,
            is_stored=self._is_stored,
        )

    def make_intake(self, writer: Submits, patience: float = 10) -> Intake:
        return Intake(self.reader, writer, self.spool, self.outage, clock=lambda: NOW, patience=patience)

    def _prepare(self) -> None:
        self._ask()
        self.prepared += 1

    def _is_stored(self, delivery: UUID) -> bool:
        self._ask()
        return queries.delivery(self.engine, delivery) is not None

    def _ask(self) -> None:
        if self.store.is_away:
            raise StoreUnavailable("the database does not answer")

    def spooled(self, report_id: str, minute: int = 0) -> Entry:
        """A POST that came at 06:00 and some minutes, in the spool."""
        at = NOW - timedelta(hours=1) + timedelta(minutes=minute)
        entry = Entry(new_id(int(at.timestamp() * 1000)), at, ENVELOPE, packed(report_id))
        self.spool.keep(entry).release()
        return entry

    def deliveries(self) -> list[queries.DeliveryRow]:
        """Oldest first."""
        return list(reversed(queries.deliveries(self.engine, limit=1000).items))


@pytest.fixture
def parts(engine: Engine, spool_folder: Path) -> Iterator[Parts]:
    domains.add(engine, ["example.com"], NOW)
    writer = Writer(engine)
    writer.start()
    yield Parts(engine, writer, spool_folder)
    writer.close()


def test_what_the_store_takes_is_not_spooled(parts: Parts) -> None:
    taken = parts.intake.take(packed("a"), ENVELOPE)
    assert isinstance(taken, Stored)
    assert taken.outcome == "stored"
    assert parts.spool.names() == []


def test_what_is_no_report_is_not_spooled(parts: Parts) -> None:
    parts.store.is_away = True
    with pytest.raises(NotAReport):
        parts.intake.take(b"<html>", Envelope("https"))
    assert parts.spool.names() == []


def test_into_the_spool_and_out_of_it(parts: Parts) -> None:
    parts.store.is_away = True
    taken = parts.intake.take(packed("a"), ENVELOPE)
    assert isinstance(taken, Spooled)
    assert parts.drain.step() == draining.FIRST_RETRY_SECONDS
    assert len(parts.spool.names()) == 1
    parts.store.is_away = False
    assert parts.drain.step() == BUSY_SECONDS
    assert parts.drain.step() == IDLE_SECONDS
    assert parts.spool.names() == []
    [found] = parts.deliveries()
    assert (found.id, found.outcome, found.received_at, found.envelope["peer"]) == (
        taken.id,
        "stored",
        NOW,
        "192.0.2.1",
    )


def test_oldest_first_and_at_their_own_time(parts: Parts) -> None:
    kept = [parts.spooled(f"report {number}", minute=number) for number in (3, 1, 2)]
    parts.drain.step()
    kept.sort(key=lambda entry: entry.received_at)
    assert parts.store.submitted == [entry.id for entry in kept]
    assert [(row.id, row.received_at) for row in parts.deliveries()] == [
        (entry.id, entry.received_at) for entry in kept
    ]


def test_more_than_one_group(parts: Parts) -> None:
    for number in range(120):
        parts.spooled(f"report {number}")
    parts.drain.step()
    assert parts.spool.names() == []
    assert {row.outcome for row in parts.deliveries()} == {"stored"}
    assert len(parts.deliveries()) == 120


def test_died_between_commit_and_removal(parts: Parts) -> None:
    """The delivery is there, and so is its file: nothing is counted twice and no second delivery appears."""
    entry = parts.spooled("a")
    parts.store.submit(parts.reader.read(entry)).result(30)
    assert parts.drain.step() == BUSY_SECONDS
    assert parts.spool.names() == []
    [found] = parts.deliveries()
    assert (found.id, found.outcome) == (entry.id, "stored")


def test_nobody_waits_in_an_outage(parts: Parts) -> None:
    """Once it is known, POSTs go to the spool at once; when the spool is taken in, they go to the store again."""
    parts.store.is_away = True
    parts.intake.take(packed("a"), ENVELOPE)
    parts.intake.take(packed("b"), ENVELOPE)
    assert len(parts.store.submitted) == 1
    parts.store.is_away = False
    assert isinstance(parts.intake.take(packed("c"), ENVELOPE), Spooled)
    parts.drain.step()
    assert isinstance(parts.intake.take(packed("d"), ENVELOPE), Stored)
    assert [row.outcome for row in parts.deliveries()] == ["stored"] * 4


def test_tries_get_rarer_and_are_told(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    parts.store.is_away = True
    parts.spooled("a")
    assert [parts.drain.step() for _ in range(6)] == [1, 2, 4, 8, 15, 15]
    parts.store.is_away = False
    with caplog.at_level(logging.INFO):
        parts.drain.step()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO][-2:] == [
        "spool: 1 POSTs taken into the store",
        "the database takes POSTs again",
    ]
    assert "spool: 1 POSTs, " in caplog.text
    parts.store.is_away = True
    assert parts.drain.step() == IDLE_SECONDS  # nothing waits, so nobody asks


def test_the_database_is_made_ready_first(parts: Parts) -> None:
    parts.spooled("a")
    parts.store.is_away = True
    parts.drain.step()
    assert parts.prepared == 0
    parts.store.is_away = False
    parts.drain.step()
    parts.drain.step()
    assert parts.prepared == 1


def test_a_schema_that_is_not_ours_is_an_outage(parts: Parts) -> None:
    def outdated() -> None:
        raise SchemaOutdated("run `tlsrpt db upgrade`")

    drain = Drain(
        parts.spool, parts.reader, parts.store, parts.outage, prepare=outdated, is_stored=lambda delivery: False
    )
    drain.step()
    assert isinstance(parts.intake.take(packed("a"), ENVELOPE), Spooled)
    assert parts.store.submitted == []


def test_one_that_the_store_refuses_does_not_hold_up_the_others(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    bad = parts.spooled("bad", minute=0)
    good = parts.spooled("good", minute=1)
    parts.store.refuses = lambda delivery: delivery.id == bad.id
    parts.drain.step()
    assert [row.id for row in parts.deliveries()] == [good.id]
    assert parts.spool.names() == [f"{bad.id}.post"]  # later, perhaps
    for _ in range(2):
        parts.drain.step()
    assert parts.spool.names() == []
    assert [file.name for file in parts.spool.folder.iterdir()] == [f"{bad.id}.broken"]
    assert str(bad.id) in caplog.text


def test_one_that_trips_over_a_fault_of_ours(parts: Parts) -> None:
    class Faulty(Reader):
        def read(self, entry: Entry) -> Delivery:
            if entry.raw == b"trips":
                raise ValueError("a fault")
            return super().read(entry)

    parts.reader = Faulty(settings.Limits(), "require")
    taken = parts.make_intake(parts.store).take(b"trips", ENVELOPE)
    assert isinstance(taken, Spooled)
    good = parts.spooled("good", minute=2)
    parts.make_drain(parts.reader).step()
    assert [row.id for row in parts.deliveries()] == [good.id]
    assert [file.name for file in parts.spool.folder.iterdir()] == [f"{taken.id}.broken"]


def test_a_commit_that_takes_too_long(sqlite_engine: Engine, spool_folder: Path, tmp_path: Path) -> None:
    """It is spooled under the id that is being committed. Whichever comes first, there is one delivery."""
    domains.add(sqlite_engine, ["example.com"], NOW)
    writer = Writer(sqlite_engine)
    writer.start()
    parts = Parts(sqlite_engine, writer, spool_folder)
    assert sqlite_engine.url.database
    lock = sqlite3.connect(sqlite_engine.url.database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    taken = parts.make_intake(parts.store, patience=0.2).take(packed("a"), ENVELOPE)
    assert isinstance(taken, Spooled)
    # Another process leaves it alone, for it is in hand; so do we.
    other = Parts(sqlite_engine, writer, spool_folder)
    other.drain.step()
    parts.drain.step()
    assert (other.store.submitted, len(parts.spool.names())) == ([], 1)
    lock.execute("ROLLBACK")
    lock.close()
    processes.until(lambda: parts.spool.names() == [], 30, "the commit")
    parts.drain.step()
    assert not parts.outage.is_on
    assert [(row.id, row.outcome) for row in parts.deliveries()] == [(taken.id, "stored")]
    writer.close()


def test_two_processes_share_a_spool(parts: Parts, migrated_url: str) -> None:
    """Both look at the same time: each file is taken by one of them."""
    for number in range(100):
        parts.spooled(f"report {number}")
    engine = open_engine(migrated_url)
    writer = Writer(engine)
    writer.start()
    other = Parts(engine, writer, parts.spool.folder)
    for each in (parts, other):
        each.drain.start()
    processes.until(lambda: parts.spool.names() == [], 30, "an empty spool")
    for each in (parts, other):
        each.drain.close()
    writer.close()
    assert [row.outcome for row in parts.deliveries()] == ["stored"] * 100
    assert len(parts.store.submitted) + len(other.store.submitted) == 100
    engine.dispose()


def test_after_close_the_spool_takes_it(parts: Parts, engine: Engine) -> None:
    writer = Writer(engine)
    writer.start()
    writer.close()
    assert isinstance(parts.make_intake(writer).take(reports.to_json({"policies": 1}), ENVELOPE), Spooled)
