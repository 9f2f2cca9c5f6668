"""The figures of one domain by MX host (rule 6). `source` as in `figures`."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, func, literal_column, select

from collector.counting.sessions import NO_MX
from collector.domains import mx_matches
from collector.store.queries.common import bounds, number, total, within
from collector.store.queries.modes import in_force_at
from collector.store.queries.rows import Failure, Filter, MxDay, MxFigures, MxTable, NotAttributable, Page
from collector.store.queries.source import Source, figures_of
from collector.store.tables import rollup_failure, rollup_mx


def mx_figures(
    source: Source,
    domain_id: UUID,
    filter: Filter,  # noqa: A002
    *,
    now: datetime,
    causes: Page[Failure] | None = None,
) -> MxTable:
    """Per MX: exact failures, and successes where they can mean no other MX (rule 6).

    `causes`: the first page of `failures()`, where it was read already: if it holds all, they are not read again.
    """
    with figures_of(source, domain_id, filter) as read:
        rows = _mx_rows(read.rows, domain_id, filter)
        if causes is not None and causes.next is None:
            by_type = _result_types_of(causes.items)
        else:
            by_type = _mx_result_types(read.rows, domain_id, filter)
        successful = sum(figures[1] for figures in read.days.values())
        policy = in_force_at(read.history, now)
    table = [
        MxFigures(
            mx=mx,
            failed=failed,
            successful=attributed if attributable else None,
            by_result_type=by_type.get(mx, {}),
            in_policy=None if policy is None else any(mx_matches(pattern, mx) for pattern in policy.mx),
        )
        for mx, (failed, attributed, attributable) in rows.items()
        if mx != NO_MX
    ]
    left = NotAttributable(
        successful=max(0, successful - sum(figures[1] for figures in rows.values())),
        failed=rows.get(NO_MX, (0, 0, 0))[0],
        by_result_type=by_type.get(NO_MX, {}),
    )
    return MxTable(tuple(sorted(table, key=lambda figures: (-figures.failed, figures.mx))), left)


def _mx_rows(connection: Connection, domain_id: UUID, wanted: Filter) -> dict[str, tuple[int, int, int]]:
    """(failed, successful, attributable) by MX."""
    rows = connection.execute(_by_mx(wanted.authenticated_only), bounds(domain_id, wanted)).all()
    return {mx: (number(a), number(b), number(c)) for mx, a, b, c in rows}


@lru_cache
def _by_mx(authenticated_only: bool) -> Select[Any]:
    table = rollup_mx.c
    return (
        select(table.mx, total(table.failed), total(table.successful), total(table.attributable))
        .where(within(rollup_mx, authenticated_only=authenticated_only))
        .group_by(table.mx)
    )


def _mx_result_types(connection: Connection, domain_id: UUID, wanted: Filter) -> dict[str, dict[str, int]]:
    table = rollup_failure.c
    mx = func.coalesce(table.mx, literal_column("''"))  # NO_MX; PostgreSQL would not group by a parameter
    query = (
        select(mx, table.result_type, total(table.failed))
        .where(within(rollup_failure, authenticated_only=wanted.authenticated_only))
        .group_by(mx, table.result_type)
        .order_by(mx, total(table.failed).desc(), table.result_type)
    )
    found: dict[str, dict[str, int]] = {}
    for name, result_type, failed in connection.execute(query, bounds(domain_id, wanted)):
        found.setdefault(name, {})[result_type] = number(failed)
    return found


def _result_types_of(causes: Iterable[Failure]) -> dict[str, dict[str, int]]:
    """The same from all causes: by MX, most failures first."""
    sums: dict[tuple[str, str], int] = {}
    for cause in causes:
        key = cause.mx or NO_MX, cause.result_type
        sums[key] = sums.get(key, 0) + cause.failed
    found: dict[str, dict[str, int]] = {}
    for (mx, result_type), failed in sorted(sums.items(), key=lambda each: (each[0][0], -each[1], each[0][1])):
        found.setdefault(mx, {})[result_type] = failed
    return found


def mx_daily(source: Source, domain_id: UUID, filter: Filter) -> tuple[MxDay, ...]:  # noqa: A002
    """The failures of each MX by day, in the order of both; what is not there is zero."""
    query = _by_mx_and_day(filter.authenticated_only)
    with figures_of(source, domain_id, filter) as read:
        rows = read.rows.execute(query, bounds(domain_id, filter)).all()
    return tuple(MxDay(mx, day, number(failed)) for mx, day, failed in rows)


@lru_cache
def _by_mx_and_day(authenticated_only: bool) -> Select[Any]:
    table = rollup_mx.c
    return (
        select(table.mx, table.day, total(table.failed))
        .where(within(rollup_mx, authenticated_only=authenticated_only), table.failed > 0)
        .group_by(table.mx, table.day)
        .order_by(table.mx, table.day)
    )
