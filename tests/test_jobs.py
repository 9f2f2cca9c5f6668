"""Periodic jobs: called when they ask for it, and ended by nothing but the stop."""

import asyncio
import logging
import threading

import pytest

from collector.errors import SchemaOutdated, StoreUnavailable, TemporaryError
from collector.jobs import Job, promptly, repeat, run, until_done


class Enough(BaseException):
    """Ends a loop that has no end."""


class Sleep:
    """Sleeps for no time, remembers for how long, and ends after `most` times."""

    def __init__(self, most: int) -> None:
        self.asked: list[float] = []
        self._most = most

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        if len(self.asked) == self._most:
            raise Enough


class Script:
    """A step that goes by a list: a number is returned, an exception raised."""

    def __init__(self, *acts: float | Exception) -> None:
        self._acts = list(acts)

    async def __call__(self) -> float:
        act = self._acts.pop(0)
        if isinstance(act, Exception):
            raise act
        return act


AWAY = StoreUnavailable("away")

WAITS = [
    ("as long as the step says", [3.0, 4.0], [3.0, 4.0]),
    ("longer each time while something is away", [AWAY] * 9, [1, 2, 4, 8, 16, 32, 60, 60, 60]),
    ("from the beginning once it is back", [AWAY, AWAY, 7.0, AWAY], [1, 2, 7.0, 1]),
    ("a minute after a fault of our own", [ValueError("ours"), 5.0], [60, 5.0]),
]


@pytest.mark.parametrize(("acts", "waits"), [case[1:] for case in WAITS], ids=[case[0] for case in WAITS])
def test_a_job_is_called_again(acts: list[float | Exception], waits: list[float]) -> None:
    sleep = Sleep(len(waits))
    with pytest.raises(Enough):
        asyncio.run(repeat(Job("made", Script(*acts)), sleep))
    assert sleep.asked == waits


def test_what_is_away_and_what_is_broken_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Enough):
        asyncio.run(repeat(Job("made", Script(AWAY, ValueError("ours"))), Sleep(2)))
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.WARNING, "made: away; trying again in 1 s"),
        (logging.ERROR, "made failed; trying again in 60 s"),
    ]


def test_an_attempt_is_repeated_until_it_succeeds() -> None:
    sleep = Sleep(9)
    assert asyncio.run(until_done("made", Script(AWAY, AWAY, 5.0), sleep)) == 5.0
    assert sleep.asked == [1, 2]


def test_an_attempt_that_time_does_not_mend_is_not_repeated() -> None:
    with pytest.raises(SchemaOutdated):
        asyncio.run(until_done("made", Script(SchemaOutdated("old")), Sleep(9)))


def test_jobs_run_side_by_side_until_the_stop_and_are_closed() -> None:
    seen: list[str] = []

    async def all_of_them() -> None:
        stop = asyncio.Event()

        async def stuck() -> float:
            await asyncio.Event().wait()
            return 0.0

        async def quick() -> float:
            seen.append("quick")
            if len(seen) == 3:
                stop.set()
            return 0.0

        async def close() -> None:
            seen.append("closed")

        await run([Job("stuck", stuck, close), Job("quick", quick)], stop)

    asyncio.run(asyncio.wait_for(all_of_them(), 10))
    assert seen == ["quick"] * 3 + ["closed"]


def test_a_job_that_cannot_be_closed_leaves_the_others_to_be_closed(caplog: pytest.LogCaptureFixture) -> None:
    closed: list[str] = []

    async def all_of_them() -> None:
        stop = asyncio.Event()
        stop.set()

        async def away() -> None:
            raise AWAY

        async def broken() -> None:
            raise ValueError("ours")

        async def close() -> None:
            closed.append("closed")

        await run([Job("first", Script(), away), Job("second", Script(), broken), Job("third", Script(), close)], stop)

    asyncio.run(asyncio.wait_for(all_of_them(), 10))
    assert closed == ["closed"]
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.WARNING, "first: away; it is not closed cleanly"),
        (logging.ERROR, "second could not be closed"),
    ]


def test_what_is_done_at_the_end_is_waited_for_no_longer_than_that() -> None:
    over = threading.Event()
    try:
        with pytest.raises(TemporaryError, match=r"no answer within 0\.05 s"):
            asyncio.run(promptly("made", lambda: over.wait(10), seconds=0.05))
    finally:
        over.set()
    with pytest.raises(StoreUnavailable):
        asyncio.run(promptly("made", lambda: refuse(AWAY)))


def refuse(error: Exception) -> None:
    raise error
