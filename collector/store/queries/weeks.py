"""What a weekly summary asks for many domains at once: their figures by day, who was silent, what was not counted."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import case, func, select

from collector.domains import SELF_TEST
from collector.store.queries.common import REGULAR_DAYS, REGULAR_WINDOW, end_of, number, start_of, total
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import delivery, delivery_part, domain, rollup_day, rollup_reporter

# One query answers for so many domains: SQLite takes 32,766 parameters.
AT_ONCE = 1000

_Key = TypeVar("_Key", str, UUID)
DayCounts = dict[date, tuple[int, int, int]]  # reports, successful, failed; a day without reports is absent


def domain_ids(database: Readable, only: Collection[str] | None = None) -> dict[str, UUID]:
    """All known domains, or those of them that `only` names, by name."""
    query = select(domain.c.name, domain.c.domain_id).order_by(domain.c.name)
    with reading(database) as connection:
        if only is None:
            return dict(connection.execute(query).all())
        found: dict[str, UUID] = {}
        for some in _chunks(sorted(only)):
            found |= dict(connection.execute(query.where(domain.c.name.in_(some))).all())
    return found


def day_counts(database: Readable, ids: Collection[UUID], first: date, last: date) -> dict[UUID, DayCounts]:
    """(reports, successful, failed) of each day with reports (rule 4), by domain; one without any is absent."""
    table = rollup_day.c
    found: dict[UUID, DayCounts] = {}
    with reading(database) as connection:
        for some in _chunks(ids):
            query = (
                select(table.domain_id, table.day, total(table.reports), total(table.successful), total(table.failed))
                .where(table.domain_id.in_(some), table.day.between(first, last))
                .group_by(table.domain_id, table.day)
            )
            for domain_id, day, *counts in connection.execute(query).all():
                reports, successful, failed = map(number, counts)
                found.setdefault(domain_id, {})[day] = reports, successful, failed
    return found


def last_arrivals(database: Readable, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When the last report about each domain arrived; one without any is absent."""
    table = rollup_day.c
    found: dict[UUID, datetime] = {}
    with reading(database) as connection:
        for some in _chunks(ids):
            query = (
                select(table.domain_id, func.max(table.last_received))
                .where(table.domain_id.in_(some))
                .group_by(table.domain_id)
            )
            found |= dict(connection.execute(query).all())
    return found


def silent_reporters(database: Readable, ids: Collection[UUID], first: date, last: date) -> dict[UUID, tuple[str, ...]]:
    """Regular reporters without a report about the days `first` to `last`, by domain and sorted."""
    table = rollup_reporter.c
    before = first - REGULAR_WINDOW
    within = case((table.day >= first, 1), else_=0)
    found: dict[UUID, list[str]] = {}
    with reading(database) as connection:
        for some in _chunks(ids):
            query = (
                select(table.domain_id, table.reporter)
                .where(table.domain_id.in_(some), table.day.between(before, last))
                .group_by(table.domain_id, table.reporter, table.authenticated)
                .having(total(within) == 0, func.count() >= REGULAR_DAYS)
                .order_by(table.domain_id, table.reporter)
            )
            for domain_id, reporter in connection.execute(query).all():
                found.setdefault(domain_id, []).append(reporter)
    return {domain_id: tuple(dict.fromkeys(names)) for domain_id, names in found.items()}


def quarantined_between(database: Readable, first: date, last: date) -> tuple[tuple[str, int], ...]:
    """Deliveries that arrived on these days and are quarantined now: (reason code, how many), most first."""
    table = delivery.c
    query = (
        select(table.reason_code, func.count())
        .where(
            table.outcome == "quarantined",
            table.received_at >= start_of(first),
            table.received_at < end_of(last),
        )
        .group_by(table.reason_code)
    )
    with reading(database) as connection:
        return _most_first((name, count) for name, count in connection.execute(query))


def foreign_between(database: Readable, first: date, last: date) -> tuple[tuple[str, int], ...]:
    """Foreign policy domains whose reports arrived on these days and wait: (name, deliveries), most first."""
    part = delivery_part.c
    query = (
        select(part.name, func.count(part.delivery_id.distinct()))
        .join(delivery, delivery.c.delivery_id == part.delivery_id)
        .where(
            part.outcome == "unassigned",
            part.name.not_in(("", SELF_TEST)),
            delivery.c.received_at >= start_of(first),
            delivery.c.received_at < end_of(last),
        )
        .group_by(part.name)
    )
    with reading(database) as connection:
        return _most_first((name, count) for name, count in connection.execute(query))


def _most_first(rows: Iterable[tuple[str | None, int]]) -> tuple[tuple[str, int], ...]:
    counted = [(name or "", number(count)) for name, count in rows]
    return tuple(sorted(counted, key=lambda each: (-each[1], each[0])))


def _chunks(ids: Collection[_Key]) -> Iterator[list[_Key]]:
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]
