"""The poller with the real store, step by step under a clock that stands still."""

import asyncio
import logging
from datetime import datetime, timedelta

import pytest

from collector.errors import LookupFailed, StoreUnavailable
from collector.monitor.check import Checker, Looked
from collector.monitor.fetch import tls_context
from collector.monitor.model import Observation
from collector.monitor.poller import next_look
from collector.resolver import Resolver
from collector.store.domains import add, remove
from collector.store.engine import Engine, open_engine
from collector.store.queries import find_domain, last_check
from tests.monitor.polling import (
    NOW,
    POLICY,
    Clock,
    NoProber,
    answers,
    bad,
    drained,
    good,
    looked,
    poller,
    published_history,
)
from tests.support.dns import DnsServer
from tests.support.policy_host import PolicyHost

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
