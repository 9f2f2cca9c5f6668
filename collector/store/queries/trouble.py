"""What the alerts look at, every few minutes and over all domains: first who may be in trouble, then what it is.

Who: a few queries over partial indexes, however many domains there are. What: a few queries per thousand of those.
Nothing is judged here: dashboard.alerts does.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, exists, func, select

from collector.monitor import shape
from collector.monitor.checked import MxCheck, TlsrptCheck
from collector.store.engine import reading
from collector.store.queries.common import number, total
from collector.store.queries.evidence import FailedDay
from collector.store.queries.policies import histories
from collector.store.queries.rows import PublishedPolicy
from collector.store.tables import (
    check_state,
    delivery,
    domain,
    domain_mx,
    poll,
    published_policy,
    rollup_day,
    rollup_failure,
    rollup_type,
)

# One query answers for so many domains: SQLite takes 32,766 parameters.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Day:
    """A day with reports (rule 4)."""

    day: date
    sessions: int
    failed: int


@dataclass(frozen=True, slots=True)
class Record:
    """The TLSRPT record as the checks found it from then on. `found` has no record where there is none."""

    first_seen: datetime
    found: TlsrptCheck


@dataclass(frozen=True, slots=True)
class Trouble:
    """Of one domain. `days`, `failed` and `ceiling` (sts sessions that failed, by (day, mode)) are those of the window.

    `mx` are all hosts that were ever seen in DNS. `fetch_failures` counts the failed looks at the policy in a row.
    `hosts` are the present MX hosts as the last check found them; `records` the last two states of the record, the
    older one first.
    """

    domain_id: UUID
    name: str
    days: tuple[Day, ...] = ()
    failed: tuple[FailedDay, ...] = ()
    ceiling: Mapping[tuple[date, str], int] = field(default_factory=dict)
    mx: frozenset[str] = frozenset()
    history: tuple[PublishedPolicy, ...] = ()
    fetch_failures: int = 0
    hosts: tuple[MxCheck, ...] = ()
    records: tuple[Record, ...] = ()


def suspects(engine: Engine, *, failed_since: date, changed_since: datetime, ends_before: datetime) -> frozenset[UUID]:
    """The domains in which something may be wrong, or is new since then."""
    state, policy, day = check_state.c, published_policy.c, rollup_day.c
    older_policy, older_state = published_policy.alias(), check_state.alias()
    now = state.ended_at.is_(None)
    queries = (
        select(day.domain_id).where(day.day >= failed_since, day.failed > 0),
        select(policy.domain_id).where(policy.ended_at.is_(None), policy.error.is_not(None)),
        select(policy.domain_id).where(policy.first_seen >= changed_since, _is_older(older_policy, policy)),
        select(state.domain_id).where(now, state.codes.like("% mx_not_in_policy %"), state.part == "mx"),
        select(state.domain_id).where(now, state.codes.is_not(None), state.part == "tlsrpt"),
        select(policy.domain_id).where(policy.ended_at.is_(None), policy.certificate_ends < ends_before),
        select(state.domain_id).where(now, state.not_after.is_not(None), state.not_after < ends_before),
        select(state.domain_id).where(
            state.first_seen >= changed_since, state.part == "tlsrpt", _is_older(older_state, state, part="tlsrpt")
        ),
    )
    with reading(engine) as connection:
        return frozenset(
            domain_id for query in queries for domain_id in connection.execute(query.distinct()).scalars().all()
        )


def _is_older(table: Any, row: Any, part: str | None = None) -> ColumnElement[bool]:
    own = [table.c.domain_id == row.domain_id, table.c.first_seen < row.first_seen]
    return exists().where(*own, *([table.c.part == part] if part else []))


def troubles(engine: Engine, domain_ids: Iterable[UUID], *, first: date) -> Iterator[tuple[Trouble, ...]]:
    """What there is to say about each, with the figures from the day `first` on, a thousand at a time.

    Removed ones are missing. Of 100,000 domains in trouble all at once would take half a gigabyte.
    """
    wanted = sorted(domain_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        with reading(engine) as connection:
            some = tuple(_some(connection, wanted[start : start + _AT_ONCE], first))
        yield some


def _some(connection: Connection, ids: Collection[UUID], first: date) -> list[Trouble]:
    own = select(domain.c.domain_id, domain.c.name, poll.c.failures)
    known = own.outerjoin(poll, poll.c.domain_id == domain.c.domain_id).where(domain.c.domain_id.in_(ids))
    days, failed, ceiling = _days(connection, ids, first), _failed(connection, ids, first), _sts(connection, ids, first)
    mx, hosts, records = _mx(connection, ids), _hosts(connection, ids), _records(connection, ids)
    published = histories(connection, ids)
    return [
        Trouble(
            domain_id=key,
            name=name,
            days=tuple(days.get(key, ())),
            failed=tuple(failed.get(key, ())),
            ceiling=_capped(ceiling.get(key, {}), days.get(key, ())),
            mx=frozenset(mx.get(key, ())),
            history=published[key],
            fetch_failures=failures or 0,
            hosts=tuple(hosts.get(key, ())),
            records=tuple(records.get(key, ())),
        )
        for key, name, failures in connection.execute(known)
    ]


def _days(connection: Connection, ids: Collection[UUID], first: date) -> dict[UUID, list[Day]]:
    table = rollup_day.c
    query = (
        select(table.domain_id, table.day, total(table.successful), total(table.failed))
        .where(table.domain_id.in_(ids), table.day >= first, table.reports > 0)
        .group_by(table.domain_id, table.day)
        .order_by(table.domain_id, table.day)
    )
    found: dict[UUID, list[Day]] = {}
    for key, day, successful, failed in connection.execute(query).all():
        found.setdefault(key, []).append(Day(day, number(successful) + number(failed), number(failed)))
    return found


def _failed(connection: Connection, ids: Collection[UUID], first: date) -> dict[UUID, list[FailedDay]]:
    table = rollup_failure.c
    key = (table.domain_id, table.day, table.mode, table.result_type, table.reporter, table.mx)
    query = (
        select(*key, total(table.failed))
        .where(table.domain_id.in_(ids), table.day >= first, table.failed > 0)
        .group_by(*key)
        .order_by(*key)
    )
    found: dict[UUID, list[FailedDay]] = {}
    for domain_id, day, mode, result_type, reporter, mx, failed in connection.execute(query).all():
        found.setdefault(domain_id, []).append(FailedDay(day, mode, result_type, number(failed), reporter, mx or ""))
    return found


def _sts(connection: Connection, ids: Collection[UUID], first: date) -> dict[UUID, dict[tuple[date, str], int]]:
    """The failed sessions of the sts results, by (day, mode)."""
    table = rollup_type.c
    key = (table.domain_id, table.day, table.mode)
    query = (
        select(*key, total(table.failed))
        .where(table.domain_id.in_(ids), table.day >= first, table.policy_type == "sts", table.failed > 0)
        .group_by(*key)
    )
    found: dict[UUID, dict[tuple[date, str], int]] = {}
    for domain_id, day, mode, failed in connection.execute(query).all():
        found.setdefault(domain_id, {})[day, mode] = number(failed)
    return found


def _capped(by_mode: Mapping[tuple[date, str], int], days: Iterable[Day]) -> dict[tuple[date, str], int]:
    """No more than the day has in all (rule 4)."""
    whole = {each.day: each.failed for each in days}
    return {(day, mode): min(failed, whole.get(day, 0)) for (day, mode), failed in by_mode.items()}


def _mx(connection: Connection, ids: Collection[UUID]) -> dict[UUID, list[str]]:
    table = domain_mx.c
    found: dict[UUID, list[str]] = {}
    for key, host in connection.execute(select(table.domain_id, table.host).where(table.domain_id.in_(ids))):
        found.setdefault(key, []).append(host)
    return found


def _hosts(connection: Connection, ids: Collection[UUID]) -> dict[UUID, list[MxCheck]]:
    table = check_state.c
    query = select(table.domain_id, table.result).where(
        table.domain_id.in_(ids), table.part == "mx", table.ended_at.is_(None)
    )
    found: dict[UUID, list[MxCheck]] = {}
    for key, result in connection.execute(query.order_by(table.domain_id, table.host)):
        found.setdefault(key, []).append(shape.read_mx(result))
    return found


def _records(connection: Connection, ids: Collection[UUID]) -> dict[UUID, list[Record]]:
    table = check_state.c
    rank = func.row_number().over(partition_by=table.domain_id, order_by=table.first_seen.desc()).label("rank")
    ranked = (
        select(table.domain_id, table.first_seen, table.result, rank)
        .where(table.domain_id.in_(ids), table.part == "tlsrpt")
        .subquery()
    )
    query = select(ranked).where(ranked.c.rank <= 2).order_by(ranked.c.domain_id, ranked.c.first_seen)
    found: dict[UUID, list[Record]] = {}
    for row in connection.execute(query):
        found.setdefault(row.domain_id, []).append(Record(row.first_seen, shape.read_tlsrpt(row.result)))
    return found


def quarantined(engine: Engine, since: datetime) -> dict[str, int]:
    """Deliveries quarantined since then that claim to be reports, by reason code."""
    table = delivery.c
    first = UUID(int=int(since.timestamp() * 1000) << 80)  # ids begin with the time (RFC 9562 section 5.7)
    reason = func.coalesce(table.reason_code, "")
    query = (
        select(reason, func.count())
        .where(table.outcome == "quarantined", table.delivery_id >= first, reason != "not_a_report")
        .group_by(reason)
    )
    with reading(engine) as connection:
        return dict(connection.execute(query).all())
