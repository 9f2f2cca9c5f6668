"""Keeps child processes running: restarts what dies, stops them all when told to, and never outlives its usefulness.

Each child gets the reading end of one pipe as its standard input. Only this process holds the other end, so however
it goes, even by SIGKILL, the children see their input close and end too (`tlsrpt --supervised`).
"""

import asyncio
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

log = logging.getLogger(__name__)

WRONG_CONFIGURATION = 2  # exit status that no restart mends


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    command: Sequence[str]
    descriptors: Sequence[int] = ()  # open files that it inherits, under the same numbers


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds."""

    first_pause: float = 1.0  # before a restart; doubled each time
    longest_pause: float = 30.0
    steady: float = 60.0  # a child that ran so long is well: the next pause is the first again
    stop: float = 40.0  # how long children may finish what is in hand before they are killed


class Supervisor:
    """`await run()` returns the exit status: 0 after `stop()`, 2 if a child says that its configuration is wrong,
    1 if a child had to be killed."""

    def __init__(
        self, children: Sequence[Child], *, patience: Patience = Patience(), environ: Mapping[str, str] | None = None
    ) -> None:
        self._children = children
        self._patience = patience
        self._environ = environ
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._status = 0

    def stop(self) -> None:
        """Asks all children to end (SIGTERM). `run()` returns when they have."""
        self._stopping.set()

    async def run(self) -> int:
        read, write = os.pipe()
        try:
            async with asyncio.TaskGroup() as keepers:
                tasks = [keepers.create_task(self._keep(child, read)) for child in self._children]
                await self._stopping.wait()
                for process in self._running.values():
                    _signal(process, signal.SIGTERM)
                _, late = await asyncio.wait(tasks, timeout=self._patience.stop)
                if late:
                    self._kill()
        finally:
            os.close(read)
            os.close(write)
        return self._status

    async def _keep(self, child: Child, lifeline: int) -> None:
        """Runs one child again and again until all stop."""
        clock = asyncio.get_running_loop().time
        pause = self._patience.first_pause
        while not self._stopping.is_set():
            started = clock()
            status = await self._run_once(child, lifeline)
            if self._stopping.is_set():
                return
            if status == WRONG_CONFIGURATION:
                log.error("%s cannot run with this configuration, so everything stops", child.name)
                self._status = WRONG_CONFIGURATION
                self.stop()
                return
            if clock() - started >= self._patience.steady:
                pause = self._patience.first_pause
            log.warning("%s ended (%s); it starts again in %g s", child.name, _describe(status), pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, self._patience.longest_pause)

    async def _run_once(self, child: Child, lifeline: int) -> int:
        # A process group of its own: Ctrl-C at a terminal reaches us alone, and we tell the children once.
        process = await asyncio.create_subprocess_exec(
            *child.command, stdin=lifeline, env=self._environ, process_group=0, pass_fds=child.descriptors
        )
        self._running[child.name] = process
        try:
            if self._stopping.is_set():  # told so while it was being made
                _signal(process, signal.SIGTERM)
            return await process.wait()
        finally:
            del self._running[child.name]

    def _kill(self) -> None:
        for name, process in self._running.items():
            log.error("%s did not end within %g s and is killed", name, self._patience.stop)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its own children too
            self._status = 1


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def _describe(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
