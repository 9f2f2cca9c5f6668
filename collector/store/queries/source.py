"""Where the figures of one domain under one filter come from, and what several of them rest on.

A page asks for one after the other: the filter's work is done once, and what was read once is not read again. None of
it outlives the read transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, case, select

from collector.store.queries.common import bounds, number, total, within
from collector.store.queries.narrowed import recounted
from collector.store.queries.policies import histories
from collector.store.queries.rows import Filter, PublishedPolicy
from collector.store.queries.transaction import Readable, reading
from collector.store.tables import rollup_day

DayTotals = dict[date, tuple[int, int, int, int]]  # reports, successful, failed, sessions told without authentication


@dataclass(frozen=True)
class Narrowed:
    """One domain under one filter. `rows`: where the rollups stand with what the filter leaves; mostly `database`."""

    database: Connection
    rows: Connection
    domain_id: UUID
    filter: Filter

    @cached_property
    def history(self) -> tuple[PublishedPolicy, ...]:
        """The published policy's intervals, oldest first."""
        return histories(self.database, [self.domain_id])[self.domain_id]

    @cached_property
    def days(self) -> DayTotals:
        """The headline figures of each day with reports (rule 4)."""
        found = self.rows.execute(_totals(self.filter.authenticated_only), bounds(self.domain_id, self.filter))
        return {
            row[0]: (number(row[1]), number(row[2]), number(row[3]), number(row[4]) + number(row[5]))
            for row in found.all()
        }


Source = Readable | Narrowed


@contextmanager
def narrowed(database: Readable, domain_id: UUID, filter: Filter) -> Iterator[Narrowed]:  # noqa: A002
    """What to ask for the figures of one domain under `filter`, several times over: the reports are read once.

    A filter that the rollups can answer makes no work. Raises UsageError beyond MOST_REPORTS.
    """
    with reading(database) as connection:
        if not filter.is_narrowed:
            yield Narrowed(connection, connection, domain_id, filter)
            return
        with recounted(connection, [domain_id], filter) as rows:
            yield Narrowed(connection, rows, domain_id, filter)


@contextmanager
def figures_of(source: Source, domain_id: UUID, wanted: Filter) -> Iterator[Narrowed]:
    """`source` itself, where it is about this domain and filter already."""
    if isinstance(source, Narrowed):
        yield source
        return
    with narrowed(source, domain_id, wanted) as found:
        yield found


@lru_cache
def _totals(authenticated_only: bool) -> Select[Any]:
    table = rollup_day.c
    # Each by itself: the sum of two counts may need more than 64 bits.
    unauthenticated = [total(case((table.authenticated, 0), else_=each)) for each in (table.successful, table.failed)]
    return (
        select(table.day, total(table.reports), total(table.successful), total(table.failed), *unauthenticated)
        .where(within(rollup_day, authenticated_only=authenticated_only))
        .group_by(table.day)
    )
