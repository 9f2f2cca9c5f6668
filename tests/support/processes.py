"""The program as its users meet it: a process with arguments, an environment, two outputs and an exit status."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.support import commands

T = TypeVar("T")
TLSRPT = [sys.executable, "-m", "collector.cli"]


def environment(**variables: str) -> dict[str, str]:
    """Our environment without any setting, plus `variables`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TLSRPT_")}
    return own | {"PYTHONUNBUFFERED": "1"} | variables


def tlsrpt(
    *arguments: str,
    cwd: Path,
    variables: Mapping[str, str] | None = None,
    input: str = "",  # noqa: A002
) -> "subprocess.CompletedProcess[str]":
    """Runs one command to its end (at most 60 s), in a process of its own."""
    return commands.run(arguments, cwd, environment(**(variables or {})), input, 60)


class Running:
    """A process that goes on until it is stopped; its outputs are read all the while."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self._readers = [
            threading.Thread(target=_collect, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self.stdout), (self.process.stderr, self.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()
        if kind is not None:  # pytest shows it with the failure
            print("".join(self.stdout), "".join(self.stderr), sep="\n")

    def stop(self, how: signal.Signals = signal.SIGTERM, timeout: float = 30) -> int:
        """Asks it to end; its exit status."""
        self.process.send_signal(how)
        return self.wait(timeout)

    def wait(self, timeout: float = 30) -> int:
        status = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(timeout)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return status

    def says(self, text: str, timeout: float = 30) -> str:
        """Waits for a line on either output that holds `text`, and returns it."""

        def found() -> str | None:
            return next((line for line in [*self.stdout, *self.stderr] if text in line), None)

        return until(found, timeout, f"{text!r} in {self.stdout} {self.stderr}", alive=self.process)


def _collect(stream: Iterable[str], lines: list[str]) -> None:
    for line in stream:  # not extend(): each line is to be seen at once
        lines.append(line)  # noqa: PERF402


@contextmanager
def running(*arguments: str, cwd: Path, variables: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A `tlsrpt` command that goes on; killed at the end if it still runs."""
    with Running([*TLSRPT, *arguments], cwd, environment(**(variables or {}))) as process:
        yield process


def until(
    found: Callable[[], T | None],
    timeout: float,
    what: str,
    alive: "subprocess.Popen[str] | None" = None,
) -> T:
    """Asks `found` again and again until it answers something; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        ended = alive is not None and alive.poll() is not None
        result = found()
        if result:
            return result
        assert not ended, f"the process ended while waiting for {what}"
        assert time.monotonic() < deadline, f"waited {timeout} s for {what}"
        time.sleep(0.02)


def free_port() -> int:
    """A TCP port of loopback on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
