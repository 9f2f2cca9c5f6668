"""Rule 1 with the writer as a process: whichever of the two dies, no answer is given for what is not durable."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from collector.delivery import Stored
from collector.errors import ConfigurationError, SchemaOutdated, StoreUnavailable
from collector.store.engine import writing
from collector.writer.client import Pauses, WriterClient
from tests.store.made import delivery, rubbish
from tests.support.collector import Collector
from tests.support.processes import running, until

SECONDS = 30
AT_ONCE = Pauses(first=0.01, longest=0.01)


@pytest.fixture
def collector(engine: Engine) -> Collector:
    made = Collector(engine)
    made.add("example.com")
    return made


@asynccontextmanager
async def writer_of(collector: Collector, on_lost: Callable[[], None] = lambda: None) -> AsyncIterator[WriterClient]:
    url = collector.engine.url.render_as_string(hide_password=False)
    writer = WriterClient(url, log_level="warning", pauses=AT_ONCE, on_lost=on_lost)
    await writer.start()
    try:
        yield writer
    finally:
        await writer.close()


def under(
    collector: Collector, use: Callable[[WriterClient], Awaitable[None]], on_lost: Callable[[], None] = lambda: None
) -> None:
    async def main() -> None:
        async with asyncio.timeout(SECONDS), writer_of(collector, on_lost) as writer:
            await use(writer)

    asyncio.run(main())


def test_each_sender_gets_the_answer_to_its_own_delivery(collector: Collector) -> None:
    async def use(writer: WriterClient) -> None:
        sent = [delivery(report_id=f"id-{number}") if number % 3 else rubbish() for number in range(300)]
        answers = await asyncio.gather(*map(writer.submit, sent))
        assert [answer.id for answer in answers] == [each.id for each in sent]
        assert [answer.outcome for answer in answers] == ["quarantined" if each.reason else "stored" for each in sent]

    under(collector, use)
    assert collector.totals() == (200, 2000, 200)


def test_where_processors_are_short_whoever_reads_mails_goes_before_the_writer(collector: Collector) -> None:
    async def use(writer: WriterClient) -> None:
        assert writer.pid is not None
        own, its = os.getpriority(os.PRIO_PROCESS, 0), os.getpriority(os.PRIO_PROCESS, writer.pid)
        assert its == min(own + 10, 19)

    under(collector, use)


def test_closing_commits_what_was_submitted_and_takes_no_more(collector: Collector) -> None:
    async def main() -> None:
        async with writer_of(collector) as writer:
            futures = [writer.submit(delivery(report_id=f"id-{number}")) for number in range(50)]
        assert {(await future).outcome for future in futures} == {"stored"}
        with pytest.raises(StoreUnavailable):
            await writer.submit(delivery())

    asyncio.run(main())
    assert collector.totals() == (50, 500, 50)


def test_a_sender_that_has_gone_takes_nobody_elses_answer(collector: Collector) -> None:
    async def use(writer: WriterClient) -> None:
        sent = [delivery(report_id=f"id-{number}") for number in range(3)]
        first, gone, last = [writer.submit(each) for each in sent]
        gone.cancel()
        assert [(await first).id, (await last).id] == [sent[0].id, sent[2].id]

    under(collector, use)
    assert collector.totals() == (3, 30, 3)


def test_a_writer_that_is_killed_has_answered_only_for_what_is_durable(collector: Collector) -> None:
    """Its senders keep their mails; the next writer takes them, and nothing is counted twice."""
    sent = [delivery(report_id=f"id-{number}") for number in range(200)]
    kept: list[Stored] = []
    lost: list[None] = []

    async def use(writer: WriterClient) -> None:
        futures = [writer.submit(each) for each in sent]
        await futures[0]
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        answers = await asyncio.gather(*futures, return_exceptions=True)
        kept.extend(answer for answer in answers if isinstance(answer, Stored))
        assert {type(answer) for answer in answers} <= {Stored, StoreUnavailable}
        reports, _, _ = await asyncio.to_thread(collector.totals)
        assert len(kept) <= reports
        again = [await resubmitted(writer, number) for number in range(200)]
        assert [answer.outcome for answer in again].count("duplicate") >= len(kept)

    under(collector, use, lambda: lost.append(None))
    assert kept
    assert len(lost) == 1
    assert collector.totals() == (200, 2000, 200)


async def resubmitted(writer: WriterClient, number: int) -> Stored:
    """As a sender does that was told to try again."""
    while True:
        try:
            return await writer.submit(delivery(report_id=f"id-{number}"))
        except StoreUnavailable:
            await asyncio.sleep(0.02)


def test_signals_meant_for_the_listener_do_not_end_the_writer(collector: Collector) -> None:
    async def use(writer: WriterClient) -> None:
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGTERM)
        os.kill(writer.pid, signal.SIGINT)
        before = writer.pid
        assert (await writer.submit(delivery())).outcome == "stored"
        assert writer.pid == before

    under(collector, use)


def test_a_listener_that_is_killed_leaves_no_writer_behind(tmp_path: Path) -> None:
    settings = {"TLSRPT_DATABASE_URL": f"sqlite:///{tmp_path}/x.db", "TLSRPT_SMTP_LISTEN": "127.0.0.1:0"}
    with running("collect", cwd=tmp_path, variables=settings) as listener:
        listener.says("SMTP on")
        pid = listener.process.pid
        [writer] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{writer}/exe").exists(), SECONDS, "the end of the writer")


def test_a_database_that_takes_nothing_is_the_senders_to_wait_for(collector: Collector) -> None:
    async def use(writer: WriterClient) -> None:
        with writing(collector.engine) as connection:
            connection.exec_driver_sql("ALTER TABLE rollup_day RENAME TO hidden")
        with pytest.raises(StoreUnavailable, match=r"does not answer|could not be written"):
            await writer.submit(delivery())
        with writing(collector.engine) as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO rollup_day")
        assert (await writer.submit(delivery())).outcome == "stored"

    under(collector, use)


def test_a_writer_that_cannot_open_its_database_does_not_start(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(ConfigurationError, match=r"the folder of .* does not exist"):
            await WriterClient(f"sqlite:///{tmp_path}/absent/x.db", log_level="error").start()

    asyncio.run(main())


def test_a_writer_makes_its_sqlite_database_itself_with_the_first_domains(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"

    async def main() -> None:
        writer = WriterClient(url, ("example.com",), log_level="error")
        await writer.start()
        assert (await writer.submit(delivery())).outcome == "stored"
        await writer.close()

    asyncio.run(main())


def test_a_writer_refuses_a_postgresql_that_was_not_upgraded(postgres_url: str) -> None:
    async def main() -> None:
        with pytest.raises(SchemaOutdated, match="tlsrpt db upgrade"):
            await WriterClient(postgres_url, log_level="error").start()

    asyncio.run(main())
