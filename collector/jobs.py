"""Periodic jobs in one process: each is called, says when it wants to be called again, and never stops the others."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from collector.errors import TemporaryError

T = TypeVar("T")
log = logging.getLogger(__name__)

# Seconds before a job that failed is called again, doubled each time.
FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0

Sleep = Callable[[float], Awaitable[None]]


async def _nothing() -> None:
    """A job without anything to put away."""


@dataclass(frozen=True, slots=True)
class Job:
    """`step` does what is due and returns in how many seconds it is to be called again; `close` ends it cleanly."""

    name: str
    step: Callable[[], Awaitable[float]]
    close: Callable[[], Awaitable[None]] = _nothing


async def run(jobs: Sequence[Job], stop: asyncio.Event, *, sleep: Sleep = asyncio.sleep) -> None:
    """Runs the jobs side by side until `stop` is set."""
    tasks = [asyncio.create_task(repeat(job, sleep), name=job.name) for job in jobs]
    try:
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*map(_closed, jobs))


async def _closed(job: Job) -> None:
    """Closes one job. Whatever is wrong with it, the others are closed too."""
    try:
        await job.close()
    except TemporaryError as error:
        log.warning("%s: %s; it is not closed cleanly", job.name, error)
    except Exception:  # as above
        log.exception("%s could not be closed", job.name)


async def repeat(job: Job, sleep: Sleep = asyncio.sleep) -> None:
    """Calls one job for ever."""
    while True:
        try:
            wait = await until_done(job.name, job.step, sleep)
        except Exception:  # the last line of defence: a fault in one job must not end the others
            log.exception("%s failed; trying again in %g s", job.name, LONGEST_RETRY)
            wait = LONGEST_RETRY
        await sleep(wait)


async def until_done(name: str, attempt: Callable[[], Awaitable[T]], sleep: Sleep = asyncio.sleep) -> T:
    """The result of `attempt`, which is repeated for as long as something it depends on is away."""
    retry = FIRST_RETRY
    while True:
        try:
            return await attempt()
        except TemporaryError as error:
            log.warning("%s: %s; trying again in %g s", name, error, retry)
        await sleep(retry)
        retry = min(retry * 2, LONGEST_RETRY)


def apart(name: str, work: Callable[[], T]) -> "asyncio.Future[T]":
    """Calls `work` in a thread of its own, for which the end of the program does not wait, as it does for others."""
    result: Future[T] = Future()
    result.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result.set_result(work())
        except Exception as error:  # noqa: BLE001  it is raised again by whoever waits
            result.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return asyncio.wrap_future(result)


async def promptly(name: str, work: Callable[[], object], seconds: float = 2.0) -> None:
    """The same for what is to be done at the end, when nobody waits for long. Raises TemporaryError."""
    try:
        await asyncio.wait_for(apart(name, work), seconds)
    except TimeoutError:
        raise TemporaryError(f"no answer within {seconds:g} s") from None
