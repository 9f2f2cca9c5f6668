"""Figures of each domain for those who watch from outside: few numbers, from the rollups, for many domains."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select

from collector.store.engine import reading
from collector.store.queries.checks import checked_hosts
from collector.store.queries.common import number, total
from collector.store.queries.modes import published_at
from collector.store.queries.policies import histories
from collector.store.tables import domain, rollup_day, rollup_mx

# Reports come a day late, and weekdays differ from weekends: a whole week.
WATCHED_DAYS = 7


@dataclass(frozen=True, slots=True)
class Watched:
    """One domain. Sessions are those of the 7 UTC days up to today; `certificates` ends the time of each MX host's.

    `mode` is the published one in force; `failed_by_mx` and `certificates` go by MX host.
    """

    name: str
    mode: str
    successful: int
    failed: int
    last_report: datetime | None
    certificates: dict[str, datetime]
    failed_by_mx: dict[str, int]


def watched(engine: Engine, *, now: datetime, most: int) -> tuple[Watched, ...]:
    """All domains by name; none if they are more than `most`."""
    with reading(engine) as connection:
        found = connection.execute(select(domain.c.domain_id, domain.c.name).order_by(domain.c.name).limit(most + 1))
        names = {row.domain_id: row.name for row in found}
        return tuple(_each(connection, names, now)) if 0 < len(names) <= most else ()


def _each(connection: Connection, names: dict[UUID, str], now: datetime) -> Iterator[Watched]:
    since = now.date() - timedelta(days=WATCHED_DAYS - 1)
    day, mx = rollup_day.c, rollup_mx.c
    sessions = {
        domain_id: (number(successful), number(failed))
        for domain_id, successful, failed in connection.execute(
            select(day.domain_id, total(day.successful), total(day.failed))
            .where(day.domain_id.in_(names), day.day.between(since, now.date()))
            .group_by(day.domain_id)
        )
    }
    last = dict(
        connection.execute(
            select(day.domain_id, func.max(day.last_received)).where(day.domain_id.in_(names)).group_by(day.domain_id)
        ).all()
    )
    by_mx: dict[UUID, dict[str, int]] = {}
    for domain_id, host, failed in connection.execute(
        select(mx.domain_id, mx.mx, total(mx.failed))
        .where(mx.domain_id.in_(names), mx.day.between(since, now.date()), mx.mx != "")
        .group_by(mx.domain_id, mx.mx)
        .order_by(mx.domain_id, total(mx.failed).desc(), mx.mx)
    ):
        by_mx.setdefault(domain_id, {})[host] = number(failed)
    published, checked = histories(connection, names), checked_hosts(connection, names, at=now)
    for domain_id, name in names.items():
        shown = {host.found.host: host.found.certificate for host in checked.get(domain_id, ())}
        successful, failed = sessions.get(domain_id, (0, 0))
        yield Watched(
            name=name,
            mode=published_at(published[domain_id], now) or "unknown",
            successful=successful,
            failed=failed,
            last_report=last.get(domain_id),
            certificates={host: each.not_after for host, each in shown.items() if each is not None},
            failed_by_mx=by_mx.get(domain_id, {}),
        )
