"""The listener's side of the reader processes: starts one when a large mail comes, and lets it go when none does."""

import asyncio
import logging
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from datetime import datetime
from typing import NamedTuple, Self

from collector.auth.at_hand import KeysAtHand, LookupNeeded
from collector.delivery import Envelope
from collector.errors import KeyUnavailable, ReaderUnavailable
from collector.frames import HEAD
from collector.reader import wire

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-P", "-m", "collector.reader")
_IDLE_SECONDS = 60.0
# The limits on a report bound the work; whoever is not through by then never will be.
_MOST_SECONDS = 120.0
_CHUNK = 1024 * 1024


class Read(NamedTuple):
    """A mail that was read: its delivery as the writer takes it, and the reporter of that."""

    delivery: bytes
    reporter: str | None


class Readers:
    """As many processes as there are mails at once; whoever uses it bounds those. For one event loop."""

    def __init__(self, task: wire.Task, *, idle: float = _IDLE_SECONDS, most: float = _MOST_SECONDS) -> None:
        """One that had nothing to do for `idle` seconds ends; `most` is what one mail may take."""
        self._task = task
        self._idle_seconds = idle
        self._most_seconds = most
        self._idle: list[_Reader] = []
        self._all: set[_Reader] = set()
        self._rest: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> list[int]:
        """Of the processes that run just now."""
        return [reader.pid for reader in self._all]

    async def read(self, raw: bytes, envelope: Envelope, now: datetime, keys: KeysAtHand) -> Read:
        """Reads a mail that came in at `now`. Raises LookupNeeded, KeyUnavailable or ReaderUnavailable."""
        reader = self._waiting() or await self._start()
        try:
            async with asyncio.timeout(self._most_seconds):
                read = await reader.read(wire.Job(raw, envelope, now), keys)
        except (KeyUnavailable, LookupNeeded):
            self._put_back(reader)
            raise
        except (EOFError, ConnectionError, TimeoutError) as error:
            self._drop(reader)
            log.error("a reader process was lost with a mail of %d bytes: %s", len(raw), type(error).__name__)
            raise ReaderUnavailable("the process that read the mail was lost") from None
        except BaseException:  # whoever waited for it has gone: it would answer the next one with this mail
            self._drop(reader)
            raise
        self._put_back(reader)
        return read

    async def close(self) -> None:
        """Ends all; what one is reading is lost to it."""
        if self._rest is not None:
            self._rest.cancel()
        for reader in tuple(self._all):
            self._drop(reader)
        await asyncio.gather(*self._ending)

    def _waiting(self) -> "_Reader | None":
        while self._idle:
            reader = self._idle.pop()
            if reader.is_there:
                return reader
            self._drop(reader)
        return None

    async def _start(self) -> "_Reader":
        reader = await _Reader.start(self._task)
        self._all.add(reader)
        return reader

    def _put_back(self, reader: "_Reader") -> None:
        self._idle.append(reader)
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(self._idle_seconds, self._let_go)

    def _let_go(self) -> None:
        for reader in self._idle:
            self._drop(reader)
        self._idle = []

    def _drop(self, reader: "_Reader") -> None:
        self._all.discard(reader)
        ending = asyncio.get_running_loop().create_task(reader.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


class _Reader:
    """One process, which reads one mail at a time."""

    def __init__(self, process: Process, hears: asyncio.StreamReader, says: asyncio.StreamWriter) -> None:
        self.pid = process.pid
        self._process = process
        self._hears = hears
        self._says = says

    @classmethod
    async def start(cls, task: wire.Task) -> Self:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *COMMAND, str(theirs.fileno()), pass_fds=[theirs.fileno()], stdin=DEVNULL
            )
        reader = cls(process, *await asyncio.open_connection(sock=ours, limit=_CHUNK))
        reader._say(task.encode())
        return reader

    @property
    def is_there(self) -> bool:
        """Whether it waits for a mail, as far as can be seen."""
        return self._process.returncode is None and not self._hears.at_eof()

    async def read(self, job: wire.Job, keys: KeysAtHand) -> Read:
        """Raises EOFError or ConnectionError if the process has gone."""
        self._say(wire.encode(job))
        needed: LookupNeeded | None = None
        while True:
            match wire.read_said(await self._hear()):
                case wire.Wanted(name):
                    try:
                        given = wire.Given.of(keys.get(name))
                    except KeyUnavailable as error:
                        given = wire.Given(unavailable=str(error))
                    except LookupNeeded as error:
                        needed, given = error, wire.Given()
                    self._say(wire.encode(given))
                case wire.Done(reporter):
                    return Read(await self._hear(), reporter)
                case wire.Failed(unavailable):
                    raise needed or KeyUnavailable(unavailable)

    async def end(self) -> None:
        """It has nothing to put away."""
        self._says.close()
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def _say(self, content: bytes) -> None:
        self._says.write(HEAD.pack(len(content)))
        self._says.write(content)

    async def _hear(self) -> bytes:
        [length] = HEAD.unpack(await self._hears.readexactly(HEAD.size))
        return await self._hears.readexactly(length)
