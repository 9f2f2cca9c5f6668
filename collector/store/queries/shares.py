"""Failures as the rollup of causes has them: what is asked for, by day, and shares by name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from collector.store.queries.common import number, total
from collector.store.queries.rows import Filter
from collector.store.tables import domain, rollup_failure

MOST_SHARES = 50  # of a kind: a stranger can make up any number of names


@dataclass(frozen=True, slots=True)
class Side:
    """Which failures; None: whatever it is."""

    result_type: str | None = None
    mx: str | None = None
    reporter: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What failed under one name, and on which days of the range. `name` "": none is named."""

    name: str
    failed: int
    first_day: date
    last_day: date


def asked(wanted: Filter) -> list[ColumnElement[bool]]:
    """The policy type is left aside: causes are not kept by it."""
    table = rollup_failure.c
    conditions: list[ColumnElement[bool]] = [table.day.between(wanted.first, wanted.last)]
    if wanted.authenticated_only:
        conditions.append(table.authenticated)
    if wanted.reporter is not None:
        conditions.append(table.reporter == wanted.reporter)
    return conditions


def of_side(side: Side) -> list[ColumnElement[bool]]:
    table = rollup_failure.c
    pairs = ((table.result_type, side.result_type), (table.mx, side.mx), (table.reporter, side.reporter))
    return [column == value for column, value in pairs if value is not None]


def within_domains(table: Table, only: Collection[str] | None) -> list[ColumnElement[bool]]:
    """The rows about these domains (normal form); None: about all."""
    if only is None:
        return []
    return [table.c.domain_id.in_(select(domain.c.domain_id).where(domain.c.name.in_(only)))]


def by_day(connection: Connection, condition: ColumnElement[bool]) -> tuple[tuple[date, int], ...]:
    """(day, failures) of the days with failures, oldest first."""
    table = rollup_failure.c
    query = select(table.day, total(table.failed)).where(condition).group_by(table.day).order_by(table.day)
    return tuple((day, number(failed)) for day, failed in connection.execute(query))


def shares(connection: Connection, column: Column[Any], condition: ColumnElement[bool]) -> tuple[Share, ...]:
    """The largest 50, most failures first."""
    table = rollup_failure.c
    query = (
        select(column, total(table.failed), func.min(table.day), func.max(table.day))
        .where(condition)
        .group_by(column)
        .order_by(total(table.failed).desc(), column)
        .limit(MOST_SHARES)
    )
    rows = connection.execute(query)
    return tuple(Share(str(name or ""), number(failed), first, last) for name, failed, first, last in rows)
