"""What goes wrong on our side costs nobody a mail: 451, nothing told, and the next try succeeds."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Engine

from collector import settings
from collector.auth.key_record import NoKey
from collector.delivery import Delivery, Envelope, Stored
from collector.errors import StoreUnavailable
from collector.receive.smtp import sockets
from collector.receive.smtp.intake import Intake
from collector.receive.smtp.server import Server
from collector.writer import wire
from tests.receive.listener import Client, Listener, day
from tests.support import reports
from tests.support.mails import rsa_key, sign
from tests.support.postgres import database_name

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)


def report_mail(number: int = 0, details: int = 1) -> bytes:
    policy = reports.policy_result(details=[reports.detail()] * details)
    return sign(reports.mail(reports.report([policy], day=day(number))), "reporter.example", "s1", rsa_key())


class Keys:
    """A source of keys that has none and remembers in which thread it was asked."""

    def __init__(self, *, cached: bool) -> None:
        self.cached = cached
        self.asked_in: list[str] = []

    def get(self, name: str) -> NoKey:
        self.asked_in.append(threading.current_thread().name)
        return NoKey("is not published")

    def peek(self, name: str) -> bool:
        return self.cached


class Sink:
    """A store that does with each delivery as it is told."""

    def __init__(self, answer: Callable[[Delivery], Stored]) -> None:
        self._answer = answer

    async def submit(self, delivery: Delivery) -> Stored:
        return self._answer(delivery)

    async def submit_encoded(self, delivery: bytes) -> Stored:
        return self._answer(wire.read_delivery(delivery))


def kept(delivery: Delivery) -> Stored:
    return Stored(delivery.id, "stored")


def intake(answer: Callable[[Delivery], Stored] = kept, *, cached: bool = True) -> tuple[Intake, Keys]:
    keys = Keys(cached=cached)
    limits = settings.Limits()
    return Intake(Sink(answer), keys, limits=limits, auth=settings.Auth(dkim="record"), clock=lambda: NOW), keys


async def answers_of(answer: Callable[[Delivery], Stored], mails: list[bytes]) -> list[str]:
    """The answers to these mails, in one session with a listener over such a store."""
    given = settings.load(environ={}, overrides={"smtp.listen": "127.0.0.1:0"})
    bound = sockets.bind(given.smtp.listen)
    server = Server(bound, given, intake(answer)[0])
    await server.start()

    def talk() -> list[str]:
        with Client(sockets.address_of(bound[0]).port) as client:
            client.greet()
            answers = [client.data(mail) for mail in mails[:1]]
            return answers + [client.begin().data(mail) for mail in mails[1:]]

    try:
        return await asyncio.to_thread(talk)
    finally:
        await server.stop(5)


def test_unexpected_error_is_451_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[Delivery] = []

    def fail_once(delivery: Delivery) -> Stored:
        calls.append(delivery)
        if len(calls) == 1:
            raise ValueError("internal text")
        return kept(delivery)

    first, second = asyncio.run(answers_of(fail_once, [report_mail(0), report_mail(1)]))
    assert first == "451 4.3.0 Not stored just now, try again later"
    assert second.endswith(f"{calls[1].id} stored")
    assert "internal text" in caplog.text  # the operator sees it


def test_store_that_is_away_is_451() -> None:
    def away(_: Delivery) -> Stored:
        raise StoreUnavailable("the database does not answer: secret host")

    assert asyncio.run(answers_of(away, [b"x\r\n"])) == ["451 4.3.0 Not stored just now, try again later"]


@contextmanager
def away(admin_url: str, database: str) -> Iterator[None]:
    """A PostgreSQL that lets nobody into this database for a while."""
    with psycopg.connect(admin_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))
        yield
        admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')


def test_database_away_is_451_and_the_next_try_is_stored(
    postgres_engine: Engine, migrated_postgresql_url: str, postgres_admin_url: str
) -> None:
    with Listener(postgres_engine) as listener, listener.client() as client:
        assert client.greet().data(report_mail(0)).endswith("stored")
        with away(postgres_admin_url, database_name(migrated_postgresql_url)):
            assert client.begin().data(report_mail(1)).startswith("451 4.3.0")
        assert client.begin().data(report_mail(1)).endswith("stored")
        assert listener.outcomes() == ["stored", "stored"]


# (what, mail, are its keys cached, do threads wait for them, is there a process for it): the event loop waits neither for
# DNS nor for a large report.
PLACES = [
    ("small, key cached", report_mail(), True, False, False),
    ("small, key unknown", report_mail(), False, True, False),
    ("small, but much to unpack", report_mail(details=2000), True, False, True),
    ("much to unpack, key unknown", report_mail(details=2000), False, True, True),
]


@pytest.mark.parametrize(("what", "mail", "cached", "in_thread", "apart"), PLACES, ids=[case[0] for case in PLACES])
def test_where_a_mail_is_read(what: str, mail: bytes, cached: bool, in_thread: bool, apart: bool) -> None:
    async def take() -> tuple[Keys, int]:
        taker, keys = intake(cached=cached)
        assert (await taker.take(mail, Envelope("smtp"))).outcome == "stored"
        processes = len(taker.readers.pids)
        await taker.close()
        return keys, processes

    keys, processes = asyncio.run(take())
    [thread] = keys.asked_in
    assert thread.startswith("intake-dns") == in_thread
    assert processes == apart


def test_one_line_per_delivery_whatever_strangers_write(caplog: pytest.LogCaptureFixture) -> None:
    async def take() -> Stored:
        taker, _ = intake()
        document = reports.report(organization="a\r\nb\x1b[31m\u202e", contact="")
        return await taker.take(reports.mail(document, submitter="no.domain.\x1b"), Envelope("smtp", peer="192.0.2.1"))

    with caplog.at_level(logging.INFO, logger="collector.receive.smtp.intake"):
        stored = asyncio.run(take())
    [record] = caplog.records
    line = record.getMessage()
    assert line.isprintable()
    assert line.startswith(f"delivery id={stored.id} outcome=stored reason=- reporter=")
    assert line.endswith(" peer=192.0.2.1")
