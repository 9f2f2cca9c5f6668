"""Counting afresh from the raw bytes: by command, and a few domains each night, for figures prove themselves."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from collector.adopt import Pause, as_it_stands
from collector.delivery import Delivery
from collector.jobs import Job, apart
from collector.settings import Limits, Settings
from collector.store import figure_checks, to_settle
from collector.store import recount as store
from collector.store.kept import Kept
from collector.store.recount import Difference

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger(__name__)

# At this hour, UTC, when few reports come; the check of a domain that is begun is also ended.
_HOUR = 2
_LASTS = timedelta(minutes=20)
# One is not looked at again sooner.
_AGAIN_AFTER = timedelta(hours=20)
_MOST_LOGGED = 5


def recount(
    engine: "Engine",
    domain_id: UUID,
    name: str,
    *,
    limits: Limits,
    is_check: bool,
    now: datetime,
    pause: Pause = time.sleep,
) -> Iterator[Difference]:
    """Counts a domain afresh: what differs, as it is found, and mended unless `is_check`. Notes the result.

    `pause` is called between two steps, with the seconds that others may write. Raises StoreUnavailable.
    """

    def read(kept: Kept) -> Delivery:
        return as_it_stands(kept, limits)

    figure_checks.record(engine, domain_id, now, None)
    found = 0
    for some in _steps(engine, domain_id, name, read, is_check, pause):
        found += len(some)
        yield from some
    # What is on its way to be settled differs, and is no fault.
    if not is_check or to_settle.is_settled(engine):
        figure_checks.record(engine, domain_id, now, found if is_check else 0)


def _steps(
    engine: "Engine", domain_id: UUID, name: str, read: Callable[[Kept], Delivery], is_check: bool, pause: Pause
) -> Iterator[tuple[Difference, ...]]:
    began = time.monotonic()
    for some in store.of_reports(engine, name, read, is_check=is_check):
        yield some
        began = _rest(began, pause)
    for day in store.days(engine, domain_id):
        yield store.of_day(engine, domain_id, day, is_check=is_check)
        began = _rest(began, pause)


def _rest(began: float, pause: Pause) -> float:
    """Lets others write for as long as the step took."""
    pause(min(time.monotonic() - began, 1.0))
    return time.monotonic()


def nightly(settings: Settings, engine: "Engine") -> Job:
    """Checks some domains each night, those first that were not checked for longest."""

    async def step() -> float:
        now = datetime.now(UTC)
        if now.hour == _HOUR:
            await apart("recount", lambda: check_some(engine, settings.limits, lambda: datetime.now(UTC)))
        return seconds_until_night(datetime.now(UTC))

    return Job("recount", step)


def check_some(engine: "Engine", limits: Limits, clock: Callable[[], datetime], pause: Pause = time.sleep) -> int:
    """Checks domains until the time is over, or all were checked. Returns how many. Raises StoreUnavailable."""
    began = clock()
    checked = 0
    while clock() - began < _LASTS:
        if not to_settle.is_settled(engine):
            break  # figures are on their way to what they will be
        due = figure_checks.next_due(engine, began - _AGAIN_AFTER)
        if due is None:
            break
        domain_id, name = due
        found = list(recount(engine, domain_id, name, limits=limits, is_check=True, now=clock(), pause=pause))
        for each in found[:_MOST_LOGGED]:
            log.error("%s: %s", name, line(each))
        if len(found) > _MOST_LOGGED:
            log.error(
                "%s: %d more differences; `tlsrpt db recount --check` lists them", name, len(found) - _MOST_LOGGED
            )
        checked += 1
    return checked


def line(difference: Difference) -> str:
    """One difference in a line of text."""
    day = f"{difference.day} " if difference.day else ""
    return f"{day}{difference.what}: {difference.key}: counted {difference.counted}; counted afresh {difference.afresh}"


def seconds_until_night(now: datetime) -> float:
    """Until the next time at which the hour begins."""
    night = now.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    if night <= now:
        night += timedelta(days=1)
    return (night - now).total_seconds() + 1
