"""The figures of a page of domains: of each day of a range, of the days before it, and when the last report came."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Date, Select, Table, and_, bindparam, case, func, select, true

from collector.counting.sessions import KEY_CHARACTERS
from collector.store.queries.common import among, number, total, unindexed
from collector.store.queries.narrowed import recounted
from collector.store.queries.packed import packed, places, unpacked_raw
from collector.store.queries.rows import Filter
from collector.store.tables import rollup_day, rollup_reporter, rollup_type

_Pair = tuple[int, int]  # sessions, failed


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one domain: `daily` has every day of the range, `before` is the sum of the days before it.

    `last_report` is when the last report about any day came, whatever was asked for; None: never.
    """

    daily: tuple[_Pair, ...]
    before: _Pair = (0, 0)
    last_report: datetime | None = None


def figures_of_page(connection: Connection, domain_ids: Collection[UUID], wanted: Filter) -> dict[UUID, Figures]:
    """The figures of each domain under a filter."""
    # As many days before, for the change; the calendar has a beginning.
    before = max(wanted.first - (wanted.last - wanted.first) - timedelta(days=1), date(1970, 1, 1))
    if not wanted.is_narrowed:
        # All three are in the same rows.
        return _added_up(connection, domain_ids, wanted, before, rollup_day, is_whole=True)
    if wanted.reporter is None or wanted.policy_type is None:
        rollup = rollup_reporter if wanted.reporter else rollup_type
        figures = _added_up(connection, domain_ids, wanted, before, rollup)
    else:
        # No rollup knows both: the reports of this page are counted again.
        with recounted(connection, list(domain_ids), replace(wanted, first=before)) as rows:
            counted = replace(wanted, reporter=None, policy_type=None)
            figures = _added_up(rows, domain_ids, counted, before, rollup_day)
    last = _last_reports(connection, domain_ids)
    return {key: replace(found, last_report=last.get(key)) for key, found in figures.items()}


def _added_up(
    connection: Connection,
    domain_ids: Collection[UUID],
    wanted: Filter,
    before: date,
    rollup: Table,
    *,
    is_whole: bool = False,
) -> dict[UUID, Figures]:
    """`is_whole`: with `last_report`, for which the rows of all days are looked at."""
    query = _sums(rollup, wanted.authenticated_only, bool(wanted.reporter), bool(wanted.policy_type), is_whole)
    asked = {"domain_ids": list(domain_ids), "first_day": wanted.first, "last_day": wanted.last, "before": before}
    if wanted.reporter:
        asked["reporter"] = wanted.reporter[:KEY_CHARACTERS]
    if wanted.policy_type:
        asked["policy_type"] = wanted.policy_type
    days = places(wanted.first, wanted.last)
    length = (wanted.last - wanted.first).days + 1
    figures = dict.fromkeys(domain_ids, Figures(((0, 0),) * length))
    for domain_id, rows, well, failed, *last in connection.execute(query, asked).all():
        sums = number(well) + number(failed), number(failed)
        figures[domain_id] = Figures(_by_day(rows, days, length), sums, *last)
    return figures


@lru_cache
def _sums(rollup: Table, authenticated_only: bool, of_reporter: bool, of_type: bool, is_whole: bool) -> Select[Any]:
    """(domain, its days packed, successful and failed before them, with `is_whole` when its last report came)."""
    table = rollup.c
    first, last, before = (bindparam(name, type_=Date()) for name in ("first_day", "last_day", "before"))
    counts = table.authenticated if authenticated_only else true()
    in_range = and_(counts, table.day.between(first, last))
    earlier = and_(counts, table.day >= before, table.day < first)
    query = (
        select(
            table.domain_id,
            packed(table.day, table.successful, table.failed).filter(in_range),
            # Where only the sum is shown the database adds up.
            *(total(case((earlier, each), else_=0)) for each in (table.successful, table.failed)),
            *((func.max(table.last_received),) if is_whole else ()),
        )
        .where(among(table.domain_id, "domain_ids"))
        .group_by(table.domain_id)
    )
    if of_reporter:
        # By domain: of a hundred domains there are fewer rows than of one reporter.
        query = query.where(unindexed(table.reporter) == bindparam("reporter"))
    if of_type:
        query = query.where(table.policy_type == bindparam("policy_type"))
    return query if is_whole else query.where(table.day.between(before, last))


def _by_day(rows: str | None, days: Mapping[str | int, int], length: int) -> tuple[_Pair, ...]:
    """`rows`: packed; None if there are none."""
    found: list[_Pair] = [(0, 0)] * length
    for day, successful, failed in unpacked_raw(rows or "", 2):
        place = days[day]
        sessions, of_failed = found[place]
        found[place] = sessions + successful + failed, of_failed + failed
    return tuple(found)


_LAST_REPORTS = (
    select(rollup_day.c.domain_id, func.max(rollup_day.c.last_received))
    .where(among(rollup_day.c.domain_id, "domain_ids"))
    .group_by(rollup_day.c.domain_id)
)


def _last_reports(connection: Connection, domain_ids: Collection[UUID]) -> dict[UUID, Any]:
    return dict(connection.execute(_LAST_REPORTS, {"domain_ids": list(domain_ids)}).all())
