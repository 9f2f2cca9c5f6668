"""The poller with the real store, step by step under a clock that stands still."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import LookupFailed, StoreUnavailable
from collector.monitor.check import Checker, Looked
from collector.monitor.checked import Check, MxCheck, StsCheck, TlsrptCheck
from collector.monitor.fetch import tls_context
from collector.monitor.model import Observation, StsPolicy
from collector.monitor.poller import Look, Poller, ReadId, next_look
from collector.resolver import Resolver
from collector.store import published
from collector.store.domains import add, remove
from collector.store.engine import Engine, open_engine
from collector.store.queries import find_domain, last_check, policies
from collector.store.queries.rows import PublishedPolicy
from tests.support.dns import DnsServer
from tests.support.policy_host import PolicyHost

NOW = datetime(2026, 3, 4, tzinfo=UTC)
LEASE = timedelta(minutes=3)
POLICY = StsPolicy("testing", 86400, ("mx1.example.com",), "version: STSv1\n")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def good(at: datetime = NOW) -> Observation:
    return Observation(at, "1", POLICY, mx_hosts=("mx1.example.com",))


def bad(at: datetime = NOW) -> Observation:
    return Observation(at, "1", None, "tls", "expired")


WAITS = [
    # failures before, chance, least and most minutes
    ("good, early", good(), 0, 0.0, 1296),
    ("good, late", good(), 0, 1.0, 1425.6),
    ("good after failures", good(), 5, 0.0, 1296),
    ("first failure", bad(), 0, 0.0, 5),  # M13
    ("first failure, late", bad(), 0, 1.0, 5.5),
    ("second failure", bad(), 1, 0.0, 10),
    ("fifth failure", bad(), 4, 0.0, 80),
    ("many failures", bad(), 20, 1.0, 1425.6),
    ("failing for ever", bad(), 10**6, 0.0, 1296),
]


@pytest.mark.parametrize(
    ("observation", "failures", "chance", "minutes"), [case[1:] for case in WAITS], ids=[case[0] for case in WAITS]
)
def test_when_the_next_look_is(observation: Observation, failures: int, chance: float, minutes: float) -> None:
    wait = next_look(observation, failures, chance)
    assert wait == timedelta(minutes=minutes)
    assert timedelta(minutes=5) <= wait < timedelta(days=1)


def published_history(engine: Engine, name: str) -> tuple[PublishedPolicy, ...]:
    domain_id = find_domain(engine, name)
    assert domain_id is not None
    return policies(engine, domain_id, now=NOW).published


def looked(seen: Observation, domain: str = "example.com") -> Looked:
    hosts = tuple(MxCheck(host, None, None) for host in seen.mx_hosts or ())
    sts = StsCheck(seen.record, seen.policy_id, seen.policy, seen.error)
    return Looked(seen, Check(domain, seen.at, TlsrptCheck(None), sts, hosts))


async def same_id(domain: str) -> str | None:
    return "1"


def poller(
    engine: Engine,
    look: Look,
    clock: Clock,
    workers: int = 4,
    *,
    read_id: ReadId = same_id,
    every: timedelta = timedelta(days=2),
    chance: float = 0.0,
    patience: float = 5.0,
) -> Poller:
    """Without `every` nobody reads the id alone: each look is a whole one."""
    return Poller(
        engine,
        look,
        read_id,
        id_every=every,
        workers=workers,
        lease=LEASE,
        clock=clock,
        chance=lambda: chance,
        patience=patience,
    )


class NoProber:
    async def probe(self, host: str, *, policy: StsPolicy | None, mx_secure: bool | None) -> MxCheck:
        return MxCheck(host, None, None)


def answers(seen: list[str], answer: Callable[[datetime], Observation] = good) -> Look:
    async def look(domain: str, now: datetime) -> Looked:
        seen.append(domain)
        return looked(answer(now), domain)

    return look


async def drained(each: Poller) -> int:
    """Handles whatever is due now; returns how many looks that took."""
    total = 0
    while begun := await each.handle_due():
        total += begun
        await each.settle()
    return total


def test_new_domains_are_looked_at_at_once_and_then_daily(engine: Engine) -> None:
    """M15: daily, whatever the id."""
    names = [f"d{number}.example" for number in range(10)]
    add(engine, names, NOW)
    seen: list[str] = []
    clock = Clock()
    each = poller(engine, answers(seen), clock)
    assert asyncio.run(drained(each)) == 10
    assert sorted(seen) == sorted(names)
    for hours, looks in ((0, 0), (21.5, 0), (21.6, 10), (22, 0), (43.2, 10)):
        clock.now = NOW + timedelta(hours=hours)
        assert asyncio.run(drained(each)) == looks, hours


def test_a_look_that_is_older_than_a_day_is_repeated_at_the_start(sqlite_engine: Engine) -> None:
    add(sqlite_engine, ["example.com"], NOW)
    clock = Clock()
    seen: list[str] = []
    late = poller(sqlite_engine, answers(seen), clock, chance=1.0)
    asyncio.run(drained(late))
    clock.now = NOW + timedelta(days=1)
    assert asyncio.run(drained(poller(sqlite_engine, answers(seen), clock))) == 1


def test_a_failed_look_is_repeated_sooner_and_less_and_less_often(engine: Engine) -> None:
    add(engine, ["example.com"], NOW)
    clock = Clock()
    each = poller(engine, answers([], bad), clock)
    looks = []
    for minute in range(60):
        clock.now = NOW + timedelta(minutes=minute)
        if asyncio.run(drained(each)):
            looks.append(minute)
    assert looks == [0, 5, 15, 35]
    clock.now = NOW + timedelta(minutes=75)
    assert asyncio.run(drained(poller(engine, answers([]), clock))) == 1
    clock.now += timedelta(hours=21)
    assert asyncio.run(drained(each)) == 0  # the failures are forgotten


def test_what_was_seen_becomes_history(engine: Engine) -> None:
    add(engine, ["example.com"], NOW)
    clock = Clock()
    asyncio.run(drained(poller(engine, answers([]), clock)))
    clock.now = NOW + timedelta(days=2)
    asyncio.run(drained(poller(engine, answers([], bad), clock)))
    [first, second] = published_history(engine, "example.com")
    assert (first.mode, first.policy_id, first.mx, first.ended_at) == ("testing", "1", POLICY.mx, clock.now)
    assert (second.mode, second.error, second.error_detail, second.ended_at) == ("unknown", "tls", "expired", None)


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


def test_a_database_that_is_away_is_told_to_the_caller() -> None:
    away = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable):
        asyncio.run(poller(away, answers([]), Clock()).step())
    away.dispose()


def test_a_domain_removed_meanwhile_is_no_error(sqlite_engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    add(sqlite_engine, ["example.com"], NOW)

    async def look(domain: str, now: datetime) -> Looked:
        await asyncio.to_thread(remove, sqlite_engine, "example.com")
        return looked(good(now), domain)

    asyncio.run(drained(poller(sqlite_engine, look, Clock())))
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_real_hosts_good_and_bad_in_one_go(sqlite_engine: Engine) -> None:
    """DNS, HTTPS, fetch, poller and store together: one look at each."""
    with PolicyHost() as host, DnsServer(host.zone()) as dns:
        expected = {
            "good.example": ("testing", None),
            "wildcard.example": ("testing", None),
            "expired.example": ("unknown", "tls"),
            "moved.example": ("unknown", "redirect"),
            "slow-body.example": ("unknown", "timeout"),
            "nowhere.example": ("unknown", "no_record"),
        }
        add(sqlite_engine, expected, NOW)
        monitor = host.settings(timeout=4)
        checker = Checker(Resolver(dns.settings()), monitor, tls_context(monitor), NoProber())
        asyncio.run(drained(poller(sqlite_engine, checker.look, Clock())))
    for name, (mode, error) in expected.items():
        [interval] = published_history(sqlite_engine, name)
        assert (interval.mode, interval.error) == (mode, error), name


@pytest.mark.parametrize(("since", "is_looked_at"), [(timedelta(minutes=59), False), (timedelta(minutes=61), True)])
def test_a_start_looks_at_every_domain_but_not_again_and_again(
    engine: Engine, since: timedelta, is_looked_at: bool
) -> None:
    add(engine, ("example.com",), NOW)
    clock = Clock()
    seen: list[str] = []

    async def begin() -> None:
        started = poller(engine, answers(seen), clock)
        await started.step()
        await started.settle()

    asyncio.run(begin())
    clock.now += since
    asyncio.run(begin())
    assert len(seen) == 1 + is_looked_at


def test_the_id_alone_is_read_hourly_and_only_a_change_of_it_brings_a_whole_look(engine: Engine) -> None:
    """M5: another id, not a later one."""
    add(engine, ["example.com"], NOW)
    clock = Clock()
    seen: list[str] = []
    ids: list[str | None] = ["1"]
    read: list[int] = []

    async def read_id(domain: str) -> str | None:
        read.append(hour)
        return ids[0]

    each = poller(engine, answers(seen), clock, read_id=read_id, every=timedelta(hours=1))
    whole = []
    for hour in range(10):
        clock.now = NOW + timedelta(hours=hour)
        ids[0] = {5: "0", 6: "1", 8: None}.get(hour, "1")
        before = len(seen)
        asyncio.run(drained(each))
        whole += [hour] * (len(seen) - before)
    assert read == list(range(1, 10))
    # 0: new; 5: changed, to a smaller one; 8: gone
    assert whole == [0, 5, 8]


def test_a_whole_look_comes_daily_whatever_the_id(engine: Engine) -> None:
    add(engine, ["example.com"], NOW)
    clock = Clock()
    seen: list[str] = []
    each = poller(engine, answers(seen), clock, every=timedelta(hours=5))
    whole = []
    for hour in range(48):
        clock.now = NOW + timedelta(hours=hour * 0.9)
        before = len(seen)
        asyncio.run(drained(each))
        whole += [hour * 0.9] * (len(seen) - before)
    assert whole == [0, 21.6]


def test_while_dns_gives_no_answer_nothing_has_changed(sqlite_engine: Engine) -> None:
    add(sqlite_engine, ["example.com"], NOW)
    clock = Clock()
    seen: list[str] = []

    async def read_id(domain: str) -> str | None:
        raise LookupFailed("nobody answers")

    each = poller(sqlite_engine, answers(seen), clock, read_id=read_id, every=timedelta(hours=1))
    asyncio.run(drained(each))
    clock.now += timedelta(hours=1)
    assert asyncio.run(drained(each)) == 1
    assert seen == ["example.com"]


def test_a_check_is_kept_and_survives_a_restart(engine: Engine) -> None:
    add(engine, ["example.com"], NOW)
    asyncio.run(drained(poller(engine, answers([]), Clock())))
    domain_id = find_domain(engine, "example.com")
    assert domain_id is not None
    found = last_check(engine, domain_id)
    assert found is not None
    assert (found.domain, found.at, found.mta_sts.id) == ("example.com", NOW, "1")
    assert [host.host for host in found.mx] == ["mx1.example.com"]
