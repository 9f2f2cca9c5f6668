"""Figures of each domain for those who watch from outside: few numbers, from the rollups, for many domains."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select

from collector.store.engine import reading
from collector.store.queries.checks import checked_hosts
from collector.store.queries.common import among, number, total, within_all
from collector.store.queries.modes import published_at
from collector.store.queries.policies import histories
from collector.store.tables import domain, rollup_day, rollup_mx

# Reports come a day late, and weekdays differ from weekends: a whole week.
WATCHED_DAYS = 7

_day, _mx = rollup_day.c, rollup_mx.c
_SESSIONS = (
    select(_day.domain_id, total(_day.successful), total(_day.failed))
    .where(within_all(rollup_day))
    .group_by(_day.domain_id)
)
_LAST = (
    select(_day.domain_id, func.max(_day.last_received))
    .where(among(_day.domain_id, "domain_ids"))
    .group_by(_day.domain_id)
)
_BY_MX = (
    select(_mx.domain_id, _mx.mx, total(_mx.failed))
    .where(within_all(rollup_mx), _mx.mx != "")
    .group_by(_mx.domain_id, _mx.mx)
    .order_by(_mx.domain_id, total(_mx.failed).desc(), _mx.mx)
)


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
    asked = {"domain_ids": list(names), "first_day": since, "last_day": now.date()}
    sessions = {key: (number(well), number(failed)) for key, well, failed in connection.execute(_SESSIONS, asked).all()}
    last: dict[UUID, datetime] = dict(connection.execute(_LAST, asked).all())
    by_mx: dict[UUID, dict[str, int]] = {}
    for domain_id, host, failed in connection.execute(_BY_MX, asked).all():
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
