"""Many questions, few looks: bounded in number, shared where they are about the same host."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.monitor.probe import Prober
from collector.monitor.probe.facts import Fault, Look
from collector.monitor.probe.looks import Looks
from collector.resolver import Resolver
from collector.settings import Monitor
from tests.probe.looking import ENFORCE, HOST, codes
from tests.support.dns import DnsServer
from tests.support.mx_host import Authority, MxHost


class Asked:
    """A look that waits until it may end, under a clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.hosts: list[str] = []
        self.may_end = asyncio.Event()

    async def __call__(self, host: str) -> Look:
        self.hosts.append(host)
        await self.may_end.wait()
        return Look(host, Fault("dns", "no"), Fault("tlsa_lookup", "no"))

    def looks(self, minutes: int) -> Looks:
        return Looks(self, lambda: self.now, timedelta(minutes=minutes))


def test_those_who_ask_at_the_same_time_share_a_look() -> None:
    async def run() -> None:
        asked = Asked()
        looks = asked.looks(0)
        first = [asyncio.create_task(looks.of(host)) for host in ("a", "b", "a", "a")]
        await asyncio.sleep(0)
        first[0].cancel()  # the others go on waiting
        asked.may_end.set()
        assert [look.host for look in await asyncio.gather(*first[1:])] == ["b", "a", "a"]
        assert asked.hosts == ["a", "b"]
        await looks.of("a")
        assert asked.hosts == ["a", "b", "a"]

    asyncio.run(run())


def test_a_fresh_look_is_not_repeated() -> None:
    async def run() -> None:
        asked = Asked()
        asked.may_end.set()
        looks = asked.looks(5)
        for minutes, looked in ((0, 1), (4, 1), (2, 2)):
            asked.now += timedelta(minutes=minutes)
            await looks.of("a")
            assert len(asked.hosts) == looked

    asyncio.run(run())


def test_a_look_that_breaks_is_not_kept() -> None:
    async def broken(_: str) -> Look:
        raise ZeroDivisionError

    async def run() -> None:
        looks = Looks(broken, lambda: datetime.now(UTC), timedelta(minutes=5))
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await looks.of("a")

    asyncio.run(run())


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_hosts_than_workers_at_a_time(authority: Authority, workers: int) -> None:
    hosts = [f"mx{number}.example.com" for number in range(12)]
    with (
        MxHost(authority.certificate("*.example.com"), delay=0.02) as host,
        DnsServer({(name, "A"): ["127.0.0.1"] for name in hosts}) as dns,
    ):
        monitor = Monitor(ca_file=authority.ca_file, smtp_port=host.port, timeout=20, workers=workers)
        prober = Prober(Resolver(dns.settings()), monitor, dns.settings(), lambda: datetime.now(UTC))

        async def run() -> list[list[str]]:
            checks = [prober.probe(name, policy=ENFORCE, mx_secure=None) for name in hosts]
            return [codes(check) for check in await asyncio.gather(*checks)]

        assert asyncio.run(run()) == [[]] * 12
    assert host.seen.connections == 12
    assert host.seen.most_at_once <= workers


def test_silent_hosts_delay_nobody_be_they_more_than_there_are_workers(authority: Authority) -> None:
    """Their looks make way, and last no longer than `monitor.timeout`."""
    silent = [f"silent{number}.example" for number in range(5)]
    zone = {(HOST, "A"): ["127.0.0.1"], **{(name, "A"): ["127.0.0.2"] for name in silent}}
    with (
        MxHost(authority.certificate(HOST)) as host,
        MxHost(address="127.0.0.2", port=host.port, steps=[60.0]),
        DnsServer(zone) as dns,
    ):
        monitor = replace(host.settings(authority, 4), workers=2)
        prober = Prober(Resolver(dns.settings()), monitor, dns.settings(), lambda: datetime.now(UTC), patience=0.1)

        async def run() -> list[str]:
            order: list[str] = []

            async def one(name: str) -> None:
                await prober.probe(name, policy=None, mx_secure=None)
                order.append(name)

            await asyncio.gather(*map(one, silent), one(HOST))
            return order

        assert asyncio.run(run())[0] == HOST
