"""`tlsrpt serve`: listener, dashboard and scheduler as children of one supervisor."""

import asyncio
import os
import signal

import click

from collector.cli import Context
from collector.settings import Address, Settings, unknown_variables
from collector.store.startup import check_reach, prepare
from collector.supervise import Child, Supervisor

PARTS = ("collect", "web", "schedule")


@click.command()
@click.pass_obj
def serve(context: Context) -> int:
    """Runs listener, dashboard and scheduler together, and restarts what dies."""
    with context.engine() as engine:
        prepare(engine, context.settings)
        # Here, in one line; as a child the dashboard would say so again and again.
        check_reach(engine, context.settings.web)
    # The children would warn about the same slips once more each.
    slips = unknown_variables(os.environ)
    environ = {name: value for name, value in os.environ.items() if name not in slips}
    children = [Child(part, context.command_line(part)) for part in PARTS]
    return asyncio.run(_supervise(Supervisor(children, environ=environ), context.settings))


async def _supervise(supervisor: Supervisor, settings: Settings) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    async with asyncio.TaskGroup() as tasks:
        announcing = tasks.create_task(_announce(settings))
        status = await supervisor.run()
        announcing.cancel()
    return status


async def _announce(settings: Settings) -> None:
    """Says where everything is, as soon as it answers there. What has port 0 tells its port in the log."""
    if settings.web.listen.port:
        await _answers(settings.web.listen)
        click.echo(f"dashboard: http://{reachable(settings.web.listen)}/")
    for name, addresses in (("smtp", settings.smtp.listen), ("lmtp", settings.lmtp.listen)):
        for address in addresses:
            if address.port or address.path is not None:
                await _answers(address)
                click.echo(f"{name}: {address}")


def reachable(address: Address) -> Address:
    """`address` as a browser on this machine can use it: "all addresses" is none of them."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)  # noqa: S104
    return Address(host, address.port, address.path)


async def _answers(address: Address) -> None:
    while True:
        try:
            usable = reachable(address)
            if usable.path is None:
                _, writer = await asyncio.open_connection(usable.host, usable.port)
            else:
                _, writer = await asyncio.open_unix_connection(usable.path)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
