"""How many the poller looks at, beside whom, and what a stop or a fault does to the others."""

import asyncio
from datetime import datetime

import pytest

from collector.monitor.check import Looked
from collector.store import published
from collector.store.domains import add
from collector.store.engine import Engine
from tests.monitor.polling import (
    LEASE,
    NOW,
    Clock,
    answers,
    drained,
    good,
    looked,
    poller,
)


def test_workers_are_bounded_and_a_slow_host_delays_nobody(sqlite_engine: Engine) -> None:
    add(sqlite_engine, ["slow.example", *(f"d{number}.example" for number in range(20))], NOW)
    at_once: list[int] = []
    running: set[str] = set()

    async def all_of_them() -> None:
        release = asyncio.Event()

        async def look(domain: str, now: datetime) -> Looked:
            running.add(domain)
            at_once.append(len(running))
            await (release.wait() if domain == "slow.example" else asyncio.sleep(0.001))
            running.discard(domain)
            return looked(good(now), domain)

        each = poller(sqlite_engine, look, Clock(), workers=3)
        assert await each.step() == 0  # all are busy: it comes back as soon as one is free
        while len(at_once) < 21:
            await each.step()
        await asyncio.sleep(0.05)
        assert running == {"slow.example"}
        release.set()
        await each.settle()

    asyncio.run(asyncio.wait_for(all_of_them(), 30))
    assert max(at_once) == 3


def test_more_slow_hosts_than_workers_delay_nobody(sqlite_engine: Engine) -> None:
    slow = [f"a{number}.example" for number in range(20)]  # due before the others, by their names
    add(sqlite_engine, [*slow, *(f"d{number}.example" for number in range(100))], NOW)
    ended: list[str] = []
    running: set[str] = set()

    async def all_of_them() -> None:
        release = asyncio.Event()

        async def look(domain: str, now: datetime) -> Looked:
            running.add(domain)
            assert len([name for name in running if name not in slow]) <= 4
            await (release.wait() if domain in slow else asyncio.sleep(0.001))
            running.discard(domain)
            ended.append(domain)
            return looked(good(now), domain)

        each = poller(sqlite_engine, look, Clock(), workers=4, patience=0.05)
        while len(ended) < 100:
            await each.step()
        assert running == set(slow)
        release.set()
        await each.settle()

    asyncio.run(asyncio.wait_for(all_of_them(), 30))
    assert len(ended) == 120


def test_two_schedulers_share_the_work(engine: Engine) -> None:
    add(engine, [f"d{number}.example" for number in range(12)], NOW)
    seen: list[str] = []

    async def both() -> None:
        first, second = (poller(engine, answers(seen), Clock(), workers=2) for _ in range(2))
        await asyncio.gather(drained(first), drained(second))

    asyncio.run(both())
    assert len(seen) == len(set(seen)) == 12


def test_while_domains_are_due_nobody_waits(sqlite_engine: Engine) -> None:
    """Looks that end while the store is asked leave workers free: that is no sign that nothing is due."""
    add(sqlite_engine, [f"d{number}.example" for number in range(40)], NOW)
    seen: list[str] = []

    async def until_idle() -> None:
        each = poller(sqlite_engine, answers(seen), Clock())
        while await each.step() == 0:
            pass
        await each.settle()

    asyncio.run(until_idle())
    assert len(seen) == 40


def test_a_stop_breaks_looks_off_and_leaves_them_due(sqlite_engine: Engine) -> None:
    add(sqlite_engine, ["example.com"], NOW)

    async def begin_and_stop() -> None:
        async def look(domain: str, now: datetime) -> Looked:
            await asyncio.Event().wait()
            return looked(good(now), domain)

        each = poller(sqlite_engine, look, Clock())
        assert await each.step() > 0
        await each.close()

    asyncio.run(asyncio.wait_for(begin_and_stop(), 10))
    assert [due.name for due in published.claim_due(sqlite_engine, NOW, 9, LEASE)] == ["example.com"]


def test_a_fault_in_one_look_is_logged_and_delays_nobody(
    sqlite_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    add(sqlite_engine, ["broken.example", "example.com"], NOW)
    seen: list[str] = []

    async def look(domain: str, now: datetime) -> Looked:
        if domain == "broken.example":
            raise ValueError("ours")
        seen.append(domain)
        return looked(good(now), domain)

    clock = Clock()
    each = poller(sqlite_engine, look, clock)
    assert asyncio.run(drained(each)) == 2
    assert seen == ["example.com"]
    assert "broken.example: the look at its policy failed" in caplog.text
    clock.now += LEASE
    assert asyncio.run(drained(each)) == 1
