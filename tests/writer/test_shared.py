"""One writer for several listeners: each gets its own answers, whichever process dies."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Engine

from collector.errors import StoreUnavailable
from collector.supervise import Patience, Supervisor
from collector.writer.client import Pauses, WriterClient
from collector.writer.shared import SharedWriter
from tests.store.made import delivery, rubbish
from tests.support.collector import Collector

SECONDS = 60
AT_ONCE = Pauses(first=0.01, longest=0.01)
Use = Callable[[WriterClient, WriterClient, Supervisor], Awaitable[None]]


@pytest.fixture
def collector(engine: Engine) -> Collector:
    made = Collector(engine)
    made.add("example.com")
    return made


def under(collector: Collector, use: Use) -> None:
    url = collector.engine.url.render_as_string(hide_password=False)

    async def main() -> None:
        with SharedWriter() as shared:
            supervisor = Supervisor([shared.child], patience=Patience(first_pause=0.01))
            supervising = asyncio.create_task(supervisor.run())
            clients = [WriterClient(url, log_level="warning", shared=shared.path, pauses=AT_ONCE) for _ in range(2)]
            async with asyncio.timeout(SECONDS):
                await asyncio.gather(*(client.start() for client in clients))
                await use(*clients, supervisor)
                await asyncio.gather(*(client.close() for client in clients))
                supervisor.stop()
                assert await supervising == 0
            assert not shared.path.exists() or shared.path.is_socket()
        assert not shared.path.parent.exists()

    asyncio.run(main())


def test_each_listener_gets_the_answers_to_its_own_deliveries(collector: Collector) -> None:
    async def use(one: WriterClient, other: WriterClient, _: Supervisor) -> None:
        sent = [delivery(report_id=f"id-{number}") if number % 3 else rubbish() for number in range(200)]
        answers = await asyncio.gather(*((one, other)[number % 2].submit(each) for number, each in enumerate(sent)))
        assert [answer.id for answer in answers] == [each.id for each in sent]
        assert [answer.outcome for answer in answers] == ["quarantined" if each.reason else "stored" for each in sent]

    under(collector, use)


def test_a_writer_that_was_told_to_end_first_commits_for_whoever_is_connected(collector: Collector) -> None:
    async def use(one: WriterClient, other: WriterClient, supervisor: Supervisor) -> None:
        supervisor.stop()
        await asyncio.sleep(0.2)
        assert (await one.submit(delivery(report_id="a"))).outcome == "stored"
        await one.close()
        assert (await other.submit(delivery(report_id="b"))).outcome == "stored"

    under(collector, use)
    assert collector.totals()[0] == 2


def test_a_listener_that_dies_takes_nobody_elses_answers(collector: Collector) -> None:
    async def use(one: WriterClient, other: WriterClient, _: Supervisor) -> None:
        lost = [one.submit(delivery(report_id=f"lost-{number}")) for number in range(20)]
        await one.close()  # its side of the socket ends; what it sent is committed
        answers = await asyncio.gather(*(other.submit(delivery(report_id=f"id-{number}")) for number in range(20)))
        assert {answer.outcome for answer in answers} == {"stored"}
        assert {(await each).outcome for each in lost} == {"stored"}

    under(collector, use)
    assert collector.totals()[0] == 40


def test_a_shared_writer_that_is_killed_is_found_again(collector: Collector) -> None:
    async def use(one: WriterClient, other: WriterClient, supervisor: Supervisor) -> None:
        [pid] = [process.pid for process in supervisor._running.values()]
        os.kill(pid, signal.SIGKILL)
        for number, client in enumerate((one, other)):
            while True:
                try:
                    outcome = (await client.submit(delivery(report_id=f"id-{number}"))).outcome
                except StoreUnavailable:
                    await asyncio.sleep(0.02)
                else:
                    break
            assert outcome in ("stored", "duplicate")

    under(collector, use)
    assert collector.totals()[0] == 2
