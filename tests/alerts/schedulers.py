"""Schedulers as processes of their own, which tell of alerts and die where a test says."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess

from collector.ids import new_id
from collector.store.engine import open_engine
from collector.store.queries.alerts import due_messages
from dashboard.alerts.messenger import Messenger
from tests.alerts.world import configured
from tests.summary.schedulers import context, dying_at
from tests.support.collector import NOW


def begin(url: str, given: Mapping[str, str], channel: str, step: str, late: timedelta) -> ForkServerProcess:
    """A scheduler at work: it sends what is due by `channel` so long after NOW, and is killed at `step`."""
    process = context.Process(target=work, args=(url, dict(given), {channel}, step, NOW + late))
    process.start()
    return process


def go_on(url: str, given: Mapping[str, str], channels: Collection[str], late: timedelta = timedelta()) -> None:
    """The same in this process, for one that lives."""
    work(url, given, channels, None, NOW + late)


def work(url: str, given: Mapping[str, str], channels: Collection[str], step: str | None, now: datetime) -> None:
    engine = open_engine(url)
    watch = dying_at(step, 1)
    with Messenger(engine, configured(**given), new_id(), lambda: now, watch=watch) as messenger:
        for due in due_messages(engine, now):
            if due.channel in channels:
                messenger.send(due)
    engine.dispose()
