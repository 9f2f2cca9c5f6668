"""`tlsrpt collect`: the SMTP and LMTP listener, in one process or several on the same ports."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collector.auth.keys import KeyCache
from collector.cli import Context
from collector.errors import ConfigurationError
from collector.receive.smtp import sockets
from collector.receive.smtp.intake import Intake, Sink
from collector.receive.smtp.lmtp import LmtpSession
from collector.receive.smtp.server import Server
from collector.receive.smtp.told import told
from collector.receive.smtp.unix import Access
from collector.receive.smtp.untold import Untold
from collector.resolver import Resolver
from collector.settings import Address, Settings
from collector.supervise import Child, Patience, Supervisor
from collector.writer.client import WriterClient
from collector.writer.shared import SharedWriter

if TYPE_CHECKING:
    from collector.receive.smtp.figures import Figures

log = logging.getLogger(__name__)

# Seconds that mails in hand get when the program stops; the supervisor waits longer than that.
GRACE = 30.0
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Bound:
    """The sockets of both protocols."""

    smtp: Sequence[socket.socket]
    lmtp: Sequence[socket.socket]

    @classmethod
    def of(cls, settings: Settings, *, shared: bool = False) -> "Bound":
        """Raises ConfigurationError naming the address that cannot be had."""
        smtp = sockets.bind(settings.smtp.listen, shared=shared)
        try:
            access = Access.of(settings.lmtp)
            return cls(smtp, sockets.bind(settings.lmtp.listen, key="lmtp.listen", shared=shared, access=access))
        except BaseException:
            sockets.close(smtp)
            raise

    def close(self) -> None:
        sockets.close([*self.smtp, *self.lmtp])


@click.command()
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes on one port.")
@click.option("--shared", is_flag=True, hidden=True, help="Share the ports with other processes.")
@click.option("--lmtp-socket", type=int, multiple=True, hidden=True, help="An inherited unix socket, by its number.")
@click.option("--writer", type=click.Path(path_type=Path), hidden=True, help="The unix socket of a shared writer.")
@click.pass_obj
def collect(context: Context, processes: int, shared: bool, lmtp_socket: Sequence[int], writer: Path | None) -> int:
    """Receives reports by SMTP and LMTP."""
    settings = context.settings
    if not (settings.smtp.listen or settings.lmtp.listen or lmtp_socket):
        raise ConfigurationError("smtp.listen, lmtp.listen: there is no address to listen on")
    if processes == 1:
        bound = Bound.of(settings, shared=shared)
        inherited = [socket.socket(fileno=number) for number in lmtp_socket]
        asyncio.run(_until_told(settings, Bound(bound.smtp, [*bound.lmtp, *inherited]), writer))
        return 0
    # Found out once, and not by each of them.
    asyncio.run(_look_at_database(settings))
    return _share(context, processes)


async def run(
    settings: Settings,
    sink: Sink,
    bound: Sequence[socket.socket],
    *,
    lmtp: Sequence[socket.socket] = (),
    stop: asyncio.Event,
    ready: Callable[[], None] = lambda: None,
    grace: float = GRACE,
    figures: "Figures | Untold | None" = None,
) -> None:
    """Receives reports on the `bound` sockets by SMTP and on those of `lmtp`, until `stop` is set; then finishes what
    is in hand.

    `sink` takes deliveries all the while. `ready` is called once connections are accepted.
    `figures` are told what happens.
    """
    keys = KeyCache(Resolver(settings.dns).txt, time.monotonic)
    intake = Intake(
        sink,
        keys,
        limits=settings.limits,
        auth=settings.auth,
        clock=lambda: datetime.now(UTC),
        log_level=settings.log.level,
        figures=figures,
    )
    servers = [Server(bound, settings, intake), Server(lmtp, settings, intake, session=LmtpSession)]
    try:
        for server in servers:
            await server.start()
        ready()
        await stop.wait()
        await asyncio.gather(*(server.stop(grace) for server in servers))
    finally:
        await intake.close()


async def _until_told(settings: Settings, bound: Bound, shared: Path | None) -> None:
    """Runs until SIGTERM or SIGINT, with the writer behind `shared` or one of its own."""
    stop = asyncio.Event()
    _on_signals(stop.set)

    def ready() -> None:
        for name, listening in (("SMTP", bound.smtp), ("LMTP", bound.lmtp)):
            if listening:
                log.info("%s on %s", name, ", ".join(str(sockets.address_of(each)) for each in listening))

    figures = _figures(settings)
    async with told(settings.metrics.listen, figures.text):
        writer = _writer(settings, shared, on_lost=figures.writer_lost.inc)
        await writer.start()
        try:
            await run(settings, writer, bound.smtp, lmtp=bound.lmtp, stop=stop, ready=ready, figures=figures)
        finally:
            await writer.close()


def _figures(settings: Settings) -> "Figures | Untold":
    if settings.metrics.listen is None:
        return Untold()
    # Its library takes memory: only where somebody asks.
    from collector.receive.smtp.figures import Figures

    return Figures()


async def _look_at_database(settings: Settings) -> None:
    """Makes it ready, in a process of its own: this one never needs it. Raises as `WriterClient.start`."""
    writer = _writer(settings)
    await writer.start()
    await writer.close()


def _writer(settings: Settings, shared: Path | None = None, on_lost: Callable[[], None] = lambda: None) -> WriterClient:
    return WriterClient(
        settings.database.url, settings.domains, log_level=settings.log.level, shared=shared, on_lost=on_lost
    )


def _share(context: Context, processes: int) -> int:
    """Runs `processes` children on the same ports, until SIGTERM or SIGINT; the exit status."""
    settings = context.settings
    figures = figure_ports(settings.metrics.listen, processes)
    # Nobody else may be on these ports: with SO_REUSEPORT alone a forgotten listener would take half of the mail.
    for key, addresses in (("smtp.listen", settings.smtp.listen), ("lmtp.listen", settings.lmtp.listen)):
        sockets.close(sockets.bind([address for address in addresses if address.port], key=key))
    # Bound here too, without listening: a free port (0) is the same for all, and stays ours while a child restarts.
    # Unix sockets cannot be bound twice: the children inherit them.
    bound = Bound.of(settings, shared=True)
    unix = [each.fileno() for each in bound.lmtp if sockets.is_unix(each)]
    ports = {"smtp.listen": _ports(bound.smtp), "lmtp.listen": _ports(bound.lmtp)}
    inherited = [f"--lmtp-socket={number}" for number in unix]
    with closing(bound), SharedWriter() as writer:
        command = ("collect", "--shared", f"--writer={writer.path}", *inherited)
        listeners = []
        for number, own in enumerate(figures, 1):
            child = Context(context.file, {**context.overrides, **ports, "metrics.listen": own})
            listeners.append(Child(f"collect {number}", child.command_line(*command), unix))
        return asyncio.run(_supervise([writer.child, *listeners], bound))


def _ports(bound: Sequence[socket.socket]) -> str:
    """The setting for addresses that a child binds itself."""
    return ",".join(str(sockets.address_of(each)) for each in bound if not sockets.is_unix(each))


def figure_ports(address: Address | None, processes: int) -> list[str]:
    """`metrics.listen` for each process: the figures are its own, so the address is too. Raises ConfigurationError."""
    if address is None:
        return [""] * processes
    if address.port + processes - 1 > _LAST_PORT:
        raise ConfigurationError(
            f"metrics.listen: {address}: there are not enough ports after it for {processes} processes"
        )
    # Port 0 is any free one, for each of them.
    return [str(replace(address, port=address.port and address.port + number)) for number in range(processes)]


async def _supervise(children: Sequence[Child], bound: Bound) -> int:
    supervisor = Supervisor(children, patience=Patience(stop=GRACE + 5))

    def stop() -> None:
        bound.close()  # nobody is to wait at a socket that no child looks at any more
        supervisor.stop()

    _on_signals(stop)
    return await supervisor.run()


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
