"""Who has fallen silent: domains that had reports, and their reporters. By the day, so it is asked for now and then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select

from collector.store.engine import reading
from collector.store.queries.common import number
from collector.store.tables import delivery, domain, rollup_day, rollup_reporter

SPAN_DAYS = 28
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class SilentReporter:
    """`days`: about so many days of the window it reported; `first_day` is the first day of that window."""

    reporter: str
    days: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Silent:
    """A domain. `days`: about so many of the 28 days up to `last_day` there were reports.

    `last_day` is None where it is not the domain that is silent, but some of its reporters.
    """

    name: str
    days: int = 0
    last_day: date | None = None
    last_received: datetime | None = None
    reporters: tuple[SilentReporter, ...] = ()


def last_stored(engine: Engine) -> datetime | None:
    """When the last report that counts came, about whatever domain."""
    query = select(delivery.c.received_at).where(delivery.c.outcome == "stored")
    with reading(engine) as connection:
        return connection.execute(query.order_by(delivery.c.delivery_id.desc()).limit(1)).scalar()


def silent(engine: Engine, *, today: date, grace: int) -> tuple[Silent, ...]:
    """The domains about whose last `grace` days, and today, there is no report; and those with such a reporter."""
    with reading(engine) as connection:
        names = connection.execute(select(domain.c.domain_id, domain.c.name).order_by(domain.c.domain_id)).all()
    found: list[Silent] = []
    for start in range(0, len(names), _AT_ONCE):
        some = {row.domain_id: row.name for row in names[start : start + _AT_ONCE]}
        with reading(engine) as connection:  # each its own: a long one keeps SQLite from folding its log
            quiet = _quiet(connection, list(some), today - timedelta(days=grace))
            reporters = _reporters(connection, [key for key in some if key not in quiet], today, grace)
        found += [Silent(some[key], *figures) for key, figures in quiet.items()]
        found += [Silent(some[key], reporters=tuple(each)) for key, each in reporters.items()]
    return tuple(found)


def _quiet(connection: Connection, ids: Sequence[UUID], before: date) -> dict[UUID, tuple[int, date, datetime]]:
    """(days with reports in the four weeks, last day, last arrival) of those whose last day is before then."""
    table = rollup_day.c
    last_day = select(func.max(table.day)).where(table.domain_id == domain.c.domain_id).scalar_subquery()
    query = select(domain.c.domain_id, last_day.label("day")).where(domain.c.domain_id.in_(ids))
    last = {row.domain_id: row.day for row in connection.execute(query) if row.day is not None and row.day < before}
    if not last:
        return {}
    rows = select(table.domain_id, table.day, func.max(table.last_received)).where(table.domain_id.in_(list(last)))
    days: dict[UUID, int] = dict.fromkeys(last, 0)
    received: dict[UUID, datetime] = {}
    for key, day, at in connection.execute(rows.group_by(table.domain_id, table.day)).all():
        days[key] += day > last[key] - timedelta(days=SPAN_DAYS)
        received[key] = max(at, received.get(key, at))
    return {key: (days[key], day, received[key]) for key, day in last.items()}


def _reporters(
    connection: Connection, ids: Sequence[UUID], today: date, grace: int
) -> dict[UUID, list[SilentReporter]]:
    """Those with nothing about the last `grace` days, who told of some of the 28 days before."""
    table = rollup_reporter.c
    before = today - timedelta(days=grace)
    first = before - timedelta(days=SPAN_DAYS)
    query = (
        select(table.domain_id, table.reporter, func.count(table.day.distinct()), func.max(table.day))
        .where(table.domain_id.in_(ids), table.day >= first)
        .group_by(table.domain_id, table.reporter)
        .having(func.max(table.day) < before)
    )
    found: dict[UUID, list[SilentReporter]] = {}
    for key, reporter, days, last in connection.execute(query.order_by(table.domain_id, table.reporter)).all():
        found.setdefault(key, []).append(SilentReporter(reporter, number(days), first, last))
    return found
