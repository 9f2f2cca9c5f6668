"""What the monitor found, as a history of intervals, and which domains are due for a look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, insert, select, update

from collector.monitor.model import Observation
from collector.store.domains import changing
from collector.store.engine import writing
from collector.store.tables import domain, domain_mx, poll, published_policy


@dataclass(frozen=True, slots=True)
class Due:
    """A domain to look at; `failures` counts the failed fetches since the last good one."""

    domain_id: UUID
    name: str
    failures: int


def claim_due(engine: Engine, now: datetime, limit: int, lease: timedelta) -> tuple[Due, ...]:
    """Domains whose look is due, longest overdue first; nobody else gets them until `lease` is over."""
    with writing(engine) as connection:
        query = (
            select(poll.c.domain_id, domain.c.name, poll.c.failures)
            .join(domain, domain.c.domain_id == poll.c.domain_id)
            .where(poll.c.due_at <= now, (poll.c.claimed_until.is_(None)) | (poll.c.claimed_until <= now))
            .order_by(poll.c.due_at)
            .limit(limit)
        )
        if connection.dialect.name == "postgresql":
            query = query.with_for_update(of=poll, skip_locked=True)
        due = tuple(Due(*row) for row in connection.execute(query))
        if due:
            ids = [item.domain_id for item in due]
            connection.execute(update(poll).where(poll.c.domain_id.in_(ids)).values(claimed_until=now + lease))
    return due


def ask_now(engine: Engine, names: Iterable[str], now: datetime) -> None:
    """Makes these domains due at once."""
    ids = select(domain.c.domain_id).where(domain.c.name.in_(tuple(names)))
    with writing(engine) as connection:
        connection.execute(update(poll).where(poll.c.domain_id.in_(ids)).values(due_at=now, claimed_until=None))


def ask_all(engine: Engine, now: datetime, *, seen_before: datetime) -> int:
    """Makes every domain due whose last look was before `seen_before`; returns how many were not due by themselves."""
    stale = (poll.c.polled_at < seen_before) & (poll.c.due_at > now)
    with writing(engine) as connection:
        return connection.execute(update(poll).where(stale).values(due_at=now)).rowcount


def record(engine: Engine, domain_id: UUID, observation: Observation, next_due: datetime) -> bool:
    """Adds one look to the history: the interval grows if it found the same again, else a new one begins.

    Returns whether something changed. Releases the claim.
    """
    with writing(engine) as connection:
        if connection.execute(select(domain.c.name).where(domain.c.domain_id == domain_id)).first() is None:
            return False  # removed while we looked
        changed = _record_interval(connection, domain_id, observation)
        if observation.mx_hosts is not None:
            _record_mx(connection, domain_id, observation.mx_hosts, observation.at)
        connection.execute(
            update(poll)
            .where(poll.c.domain_id == domain_id)
            .values(
                polled_at=observation.at,
                due_at=next_due,
                claimed_until=None,
                failures=poll.c.failures + 1 if observation.error else 0,
            )
        )
    return changed


def _record_interval(connection: Connection, domain_id: UUID, observation: Observation) -> bool:
    table = published_policy
    last = connection.execute(
        select(table).where(table.c.domain_id == domain_id).order_by(table.c.first_seen.desc()).limit(1)
    ).first()
    own = table.c.domain_id == domain_id
    values = _values(observation)
    if last is not None and observation.at <= last.last_seen:
        return False  # an older look that comes late adds nothing
    if last is not None and _same(last, values):
        changes = {"last_seen": observation.at, "error_detail": observation.error_detail}
        connection.execute(update(table).where(own, table.c.first_seen == last.first_seen).values(changes))
        return False
    if last is not None:
        connection.execute(
            update(table).where(own, table.c.first_seen == last.first_seen).values(ended_at=observation.at)
        )
    connection.execute(
        insert(table).values(
            domain_id=domain_id,
            first_seen=observation.at,
            last_seen=observation.at,
            error_detail=observation.error_detail,
            **values,
        )
    )
    return True


def _values(observation: Observation) -> dict[str, Any]:
    policy = observation.policy
    return {
        "mode": policy.mode if policy else "unknown",
        "policy_id": observation.policy_id,
        "max_age": policy.max_age if policy else None,
        "mx": list(policy.mx) if policy else [],
        "policy_text": policy.text if policy else None,
        "error": observation.error,
    }


def _same(row: Row[Any], values: dict[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in values.items())


def _record_mx(connection: Connection, domain_id: UUID, hosts: tuple[str, ...], at: datetime) -> None:
    table = domain_mx
    there = set(connection.execute(select(table.c.host).where(table.c.domain_id == domain_id)).scalars())
    fresh = [host for host in dict.fromkeys(hosts) if host not in there]
    if fresh:
        changing(connection)
        rows = [{"domain_id": domain_id, "host": host, "first_seen": at, "last_seen": at} for host in fresh]
        connection.execute(insert(table), rows)
    connection.execute(
        update(table).where(table.c.domain_id == domain_id, table.c.host.in_(hosts)).values(last_seen=at)
    )
