"""The listener's side of the writer process: starts it or connects to it, hands it deliveries, and does so anew if it
dies."""

import asyncio
import logging
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from collector.delivery import Delivery, Stored
from collector.errors import StoreUnavailable, TlsrptError
from collector.frames import HEAD, Frames
from collector.writer import wire

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-P", "-m", "collector.writer")
_START_SECONDS = 30.0
_ENDED = "the writer process ended"


@dataclass(frozen=True, slots=True)
class Pauses:
    """Before a writer that died is started again, in seconds; doubled each time it dies early."""

    first: float = 0.2
    longest: float = 30.0
    steady: float = 60.0  # one that ran so long was well


class _Link(asyncio.Protocol):
    """The connection to one writer process."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[wire.Ready] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._frames = Frames()
        self._waiting: deque[asyncio.Future[Stored]] = deque()
        self._outbox: list[bytes | bytearray] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, *frame: bytes | bytearray) -> None:
        """A frame, in one piece or several. What is sent in one round of the event loop goes together: so the writer
        commits it together."""
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outbox += frame

    def submit(self, *frame: bytes | bytearray) -> "asyncio.Future[Stored]":
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        if self.lost.done():
            future.set_exception(StoreUnavailable(_ENDED))
        else:
            self._waiting.append(future)
            self.send(*frame)
        return future

    def _flush(self) -> None:
        assert self._transport is not None
        frames, self._outbox = self._outbox, []
        self._transport.writelines(frames)

    def finish(self) -> None:
        """No more will come; answers still do."""
        if self._transport is not None and not self._transport.is_closing():
            self._flush()
            self._transport.write_eof()

    def data_received(self, data: bytes) -> None:
        self._frames.feed(data)
        for content in self._frames:
            if not self.ready.done():
                self.ready.set_result(wire.read_ready(content))
                continue
            for result in wire.read_answers(content):
                _answer(self._waiting.popleft(), result)

    def connection_lost(self, error: Exception | None) -> None:
        gone = StoreUnavailable(_ENDED)
        if not self.ready.done():
            self.ready.set_exception(gone)
        while self._waiting:
            _answer(self._waiting.popleft(), gone)
        self.lost.set_result(None)


def _answer(future: "asyncio.Future[Stored]", result: Stored | StoreUnavailable) -> None:
    if future.done():  # the client has gone; its delivery is stored all the same
        return
    if isinstance(result, StoreUnavailable):
        future.set_exception(result)
    else:
        future.set_result(result)


class _Opened(Protocol):
    """A way to a writer process that was opened once."""

    async def ended(self) -> str:
        """Waits for its end where it is ours; how it ended, in words."""

    def kill(self) -> None:
        """It does not answer."""


class _Own:
    """A writer process for this listener alone."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def ended(self) -> str:
        return f"ended (status {await self.process.wait()})"

    def kill(self) -> None:
        self.process.kill()


class _Shared:
    """One that somebody else keeps running."""

    async def ended(self) -> str:
        return "has closed its connection"

    def kill(self) -> None:
        """Not ours to kill."""


class WriterClient:
    """Takes deliveries in the event loop it was started in; each is answered when it is durable (rule 1)."""

    def __init__(
        self,
        database_url: str,
        domains: tuple[str, ...] = (),
        *,
        log_level: str = "info",
        shared: Path | None = None,
        pauses: Pauses = Pauses(),
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """`domains` (normal form) are added to the database where they are not there yet. `shared` is the unix socket
        of a writer process that several listeners use; else one is started for this one alone. `on_lost` is called
        each time it is lost."""
        self._task = wire.Task(database_url, domains, log_level)
        self._shared = shared
        self._pauses = pauses
        self._on_lost = on_lost
        self._link: _Link | None = None
        self._opened: _Opened | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that runs just now, if it is ours."""
        return self._opened.process.pid if isinstance(self._opened, _Own) else None

    async def start(self) -> None:
        """Returns when the process and the database are ready: SQLite is made or upgraded, PostgreSQL must be current.

        Raises StoreUnavailable, SchemaOutdated or ConfigurationError.
        """
        try:
            await self._launch()
        except TlsrptError:
            await self.close()
            raise
        self._keeper = asyncio.create_task(self._keep())

    def submit(self, delivery: Delivery) -> "asyncio.Future[Stored]":
        """The future is resolved after the commit that holds the delivery. It raises StoreUnavailable."""
        return self._submit(wire.delivery(delivery))

    def submit_encoded(self, delivery: bytes) -> "asyncio.Future[Stored]":
        """The same of a delivery that somebody else has encoded."""
        return self._submit(HEAD.pack(len(delivery)), delivery)

    def _submit(self, *frame: bytes | bytearray) -> "asyncio.Future[Stored]":
        if self._link is not None:
            return self._link.submit(*frame)
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        future.set_exception(StoreUnavailable("the writer process is not running"))
        return future

    async def close(self) -> None:
        """Waits until what was submitted is committed. Nothing is taken from here on."""
        link, self._link = self._link, None
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if link is not None:
            link.finish()
            await link.lost
        if self._opened is not None:
            await self._opened.ended()

    async def _keep(self) -> None:
        """Opens the way again whenever it is lost."""
        clock = asyncio.get_running_loop().time
        pause = self._pauses.first
        while True:
            started = clock()
            link, opened = self._link, self._opened
            if link is not None and opened is not None:
                await asyncio.shield(link.lost)
                self._link = None
                self._on_lost()
                how = await opened.ended()
                if clock() - started >= self._pauses.steady:
                    pause = self._pauses.first
                log.error("the writer process %s; the next try is in %g s", how, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._pauses.longest)
            try:
                await self._launch()
            except TlsrptError as error:
                log.error("the writer process does not start: %s", error)

    async def _launch(self) -> None:
        ours, self._opened = await self._open()
        _, link = await asyncio.get_running_loop().create_connection(_Link, sock=ours)
        link.send(wire.task(self._task))
        try:
            async with asyncio.timeout(_START_SECONDS):
                (await link.ready).check()
            self._link = link
        except TimeoutError:
            self._opened.kill()
            raise StoreUnavailable("the writer process does not start") from None
        finally:
            if self._link is not link:
                link.finish()

    async def _open(self) -> tuple[socket.socket, _Opened]:
        if self._shared is not None:
            return _connected(self._shared), _Shared()
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *COMMAND, str(theirs.fileno()), pass_fds=[theirs.fileno()], stdin=asyncio.subprocess.DEVNULL
            )
        return ours, _Own(process)


def _connected(path: Path) -> socket.socket:
    """The supervisor holds the socket open: while a writer starts anew, who connects waits."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        ours.connect(str(path))
    except OSError as error:
        ours.close()
        raise StoreUnavailable(f"the writer process cannot be reached: {error.strerror}") from None
    return ours
