"""`tlsrpt demo`: a living dashboard within a minute, and nothing of it stays."""

import asyncio
import signal
import tempfile
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collector.cli import Context
from collector.settings import Address, Settings
from collector.store.engine import open_engine
from collector.store.startup import upgrade
from collector.supervise import Child, Supervisor

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.command()
@click.pass_obj
def demo(context: Context) -> int:
    """Serves the dashboard over 90 days of made data, in a database that is thrown away at the end."""
    from collector.demo import fill

    listen = context.settings.web.listen
    with tempfile.TemporaryDirectory(prefix="tlsrpt-demo-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        engine = open_engine(url)
        upgrade(engine)
        count = fill(engine, datetime.now(UTC))
        _look_for_alerts(context.settings, engine)
        engine.dispose()
        context.overrides["database.url"] = url
        web = Child("web", context.command_line("web"))
        click.echo(f"made {count} deliveries about 90 days; the dashboard: http://{_shown(listen)}/")
        return asyncio.run(_run(Supervisor([web])))


def _look_for_alerts(settings: Settings, engine: "Engine") -> None:
    """One look, as the scheduler takes them: without it a page would say that nothing is wrong. Nobody is told."""
    for point in entry_points(group="tlsrpt.jobs", name="alerts"):
        asyncio.run(point.load()(settings, engine).step())


def _shown(listen: Address) -> Address:
    """The address to type into a browser on this machine: "all addresses" is none of them."""
    return Address({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host), listen.port)  # noqa: S104


async def _run(supervisor: Supervisor) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    return await supervisor.run()
