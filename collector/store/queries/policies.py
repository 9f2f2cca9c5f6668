"""The published policy with its history, and what reporters had applied."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, func, select

from collector.store.queries.common import among, start_of
from collector.store.queries.modes import in_force_at, known_at
from collector.store.queries.rows import Policies, PublishedPolicy, ReportedPolicy
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import published_policy, rollup_policy

# A sender looks for a new policy about once a day (RFC 8461 section 10.2, M15).
_REFRESH = timedelta(days=1)
Histories = Mapping[UUID, tuple[PublishedPolicy, ...]]  # of each domain, oldest first

_HISTORIES = (
    select(published_policy)
    .where(among(published_policy.c.domain_id, "domain_ids"))
    .order_by(published_policy.c.domain_id, published_policy.c.first_seen)
)
_applied = rollup_policy.c
_REPORTED: Select[Any] = (
    select(
        _applied.mode,
        _applied.mx,
        _applied.reporter,
        func.min(_applied.day).label("first_day"),
        func.max(_applied.day).label("last_day"),
    )
    .where(_applied.domain_id == bindparam("domain_id"), _applied.day <= bindparam("until"))
    .group_by(_applied.reporter, _applied.policy_key, _applied.mode, _applied.mx)
    .order_by(func.max(_applied.day).desc(), _applied.reporter, _applied.mode)
)


def policies(
    database: Readable, domain_id: UUID, *, now: datetime, history: Sequence[PublishedPolicy] | None = None
) -> Policies:
    """Both sides as of `now`, oldest first and most recently reported first.

    `history`: the published policy's intervals, where they were read already.
    """
    with reading(database) as connection:
        history = histories(connection, [domain_id])[domain_id] if history is None else history
        published = known_at(history, now)
        reported = connection.execute(_REPORTED, {"domain_id": domain_id, "until": now.date()}).all()
    return Policies(
        published=published,
        reported=tuple(_with_staleness(row, published, now) for row in reported),
    )


def histories(connection: Connection, domain_ids: Iterable[UUID]) -> dict[UUID, tuple[PublishedPolicy, ...]]:
    """The published policy's intervals of each domain, oldest first."""
    found: dict[UUID, list[PublishedPolicy]] = {domain_id: [] for domain_id in domain_ids}
    for row in connection.execute(_HISTORIES, {"domain_ids": list(found)}).all():
        found[row.domain_id].append(_interval(row))
    return {domain_id: tuple(intervals) for domain_id, intervals in found.items()}


def _interval(row: Row[Any]) -> PublishedPolicy:
    return PublishedPolicy(
        mode=row.mode,
        policy_id=row.policy_id,
        max_age=row.max_age,
        mx=tuple(row.mx),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        ended_at=row.ended_at,
        error=row.error,
        error_detail=row.error_detail,
        policy_text=row.policy_text,
        certificate_ends=row.certificate_ends,
    )


def _with_staleness(row: Row[Any], published: Sequence[PublishedPolicy], now: datetime) -> ReportedPolicy:
    patterns = tuple(row.mx if not isinstance(row.mx, str) else orjson.loads(row.mx))
    return ReportedPolicy(
        mode=row.mode,
        mx=patterns,
        reporter=row.reporter,
        first_day=row.first_day,
        last_day=row.last_day,
        stale=_is_stale(row.mode, patterns, start_of(row.last_day), published, now),
    )


def _is_stale(
    mode: str, patterns: tuple[str, ...], applied_at: datetime, published: Sequence[PublishedPolicy], now: datetime
) -> bool:
    """Whether a policy was applied at a time when no sender could rightly hold it any more.

    A sender may keep a policy until its max_age is over after it was last published (M14), and takes about a day
    to look again. A policy that we never saw published cannot be called stale: we do not know its max_age.
    """
    same = [interval for interval in published if _says(interval, mode, patterns)]
    current = in_force_at(published, now)
    if not same or (current is not None and _says(current, mode, patterns)):
        return False
    return all(
        applied_at > interval.last_seen + timedelta(seconds=interval.max_age or 0) + _REFRESH for interval in same
    )


def _says(interval: PublishedPolicy, mode: str, patterns: tuple[str, ...]) -> bool:
    return interval.error is None and interval.mode == mode and sorted(set(interval.mx)) == list(patterns)
