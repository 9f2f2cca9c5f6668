"""Reports per second over real SMTP: signed, durable (SQLite, synchronous=FULL), keys cached.

Beside it a bare aiosmtpd with a handler that does nothing, under the same senders in the same run, turn by turn.
Prints both and their ratio; exits 1 if the ratio is below the mark (`--no-limits`: never).
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from aiosmtpd.smtp import SMTP
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bench.senders import Senders
from collector import settings
from collector.commands.collect import run
from collector.receive.smtp import sockets
from collector.settings.values import Address
from collector.store import queries
from collector.store.engine import open_engine
from collector.store.startup import prepare
from collector.writer.client import WriterProcess
from tests.support import reports
from tests.support.dns import DnsServer
from tests.support.mails import KeyPair, rsa_key, sign

MARK = 0.35
ROUNDS = 5
MAILS = 1600  # in one round
PROCESSES = 2
CONNECTIONS = 16  # of each sending process
DOMAINS = [f"d{number}.example.com" for number in range(20)]
REPORTERS = [f"reporter{number}.example" for number in range(5)]
FIRST_DAY = date(2026, 1, 1)

Serve = Callable[[asyncio.Event, Callable[[], None]], Awaitable[None]]


def report_mail(number: int, key: KeyPair) -> bytes:
    """A typical signed mail: 2 policies, 8 details; its id and day are its own."""
    domain, reporter = DOMAINS[number % len(DOMAINS)], REPORTERS[number // len(DOMAINS) % len(REPORTERS)]
    details = [
        reports.detail("certificate-expired", 1 + detail, sending_mta_ip=f"192.0.2.{number % 200 + detail}")
        for detail in range(4)
    ]
    policies = [
        reports.policy_result(domain, policy_type=policy_type, successful=100 + number % 900, details=details)
        for policy_type in ("sts", "tlsa")
    ]
    day = (FIRST_DAY + timedelta(days=number // 100 % 300)).isoformat()
    contact = f"tls-reports@{reporter}"
    document = reports.report(policies, day=day, report_id=f"{day}_{number}", organization=reporter, contact=contact)
    mail = reports.mail(document, domain, submitter=reporter, report_id=f"{number}.1")
    return sign(mail, reporter, "s1", key)


def mails_of(numbers: range, key_pem: bytes) -> list[bytes]:
    private = load_pem_private_key(key_pem, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    key = KeyPair(private)
    return [report_mail(number, key) for number in numbers]


def ours(told: Connection, overrides: dict[str, str]) -> None:
    """The real listener and store, until SIGTERM."""
    given = settings.load(environ={}, overrides=overrides)
    engine = open_engine(given.database.url)
    prepare(engine, given)
    engine.dispose()
    bound = sockets.bind(given.smtp.listen)

    async def serve(stop: asyncio.Event, ready: Callable[[], None]) -> None:
        writer = WriterProcess(given.database.url, log_level="warning")
        await writer.start()
        try:
            await run(given, writer, bound, stop=stop, ready=ready)
        finally:
            await writer.close()

    _until_told(told, bound[0], serve)


class Nothing:
    """A handler that takes every mail and does nothing with it."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802
        return "250 OK stored"


def bare(told: Connection) -> None:
    """aiosmtpd as it comes, until SIGTERM."""
    [bound] = sockets.bind([Address("127.0.0.1", 0)])

    async def serve(stop: asyncio.Event, ready: Callable[[], None]) -> None:
        sockets.listen(bound)
        loop = asyncio.get_running_loop()
        handler = Nothing()
        await loop.create_server(lambda: SMTP(handler, hostname="localhost", loop=loop), sock=bound)
        ready()
        await stop.wait()

    _until_told(told, bound, serve)


def _until_told(told: Connection, bound: socket.socket, serve: Serve) -> None:
    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await serve(stop, partial(told.send, sockets.address_of(bound).port))

    asyncio.run(main())


@contextmanager
def server(target: Callable[..., None], *arguments: object) -> Iterator[tuple[int, int]]:
    """(port, process id) of a listener in a process of its own."""
    context = multiprocessing.get_context("spawn")
    hear, told = context.Pipe()
    process = context.Process(target=target, args=(told, *arguments))
    process.start()
    try:
        assert process.pid is not None
        yield hear.recv(), process.pid
    finally:
        process.terminate()
        process.join()


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_seconds(int(child)) for child in children)


def measure(senders: Senders, port: int, pid: int, batch: int) -> tuple[float, float]:
    """(mails per second, milliseconds of the listener's CPU per mail)."""
    started, used = time.perf_counter(), cpu_seconds(pid)
    answers = senders.send(port, batch)
    seconds, used = time.perf_counter() - started, cpu_seconds(pid) - used
    assert answers == {"250 stored": MAILS}, answers
    return MAILS / seconds, used / MAILS * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-limits", action="store_true", help="only measure")
    arguments = parser.parse_args()
    key = rsa_key()
    numbers = [range(start, start + MAILS // 2) for start in range(0, ROUNDS * MAILS, MAILS // 2)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        halves = list(pool.map(partial(mails_of, key_pem=key.pem), numbers))
    batches = [halves[at] + halves[at + 1] for at in range(0, len(halves), 2)]
    zone = {(f"s1._domainkey.{reporter}", "TXT"): [key.record()] for reporter in REPORTERS}
    with tempfile.TemporaryDirectory() as folder, DnsServer(zone) as dns:
        url = f"sqlite:///{folder}/bench.db"
        overrides = {
            "database.url": url,
            "domains": ",".join(DOMAINS),
            "dns.nameservers": str(dns.address),
            "smtp.listen": "127.0.0.1:0",
            "smtp.connections_per_address": "500",
        }
        figures: dict[str, list[tuple[float, float]]] = {"collector": [], "bare aiosmtpd": []}
        with (
            Senders(batches, processes=PROCESSES, connections=CONNECTIONS) as senders,
            server(ours, overrides) as collector,
            server(bare) as null,
        ):
            for batch in range(ROUNDS):
                figures["collector"].append(measure(senders, *collector, batch))
                figures["bare aiosmtpd"].append(measure(senders, *null, batch))
        check(url)
    return tell(figures, limits=not arguments.no_limits)


def check(url: str) -> None:
    """Every mail is there, authenticated and counted."""
    engine = open_engine(url)
    try:
        found = 0
        cursor = None
        while True:
            page = queries.deliveries(engine, outcome="stored", limit=1000, cursor=cursor)
            found += sum(delivery.authenticated for delivery in page.items)
            cursor = page.next
            if cursor is None:
                break
    finally:
        engine.dispose()
    assert found == ROUNDS * MAILS, found


def tell(figures: dict[str, list[tuple[float, float]]], *, limits: bool) -> int:
    rates = {}
    for name, rounds in figures.items():
        rates[name] = statistics.median(rate for rate, _ in rounds)
        cpu = statistics.median(used for _, used in rounds)
        each = " ".join(f"{rate:.0f}" for rate, _ in rounds)
        print(f"{name:14} {rates[name]:6.0f} reports/s  {cpu:.2f} ms CPU each  (rounds: {each})")
    ratio = rates["collector"] / rates["bare aiosmtpd"]
    print(f"ratio          {ratio:6.2f}            mark: {MARK}")
    return 1 if limits and ratio < MARK else 0


if __name__ == "__main__":
    sys.exit(main())
