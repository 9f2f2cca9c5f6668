"""What the benches send to: `tlsrpt collect` as its users run it, and aiosmtpd as it comes."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from aiosmtpd.smtp import SMTP

from collector.receive.smtp import sockets
from collector.settings.values import Address
from tests.support.processes import free_port, listens

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Target:
    """A listener on a port of loopback; `pid` is its first process."""

    port: int
    pid: int

    def cpu_seconds(self) -> list[float]:
        """What each of its processes has used so far: the first one, then its descendants."""
        return [_cpu_seconds(pid) for pid in self._processes()]

    def peak_memory(self) -> list[float]:
        """MiB of resident memory that each of its processes held at most."""
        return [_status(pid, "VmHWM") / 1024 for pid in self._processes()]

    def _processes(self) -> list[int]:
        found = [self.pid]
        for pid in found:
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found


@contextmanager
def collector(settings: Mapping[str, str], processes: int = 1) -> Iterator[Target]:
    """`tlsrpt collect`; SQLite is made by itself, PostgreSQL must have its schema."""
    port = free_port()
    given = {"smtp.listen": f"127.0.0.1:{port}", "smtp.connections_per_address": "500", "log.level": "warning"}
    line = [sys.executable, "-m", "collector.cli"]
    for name, value in (given | dict(settings)).items():
        line += ["--set", f"{name}={value}"]
    process = subprocess.Popen([*line, "collect", "--processes", str(processes)], cwd=_ROOT)
    try:
        deadline = time.monotonic() + 30
        while not listens(port):
            assert process.poll() is None, "the collector ended"
            assert time.monotonic() < deadline, "the collector does not start"
            time.sleep(0.05)
        time.sleep(1)  # the other processes begin a moment later
        yield Target(port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


class _Nothing:
    """A handler that takes every mail and does nothing with it."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802
        return "250 OK stored"


@contextmanager
def bare() -> Iterator[Target]:
    """aiosmtpd as it comes, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    hear, told = context.Pipe()
    process = context.Process(target=_bare, args=(told,))
    process.start()
    try:
        assert process.pid is not None
        yield Target(hear.recv(), process.pid)
    finally:
        process.terminate()
        process.join()


def _bare(told: Connection) -> None:
    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        [bound] = sockets.bind([Address("127.0.0.1", 0)])
        sockets.listen(bound)
        handler = _Nothing()
        await loop.create_server(lambda: SMTP(handler, hostname="localhost", loop=loop), sock=bound)
        told.send(sockets.address_of(bound).port)
        await stop.wait()

    asyncio.run(main())


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status(pid: int, name: str) -> int:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1])
