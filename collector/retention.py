"""What is kept and never counted, and the audit log, within bounds: a job of the scheduler. Reports and figures stay.

Between two passes a flood may go over the bounds; it is brought back by the next one.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from collector.jobs import Job
from collector.settings import Keep, Settings
from collector.store import audit, retention, to_settle
from collector.store.retention import Amount

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger(__name__)

_EVERY_SECONDS = 300.0
_PAUSE_SECONDS = 0.05


def job(settings: Settings, engine: "Engine") -> Job:
    """Removes what is over the bounds, every few minutes."""

    async def step() -> float:
        await asyncio.to_thread(keep_within_bounds, engine, settings.keep, datetime.now(UTC))
        return _EVERY_SECONDS

    return Job("retention", step)


def keep_within_bounds(
    engine: "Engine", keep: Keep, now: datetime, *, pause: Callable[[], None] = lambda: time.sleep(_PAUSE_SECONDS)
) -> dict[str, Amount]:
    """One pass. Returns what was removed, by kind (`collector.store.retention`), and logs it in one line.

    `pause` is called between transactions. Safe with several schedulers at a time. Raises StoreUnavailable.
    """
    removed: dict[str, Amount] = {}
    # What waits may be about to count, for a domain was added or removed just now (rule 9).
    spared = () if to_settle.is_settled(engine) else ("foreign",)
    for kind, days in (
        ("not_a_report", keep.not_a_report_days),
        ("unreadable", keep.quarantined_days),
        ("readable", keep.quarantined_days),
        ("foreign", keep.foreign_days),
    ):
        if days and kind not in spared:
            removed[kind] = retention.expire(engine, kind, now - timedelta(days=days), pause=pause)
    most = Amount(keep.deliveries, keep.bytes)
    for kind, more in retention.make_room(engine, most, pause=pause, but=spared).items():
        removed[kind] = removed.get(kind, Amount()) + more
    removed = {kind: amount for kind, amount in removed.items() if amount.is_some}
    if removed:
        told = (f"{kind} {amount.deliveries} ({amount.size} bytes)" for kind, amount in removed.items())
        log.info("removed deliveries that are not counted: %s", ", ".join(told))
    if keep.audit_days:
        audit.expire(engine, now - timedelta(days=keep.audit_days), pause=pause)
    retention.give_back(engine, pause=pause)
    return removed
