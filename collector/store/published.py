"""What the monitor found, as a history of intervals, and which domains are due for a look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, case, func, insert, literal, select, update

from collector.errors import UsageError
from collector.monitor.checked import Check
from collector.monitor.model import Observation
from collector.store import checks
from collector.store.domains import record_mx
from collector.store.engine import reading, writing
from collector.store.tables import domain, poll, published_policy


@dataclass(frozen=True, slots=True)
class Due:
    """A domain to look at; `failures` counts the failed fetches since the last good one.

    Unless `whole`, it is enough to see whether the record still has `policy_id` (M5: another one, not a later one).
    """

    domain_id: UUID
    name: str
    failures: int
    whole: bool = True
    policy_id: str | None = None
    polled_at: datetime | None = None


def claim_due(engine: Engine, now: datetime, limit: int, lease: timedelta) -> tuple[Due, ...]:
    """Domains whose look is due, longest overdue first; nobody else gets them until `lease` is over."""
    query = _claimable(now).where(poll.c.due_at <= now).order_by(poll.c.due_at).limit(limit)
    return _claim(engine, query, now, lease)


def claim(engine: Engine, name: str, now: datetime, lease: timedelta) -> Due | None:
    """One domain, due or not, for a whole look; None while somebody else looks at it. Raises UsageError."""
    with reading(engine) as connection:
        if connection.execute(select(domain.c.domain_id).where(domain.c.name == name)).first() is None:
            raise UsageError(f"{name} is none of the domains")
    found = _claim(engine, _claimable(now).where(domain.c.name == name), now, lease)
    return found[0] if found else None


def _claimable(now: datetime) -> Select[Any]:
    """The columns of a Due, of domains that nobody looks at."""
    whole = poll.c.whole_due_at.is_(None) | (poll.c.whole_due_at <= now)
    free = poll.c.claimed_until.is_(None) | (poll.c.claimed_until <= now)
    return (
        select(poll.c.domain_id, domain.c.name, poll.c.failures, whole, poll.c.policy_id, poll.c.polled_at)
        .join(domain, domain.c.domain_id == poll.c.domain_id)
        .where(free)
    )


def _claim(engine: Engine, query: Select[Any], now: datetime, lease: timedelta) -> tuple[Due, ...]:
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            query = query.with_for_update(of=poll, skip_locked=True)
        due = tuple(Due(*row) for row in connection.execute(query))
        if due:
            ids = [item.domain_id for item in due]
            connection.execute(update(poll).where(poll.c.domain_id.in_(ids)).values(claimed_until=now + lease))
    return due


def ask_now(engine: Engine, names: Iterable[str], now: datetime) -> None:
    """Makes these domains due for a whole look at once."""
    ids = select(domain.c.domain_id).where(domain.c.name.in_(tuple(names)))
    with writing(engine) as connection:
        at_once = {"due_at": now, "whole_due_at": None, "claimed_until": None}
        connection.execute(update(poll).where(poll.c.domain_id.in_(ids)).values(at_once))


def ask_all(engine: Engine, now: datetime, *, seen_before: datetime) -> int:
    """Makes every domain due whose last whole look was before `seen_before`.

    Returns how many were not due by themselves.
    """
    later = func.coalesce(poll.c.whole_due_at, poll.c.due_at) > now
    with writing(engine) as connection:
        stale = update(poll).where((poll.c.polled_at < seen_before) & later)
        return connection.execute(stale.values(due_at=now, whole_due_at=now)).rowcount


def put_off(engine: Engine, domain_id: UUID, due_at: datetime) -> None:
    """The id is still the same: the next look is at `due_at`, or the whole one if that is sooner. Ends the claim."""
    soonest = case((poll.c.whole_due_at < due_at, poll.c.whole_due_at), else_=literal(due_at, poll.c.due_at.type))
    with writing(engine) as connection:
        own = update(poll).where(poll.c.domain_id == domain_id)
        connection.execute(own.values(due_at=soonest, claimed_until=None))


def release(engine: Engine, domain_id: UUID) -> None:
    """Ends a claim without a look."""
    with writing(engine) as connection:
        connection.execute(update(poll).where(poll.c.domain_id == domain_id).values(claimed_until=None))


def record(
    engine: Engine,
    domain_id: UUID,
    observation: Observation,
    next_due: datetime,
    *,
    check: Check | None = None,
    id_due: datetime | None = None,
) -> bool:
    """Adds one look to the history: the interval grows if it found the same again, else a new one begins.

    `check` is what there was to say about it; the next whole look is due at `next_due`, one at the id alone at
    `id_due`. Returns whether something changed. Ends the claim.
    """
    with writing(engine) as connection:
        if connection.execute(select(domain.c.name).where(domain.c.domain_id == domain_id)).first() is None:
            return False  # removed while we looked
        changed = _record_interval(connection, domain_id, observation)
        if observation.mx_hosts is not None:
            record_mx(connection, domain_id, observation.mx_hosts, observation.at)
        if check is not None:
            known = observation.mx_hosts is not None
            changed = checks.record(connection, domain_id, check, hosts_known=known) or changed
        connection.execute(
            update(poll)
            .where(poll.c.domain_id == domain_id)
            .values(
                polled_at=observation.at,
                due_at=min(next_due, id_due or next_due),
                whole_due_at=next_due,
                policy_id=observation.policy_id,
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
        changes = {
            "last_seen": observation.at,
            "error_detail": observation.error_detail,
            "certificate_ends": observation.certificate_ends,
        }
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
            certificate_ends=observation.certificate_ends,
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
