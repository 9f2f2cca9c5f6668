"""Adopting a domain: from now on it is known, and its backlog of unassigned deliveries counts (rule 9)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from collector.auth import Authentication
from collector.delivery import Delivery
from collector.ingest import ingest
from collector.settings import Limits
from collector.store import domains
from collector.store.backlog import Kept, count_backlog

if TYPE_CHECKING:
    from sqlalchemy import Engine


def adopt(engine: "Engine", names: Iterable[str], *, now: datetime, limits: Limits) -> dict[str, int]:
    """Adds domains (normal form) and counts their backlog. Returns deliveries counted, by name of the new ones."""
    return {
        name: count_backlog(engine, lambda kept: read_again(kept, limits), under=name)
        for name in domains.add(engine, names, now)
    }


def recount(engine: "Engine", *, limits: Limits) -> int:
    """Counts whatever waits under names that are known by now: added by the settings, or found as MX hosts."""
    return count_backlog(engine, lambda kept: read_again(kept, limits))


def read_again(kept: Kept, limits: Limits) -> Delivery:
    """A kept delivery, read as if it came today; its authentication stays what it was found to be on arrival."""
    read = ingest(kept.raw, kept.envelope, kept.received_at, limits=limits, dkim="off", authenticate=_nobody_asks)
    found = read.found
    if kept.authenticated and kept.reporter is not None:
        found = tuple(replace(item, reporter=kept.reporter) for item in found)
    return replace(read, id=kept.id, found=found, authenticated=kept.authenticated)


def _nobody_asks(mail: bytes, identities: frozenset[str]) -> Authentication:
    raise AssertionError("DKIM is off while a kept delivery is read again")
