"""What a verdict about a domain rests on: figures of the last 28 days, the published policy, the MX hosts.

For a page of domains it takes a few queries, however many they are. Nothing is judged here: dashboard.verdict does.

Everything is as of a moment, which may be past: days after it do not count, nor what looks after it found. What
reports that came later tell of days before it does count.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, case, func, literal, or_, select

from collector.store.queries.checks import CheckedHost, checked_hosts
from collector.store.queries.common import among, number, total, within_all
from collector.store.queries.domains import reported_modes
from collector.store.queries.modes import in_force_at, known_at, published_at
from collector.store.queries.packed import packed, unpacked
from collector.store.queries.policies import Histories, histories
from collector.store.queries.rows import PublishedPolicy
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import domain_mx, rollup_day, rollup_failure, rollup_policy, rollup_type

WINDOW_DAYS = 28
# Reported modes under which a sender validates the MX: what `enforce` would do shows in these results only.
_TESTING, _ENFORCE = _JUDGING = ("testing", "enforce")
# One query answers for so many domains: SQLite takes 32,766 parameters.
_AT_ONCE = 1000
_BETWEEN_LOOKS = timedelta(days=1)
Asked = Mapping[str, object]  # the parameters of `within_all()`


_type, _policy, _day, _host = rollup_type.c, rollup_policy.c, rollup_day.c, domain_mx.c
_SESSIONS = (
    select(
        _type.domain_id,
        packed(
            *(_type.day, _type.successful, _type.failed),
            case((_type.authenticated, 0), else_=1),
            case((_type.mode == _ENFORCE, 1), else_=0),
        ),
    )
    .where(within_all(rollup_type), _type.policy_type == "sts", _type.mode.in_(_JUDGING))
    .where(or_(_type.successful > 0, _type.failed > 0))
    .group_by(_type.domain_id)
)
_FAILED_BY_DAY = (
    select(_day.domain_id, _day.day, total(_day.failed))
    .where(within_all(rollup_day), _day.failed > 0)
    .group_by(_day.domain_id, _day.day)
)
# How many told of such sessions. Who they are first: PostgreSQL would sort all rows to count the distinct ones.
_tellers = (
    select(_policy.domain_id, _policy.reporter)
    .where(within_all(rollup_policy), _policy.mode.in_(_JUDGING), _policy.sessions > 0)
    .group_by(_policy.domain_id, _policy.reporter)
    .subquery()
)
_REPORTERS = select(_tellers.c.domain_id, func.count()).group_by(_tellers.c.domain_id)
_HOSTS = (
    select(_host.domain_id, _host.host, _host.last_seen)
    .where(among(_host.domain_id, "domain_ids"), _host.first_seen <= bindparam("at"))
    .order_by(_host.domain_id, _host.host)
)


@lru_cache
def _failures(is_detailed: bool) -> Select[Any]:
    table = rollup_failure.c
    common = (table.domain_id, table.day, table.mode, table.result_type)
    apart = (table.reporter, table.mx) if is_detailed else ()
    return (
        select(*common, total(table.failed), *(apart or (literal(None), literal(None))))
        .where(within_all(rollup_failure), table.failed > 0)
        .group_by(*common, *apart)
        .order_by(*common, *apart)
    )


@dataclass(frozen=True, slots=True)
class FailedDay:
    """Failure details of one day that have these in common. `reporter` and `mx` are None in the evidence of a list.

    `mode` is that of the failure's own policy result (rule 7). Details of one session may overlap (R17).
    """

    day: date
    mode: str
    result_type: str
    failed: int
    reporter: str | None = None
    mx: str | None = None  # "" where no MX was told


@dataclass(frozen=True, slots=True)
class MxCertificate:
    """What an MX host showed at our last check of it. `trusted`, `not_after` None: it showed no certificate."""

    host: str
    starttls: bool | None  # None: it was not reached
    trusted: bool | None
    not_after: datetime | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one domain. Days are those of the window: the 28 before today, and today.

    `days` are those with sessions under a policy in testing or enforce, oldest first; `sessions`, `unauthenticated`
    and `reporters` count these sessions and who told them. They come from sts results alone, so the sessions that are
    told again under tlsa do not count twice (rule 4).

    `ceiling` holds, by (day, mode), the sessions that failed by the summaries: no more than these were held back,
    whatever the details add up to (rules 4 and 5).

    `mode` is the published one in force, before our first look the reported one; `history` the published policy's
    intervals, oldest first; `in_force` the policy that senders are to apply. `mx` are the hosts of the latest look
    that could read them, None if none could; `certificates` are None where no MX was ever checked.
    """

    mode: str
    history: tuple[PublishedPolicy, ...] = ()
    in_force: PublishedPolicy | None = None
    days: tuple[date, ...] = ()
    sessions: int = 0
    unauthenticated: int = 0
    reporters: int = 0
    failed: tuple[FailedDay, ...] = ()
    ceiling: dict[tuple[date, str], int] = field(default_factory=dict)
    mx: tuple[str, ...] | None = None
    mx_seen: datetime | None = None
    certificates: tuple[MxCertificate, ...] | None = None


@dataclass(slots=True)
class _Judged:
    """The sessions of a domain under a policy in testing or enforce."""

    sessions: int = 0
    unauthenticated: int = 0
    days: list[date] = field(default_factory=list)
    ceiling: dict[tuple[date, str], int] = field(default_factory=dict)


def evidence(
    database: Readable, domain_id: UUID, *, now: datetime, history: tuple[PublishedPolicy, ...] | None = None
) -> Evidence:
    """The evidence about one domain as of `now` (aware, UTC), its failures by reporter and MX.

    `history`: the published policy's intervals, where they were read already.
    """
    published = None if history is None else {domain_id: history}
    with reading(database) as connection:
        return _gather(connection, [domain_id], now, published, is_detailed=True)[domain_id]


def evidence_of_all(
    database: Readable, domain_ids: Iterable[UUID], *, now: datetime, published: Histories | None = None
) -> dict[UUID, Evidence]:
    """The evidence about many domains, their failures by day and result type only.

    `published`: the histories of these domains, where they were read already.
    """
    wanted = list(domain_ids)
    found: dict[UUID, Evidence] = {}
    with reading(database) as connection:
        for start in range(0, len(wanted), _AT_ONCE):
            found |= _gather(connection, wanted[start : start + _AT_ONCE], now, published, is_detailed=False)
    return found


def _gather(
    connection: Connection,
    domain_ids: Collection[UUID],
    now: datetime,
    published: Histories | None = None,
    *,
    is_detailed: bool,
) -> dict[UUID, Evidence]:
    today = now.date()
    published = histories(connection, domain_ids) if published is None else published
    known = {key: known_at(published[key], now) for key in domain_ids}
    reported = reported_modes(connection, [key for key in domain_ids if not known[key]], today)
    asked = {"domain_ids": list(domain_ids), "first_day": today - timedelta(days=WINDOW_DAYS), "last_day": today}
    judged = _judged(connection, asked)
    reporters = {key: number(count) for key, count in connection.execute(_REPORTERS, asked).all()}
    failed = _failed(connection, asked, is_detailed=is_detailed)
    hosts = _mx(connection, domain_ids, now)
    checked = checked_hosts(connection, domain_ids, at=now)
    found = {}
    for key in domain_ids:
        of = judged.get(key, _Judged())
        mx, mx_seen = hosts.get(key, (None, None))
        found[key] = Evidence(
            mode=published_at(known[key], now) or reported.get(key, "unknown"),
            history=known[key],
            in_force=in_force_at(known[key], now),
            days=tuple(of.days),
            sessions=of.sessions,
            unauthenticated=of.unauthenticated,
            reporters=reporters.get(key, 0),
            failed=tuple(failed.get(key, ())),
            ceiling=of.ceiling,
            mx=mx,
            mx_seen=mx_seen,
            certificates=_certificates(checked.get(key)),
        )
    return found


def _certificates(checked: tuple[CheckedHost, ...] | None) -> tuple[MxCertificate, ...] | None:
    if checked is None:
        return None
    found = []
    for host in checked:
        shown = host.found.certificate
        trusted, not_after = (None, None) if shown is None else (shown.trusted, shown.not_after)
        found.append(MxCertificate(host.found.host, host.found.starttls, trusted, not_after, host.at))
    return tuple(found)


def _judged(connection: Connection, asked: Asked) -> dict[UUID, _Judged]:
    """The sessions by domain. Days are in order; a day's failed sessions are no more than the day has in all."""
    # The failed sessions of a day (rule 4).
    whole = {(key, day): number(failed) for key, day, failed in connection.execute(_FAILED_BY_DAY, asked).all()}
    found: dict[UUID, _Judged] = {}
    for domain_id, rows in connection.execute(_SESSIONS, asked).all():
        of = found[domain_id] = _Judged()
        days = set()
        for day, successful, failed, unauthenticated, enforced in unpacked(rows, 4):
            days.add(day)
            of.sessions += successful + failed
            if unauthenticated:
                of.unauthenticated += successful + failed
            if failed:
                mode = _ENFORCE if enforced else _TESTING
                most = whole.get((domain_id, day), 0)
                of.ceiling[day, mode] = min(of.ceiling.get((day, mode), 0) + failed, most)
        of.days = sorted(days)
    return found


def _failed(connection: Connection, asked: Asked, *, is_detailed: bool) -> dict[UUID, list[FailedDay]]:
    """The failures by domain, oldest first."""
    found: dict[UUID, list[FailedDay]] = {}
    rows = connection.execute(_failures(is_detailed), asked).all()
    for domain_id, day, mode, result_type, failed, reporter, mx in rows:
        host = (mx or "") if is_detailed else None
        found.setdefault(domain_id, []).append(FailedDay(day, mode, result_type, number(failed), reporter, host))
    return found


def _mx(
    connection: Connection, domain_ids: Collection[UUID], at: datetime
) -> dict[UUID, tuple[tuple[str, ...], datetime]]:
    """The MX hosts of the latest look before `at` that could read them, by domain: those seen last, all at one time.

    Of each host only the first look and the last are kept. Where there were looks after `at`, those that had been
    seen within a day of it are taken.
    """
    by_domain: dict[UUID, list[tuple[str, datetime]]] = {}
    for domain_id, host, seen in connection.execute(_HOSTS, {"domain_ids": list(domain_ids), "at": at}).all():
        by_domain.setdefault(domain_id, []).append((host, seen))
    found = {}
    for domain_id, hosts in by_domain.items():
        latest = max(seen for _, seen in hosts)
        since = latest if latest <= at else at - _BETWEEN_LOOKS
        found[domain_id] = (tuple(host for host, seen in hosts if seen >= since), min(latest, at))
    return found
