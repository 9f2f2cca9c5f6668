"""`tlsrpt schedule`: everything that happens by the clock, in one process."""

import asyncio
import logging
import random
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import entry_points

import click

from collector import jobs, recount, retention
from collector.adopt import work_off_all
from collector.cli import Context
from collector.commands.fetch import fetcher
from collector.monitor import configured
from collector.monitor.poller import Poller
from collector.settings import Settings
from collector.store.engine import Engine
from collector.store.startup import prepare

log = logging.getLogger(__name__)

_SETTLE_SECONDS = 30.0


@click.command()
@click.pass_obj
def schedule(context: Context) -> int:
    """Looks at the published policies, and does whatever else has its time.

    Runs until SIGTERM. While the database is away it waits for it.
    """
    settings = context.settings
    with context.engine() as engine:
        planned = [job for make in jobs_of_all() if (job := make(settings, engine)) is not None]
        asyncio.run(_until_told(settings, engine, planned))
    return 0


def polling(settings: Settings, engine: Engine) -> jobs.Job:
    """Checks the domains. Raises ConfigurationError."""
    checker = configured.checker(settings, ours=True)
    poller = Poller(
        engine,
        checker.look,
        checker.policy_id,
        id_every=configured.id_every(settings),
        workers=settings.monitor.workers,
        lease=configured.lease(settings),
        clock=lambda: datetime.now(UTC),
        chance=random.random,  # spreads the load, keeps no secret
    )
    return poller.job()


def settling(settings: Settings, engine: Engine) -> jobs.Job:
    """Settles what may be another domain's since a domain came or went, or an MX host was found (rule 9)."""

    async def step() -> float:
        changed = await asyncio.to_thread(work_off_all, engine, limits=settings.limits)
        if changed:
            log.info("reports that count for other domains than before: %d", changed)
        return _SETTLE_SECONDS

    return jobs.Job("settle", step)


def fetching(settings: Settings, engine: Engine) -> jobs.Job | None:
    """Fetches reports from the mailbox, if one is set. Raises ConfigurationError."""
    if settings.imap.host is None:
        return None
    from collector.receive.imap.job import FetchJob

    return FetchJob(fetcher(settings, engine)).job()


Make = Callable[[Settings, Engine], jobs.Job | None]  # None: there is nothing to do for it under these settings
_OWN: tuple[Make, ...] = (polling, settling, fetching, retention.job, recount.nightly)
GROUP = "tlsrpt.jobs"


def jobs_of_all() -> Iterator[Make]:
    """Our own jobs, and those of other packages: the summaries and the alerts are the dashboard's."""
    yield from _OWN
    for point in entry_points(group=GROUP):
        yield point.load()


async def _until_told(settings: Settings, engine: Engine, planned: list[jobs.Job]) -> None:
    """Prepares the database and runs the jobs, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    preparing = asyncio.create_task(jobs.until_done("database", lambda: asyncio.to_thread(prepare, engine, settings)))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({preparing, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not preparing.done():
        preparing.cancel()
        return
    await preparing
    await jobs.run(planned, stop)
