"""A poll of many domains by one process, against DNS, HTTPS and MX servers in processes of their own.

The real poller and store (SQLite) look at 1,000, 2,000 and 4,000 domains (`--full`: 10,000 too), each number in a fresh
process. Every domain has an MX host of its own, which is probed. Exit status 1 if 10,000 would take more than ten
minutes, if the time for a domain grows with their number, or if the memory does (`--no-limits`: never).

    python bench/poll.py [--full] [--no-limits]
"""

import argparse
import asyncio
import logging
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import dns.message
import dns.rdatatype

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collector.monitor.check import Checker
from collector.monitor.fetch import tls_context
from collector.monitor.poller import Poller
from collector.monitor.probe import Prober
from collector.resolver import Resolver
from collector.settings import Address, Dns, Monitor
from collector.store.domains import add
from collector.store.engine import open_engine
from collector.store.queries import find_domain, last_check, policies
from collector.store.startup import upgrade
from tests.support.dns import Answer, DnsServer
from tests.support.mx_host import Authority, MxHost
from tests.support.policy_host import Host, PolicyHost

SIZES, FULL = (1_000, 2_000, 4_000), 10_000
SECONDS = 600.0  # for FULL
GROWTH = 1.3  # of the CPU for a domain, from the smallest number to the largest
MEMORY = 32.0  # MB that the largest number may need more than the smallest
WORKERS = 16  # the default of monitor.workers
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Poll:
    """What it took: seconds by the clock, of CPU, and the most MB of memory."""

    domains: int
    seconds: float
    cpu: float
    rss: float


class _Zone(dict[tuple[str, str], Answer]):
    """The same records for every domain."""

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        name, rdtype = key
        if rdtype == "TXT":
            return ["v=STSv1; id=1"] if name.startswith("_mta-sts.") else ["v=TLSRPTv1; rua=mailto:tls@example.com"]
        return {"A": ["127.0.0.1"], "MX": [f"10 mx.{name}"]}.get(rdtype, default)


class _Dns(DnsServer):
    """Every name has an IPv4 address and no TLSA: there is no zone to find that in, however large."""

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        if query.question[0].rdtype in (dns.rdatatype.AAAA, dns.rdatatype.TLSA):
            return dns.message.make_response(query).to_wire()
        return super().answer(wire, tcp=tcp)


class _Hosts(dict[str, Host]):
    def __missing__(self, domain: str) -> Host:
        return Host()


def _serve_dns(pipe: Connection) -> None:
    with _Dns() as server:
        server.zone = _Zone()
        pipe.send(server.address)
        pipe.recv()


def _serve_https(pipe: Connection) -> None:
    with PolicyHost() as server:
        server.hosts = _Hosts()
        pipe.send((server.ca_file, server.port))
        pipe.recv()


def _serve_mx(pipe: Connection) -> None:
    authority = Authority()
    with MxHost(authority.certificate("mx.example.com")) as host:
        pipe.send(host.port)
        pipe.recv()
    authority.close()


@contextmanager
def _serving(target: Any) -> Iterator[Any]:
    """A process of its own; yields what it says of itself."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=target, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} domains too")
    parser.add_argument("--no-limits", action="store_true", help="only measure")
    arguments = parser.parse_args()
    with (
        _serving(_serve_dns) as address,
        _serving(_serve_https) as (ca_file, https_port),
        _serving(_serve_mx) as smtp_port,
    ):
        monitor = Monitor(ca_file=ca_file, https_port=https_port, smtp_port=smtp_port)
        polls = [_apart(size, address, monitor) for size in (*SIZES, *([FULL] if arguments.full else []))]
    first, last = polls[0], polls[-1]
    whole = last.seconds * FULL / last.domains
    growth = (last.cpu / last.domains) / (first.cpu / first.domains)
    memory = last.rss - first.rss
    print(f"{FULL:,} domains take {whole:.0f} s (mark: at most {SECONDS:.0f})")
    print(f"the CPU for a domain is {growth:.2f} times that of the smallest poll (mark: at most {GROWTH})")
    print(f"the memory is {memory:.0f} MB above that of the smallest poll (mark: at most {MEMORY:.0f})")
    return 0 if arguments.no_limits or (whole <= SECONDS and growth <= GROWTH and memory <= MEMORY) else 1


def _apart(size: int, address: Address, monitor: Monitor) -> Poll:
    """In a process of its own, so that no poll has the memory of another."""
    with _SPAWN.Pool(1) as pool:
        poll = pool.apply(measure, (size, address, monitor))
    print(
        f"{size:6,} domains: {poll.seconds:6.1f} s, {poll.cpu * 1000 / size:.2f} ms of CPU for each, {poll.rss:.0f} MB",
        flush=True,
    )
    return poll


def measure(size: int, address: Address, monitor: Monitor) -> Poll:
    """Polls `size` new domains once. Raises AssertionError if one of them was not found well."""
    logging.disable(logging.WARNING)
    names = [f"d{number}.s{size}.example" for number in range(size)]
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/poll.db")
        upgrade(engine)
        add(engine, names, datetime.now(UTC))
        dns_settings = Dns(nameservers=(address,))
        resolver = Resolver(dns_settings)
        prober = Prober(resolver, monitor, dns_settings, lambda: datetime.now(UTC))
        checker = Checker(resolver, monitor, tls_context(monitor), prober)
        poller = Poller(
            engine,
            checker.look,
            checker.policy_id,
            id_every=timedelta(days=1),
            workers=WORKERS,
            lease=timedelta(minutes=5),
            clock=lambda: datetime.now(UTC),
            chance=Random(size).random,
        )
        start, cpu = time.perf_counter(), time.process_time()
        asyncio.run(_whole(poller))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        for name in (names[0], names[size // 2], names[-1]):
            domain_id = find_domain(engine, name)
            assert domain_id is not None
            [interval] = policies(engine, domain_id, now=datetime.now(UTC)).published
            assert (interval.mode, interval.error) == ("testing", None), interval
            check = last_check(engine, domain_id)
            assert check is not None
            assert "certificate_name" in str(check.problems), check.problems  # the host was seen
        engine.dispose()
    return Poll(size, seconds, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


async def _whole(poller: Poller) -> None:
    """Every domain once: until none is due."""
    while await poller.step() == 0.0:
        pass
    await poller.settle()


if __name__ == "__main__":
    sys.exit(main())
