"""Schedulers as processes of their own, which send the weekly mails and die where a test says."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier

from collector import settings
from collector.settings import Settings
from collector.store.engine import Engine, open_engine
from dashboard.mail.recipients import Recipient
from dashboard.summary.compose import Image, Parts
from dashboard.summary.send import Sender, send_week
from dashboard.summary.week import Week

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
WEEK = Week(2026, 47)
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["__main__", "tests.summary.schedulers", "tests.alerts.schedulers", "apprise"])


def made(engine: Engine, given: Settings, week: Week, recipient: Recipient, now: datetime) -> Parts:
    """A mail to tell recipients and weeks apart by."""
    return Parts(
        subject=f"{week} for {recipient.address}",
        text=f"{'+'.join(recipient.domains) or 'all'} in {recipient.language}\n",
        html='<p>the same</p><img src="cid:c1" alt="">',
        images=(Image("c1", b"png"),),
        is_well=True,
    )


def dying_at(step: str | None, count: int) -> Callable[[str], None]:
    """A watch under which the process is killed when it reaches `step` for the `count`-th time."""
    left = count

    def watch(reached: str) -> None:
        nonlocal left
        left -= reached == step
        if reached == step and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return watch


def begin(
    url: str,
    given: Mapping[str, str],
    *,
    step: str | None = None,
    count: int = 1,
    late: timedelta = timedelta(),
    start: Barrier | None = None,
) -> ForkServerProcess:
    """A scheduler at work: it sends what is due `late` after NOW. Killed at a step where one is named."""
    process = context.Process(target=work, args=(url, dict(given), step, count, NOW + late, start))
    process.start()
    return process


def go_on(url: str, given: Mapping[str, str], *, late: timedelta = timedelta()) -> None:
    """The same in this process, for one that lives."""
    work(url, given, None, 0, NOW + late, None)


def work(
    url: str, given: Mapping[str, str], step: str | None, count: int, now: datetime, start: Barrier | None
) -> None:
    engine = open_engine(url)
    loaded = settings.load(environ={}, overrides=given)
    sender = Sender(engine, loaded, clock=lambda: now, compose=made, watch=dying_at(step, count))
    if start is not None:
        start.wait(20)
    send_week(engine, loaded, WEEK, by_hand=False, sender=sender)
    engine.dispose()


def finish(process: ForkServerProcess) -> int:
    """Its exit status: -9 if it was killed."""
    process.join(60)
    assert process.exitcode is not None
    status = process.exitcode
    process.close()
    return status
