"""`tlsrpt collect`: the SMTP listener, in one process or several on the same port."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click

from collector.auth.keys import KeyCache
from collector.cli import Context
from collector.errors import ConfigurationError
from collector.receive.smtp import sockets
from collector.receive.smtp.intake import Intake, Sink
from collector.receive.smtp.server import Server
from collector.resolver import Resolver
from collector.settings import Settings
from collector.store.startup import prepare
from collector.supervise import Child, Patience, Supervisor
from collector.writer.client import WriterProcess

log = logging.getLogger(__name__)

# Seconds that mails in hand get when the program stops; the supervisor waits longer than that.
GRACE = 30.0


@click.command()
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes on one port.")
@click.option("--shared", is_flag=True, hidden=True, help="Share the ports with other processes.")
@click.pass_obj
def collect(context: Context, processes: int, shared: bool) -> int:
    """Receives reports by SMTP."""
    settings = context.settings
    if not settings.smtp.listen:
        raise ConfigurationError("smtp.listen: there is no address to listen on")
    with context.engine() as engine:
        prepare(engine, settings)
        is_sqlite = engine.dialect.name == "sqlite"
    if processes == 1:
        bound = sockets.bind(settings.smtp.listen, shared=shared)
        asyncio.run(_until_told(settings, bound))
        return 0
    if is_sqlite:
        log.warning("SQLite has one writer at a time: several processes are slower than one")
    return _share(context, processes)


async def run(
    settings: Settings,
    sink: Sink,
    bound: Sequence[socket.socket],
    *,
    stop: asyncio.Event,
    ready: Callable[[], None] = lambda: None,
    grace: float = GRACE,
) -> None:
    """Receives reports on the `bound` sockets until `stop` is set, then finishes what is in hand.

    `sink` takes deliveries all the while. `ready` is called once connections are accepted.
    """
    keys = KeyCache(Resolver(settings.dns).txt, time.monotonic)
    intake = Intake(sink, keys, limits=settings.limits, dkim=settings.auth.dkim, clock=lambda: datetime.now(UTC))
    server = Server(bound, settings, intake)
    try:
        await server.start()
        ready()
        await stop.wait()
        await server.stop(grace)
    finally:
        intake.close()


async def _until_told(settings: Settings, bound: Sequence[socket.socket]) -> None:
    """Runs until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    _on_signals(stop.set)

    def ready() -> None:
        log.info("SMTP on %s", ", ".join(str(sockets.address_of(each)) for each in bound))

    writer = WriterProcess(settings.database.url, log_level=settings.log.level)
    await writer.start()
    try:
        await run(settings, writer, bound, stop=stop, ready=ready)
    finally:
        await writer.close()


def _share(context: Context, processes: int) -> int:
    """Runs `processes` children on the same ports, until SIGTERM or SIGINT; the exit status."""
    addresses = context.settings.smtp.listen
    # Nobody else may be on these ports: with SO_REUSEPORT alone a forgotten listener would take half of the mail.
    sockets.close(sockets.bind([address for address in addresses if address.port]))
    # Bound here too, without listening: a free port (0) is the same for all, and stays ours while a child restarts.
    bound = sockets.bind(addresses, shared=True)
    listen = ",".join(str(sockets.address_of(each)) for each in bound)
    child = Context(context.file, {**context.overrides, "smtp.listen": listen})
    line = child.command_line("collect", "--shared")
    try:
        return asyncio.run(_supervise([Child(f"collect {number}", line) for number in range(1, processes + 1)]))
    finally:
        sockets.close(bound)


async def _supervise(children: Sequence[Child]) -> int:
    supervisor = Supervisor(children, patience=Patience(stop=GRACE + 5))
    _on_signals(supervisor.stop)
    return await supervisor.run()


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
