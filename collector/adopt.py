"""Adopting a domain: from now on it is known, and its backlog of unassigned deliveries counts (rule 9)."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collector.auth import Authentication
from collector.delivery import Delivery
from collector.ingest import ingest
from collector.settings import Limits, Settings
from collector.store import domains
from collector.store.backlog import count_backlog
from collector.store.kept import Kept

if TYPE_CHECKING:
    from sqlalchemy import Engine

# How long a person at the dashboard waits; what is left then, the scheduler counts (`recount`).
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Adopted:
    """`counted`: deliveries of its backlog that count now. `is_new`: whether the domain was not known before."""

    is_new: bool
    counted: int = 0
    is_whole: bool = True  # False: there are more, which the scheduler counts


def adopt(engine: "Engine", names: Iterable[str], *, now: datetime, limits: Limits) -> dict[str, int]:
    """Adds domains (normal form) and counts their backlog. Returns deliveries counted, by name of the new ones."""
    return {
        name: count_backlog(engine, lambda kept: read_again(kept, limits), under=name)
        for name in domains.add(engine, names, now)
    }


def recount(engine: "Engine", *, limits: Limits) -> int:
    """Counts whatever waits under names that are known by now: added by the settings, or found as MX hosts."""
    return count_backlog(engine, lambda kept: read_again(kept, limits))


def action(
    settings: Settings, engine: "Engine", *, clock: Callable[[], float] = time.monotonic
) -> Callable[[str], Adopted]:
    """For the dashboard: what adopts one domain (normal form). It raises StoreUnavailable."""

    def act(name: str) -> Adopted:
        if not domains.add(engine, [name], datetime.now(UTC)):
            return Adopted(is_new=False)
        give_up = clock() + _PATIENCE_SECONDS
        is_whole = True

        def is_over() -> bool:
            nonlocal is_whole
            is_whole = clock() < give_up
            return not is_whole

        counted = count_backlog(engine, lambda kept: read_again(kept, settings.limits), under=name, is_over=is_over)
        return Adopted(True, counted, is_whole)

    return act


def read_again(kept: Kept, limits: Limits) -> Delivery:
    """A kept delivery, read as if it came today; its authentication stays what it was found to be on arrival."""
    read = ingest(kept.raw, kept.envelope, kept.received_at, limits=limits, dkim="off", authenticate=_nobody_asks)
    found = read.found
    if kept.authenticated and kept.reporter is not None:
        found = tuple(replace(item, reporter=kept.reporter) for item in found)
    return replace(read, id=kept.id, found=found, authenticated=kept.authenticated)


def _nobody_asks(mail: bytes, identities: frozenset[str]) -> Authentication:
    raise AssertionError("DKIM is off while a kept delivery is read again")
