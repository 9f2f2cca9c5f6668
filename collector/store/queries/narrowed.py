"""Figures of one reporter or one policy type: counted again from the reports, by the rules they were first counted by.

No rollup is kept for each reporter and type. The reports of a domain are read within bounds, their results
narrowed, and their figures put into rollups of their own, in memory, which the queries then read like the others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, create_engine, func, select
from sqlalchemy.pool import NullPool

from collector.counting import sessions
from collector.counting.sessions import KEY_CHARACTERS, PartFigures
from collector.errors import UsageError
from collector.store.queries.common import bounds, within
from collector.store.queries.rows import Filter
from collector.store.results import read_result
from collector.store.rollups import Increments
from collector.store.tables import domain, report
from collector.store.tables.base import metadata
from collector.store.tables.rollups import ROLLUPS

# About a second of work; a domain that fewer tell about is the rule, and fewer days are a way out.
MOST_REPORTS = 10_000
_MEMORY = create_engine("sqlite://", poolclass=NullPool)  # each connection is a database of its own


@contextmanager
def recounted(
    connection: Connection, domain_ids: list[UUID], wanted: Filter, most: int = MOST_REPORTS
) -> Iterator[Connection]:
    """Rollups of these domains with what `wanted` leaves. Raises UsageError beyond `most`."""
    with _in_memory(_count(connection, domain_ids, wanted, most)) as rows:
        yield rows


@contextmanager
def _in_memory(increments: Increments) -> Iterator[Connection]:
    with _MEMORY.connect() as rows:
        metadata.create_all(rows, tables=ROLLUPS, checkfirst=False)
        increments.write(rows)
        yield rows


def _count(connection: Connection, domain_ids: list[UUID], wanted: Filter, most: int) -> Increments:
    named = select(domain.c.domain_id, domain.c.name).where(domain.c.domain_id.in_(domain_ids))
    names: dict[UUID, str] = {row.domain_id: row.name for row in connection.execute(named)}
    increments = Increments()
    left = most
    for domain_id in names:
        found = connection.execute(_reports(wanted).limit(left + 1), bounds(domain_id, wanted))
        for row in found:
            left -= 1
            if left < 0:
                raise UsageError(
                    f"reporter, policy_type: more than {most:,} reports to count again; ask for fewer days"
                )
            figures = _figures(names[domain_id], row.policy_results, wanted.policy_type)
            if figures is not None:
                increments.add_counted(
                    (domain_id, row.day, bool(row.authenticated)),
                    figures,
                    reporter=row.reporter,
                    organization=row.organization_name,
                    received_at=row.received_at,
                )
    return increments


def _reports(wanted: Filter) -> Select[Any]:
    table = report.c
    columns = (table.day, table.authenticated, table.reporter, table.organization_name, table.received_at)
    query = select(*columns, table.policy_results).where(within(report, authenticated_only=wanted.authenticated_only))
    if wanted.reporter is not None:
        # As the rollups name it.
        query = query.where(func.substr(table.reporter, 1, KEY_CHARACTERS) == wanted.reporter[:KEY_CHARACTERS])
    return query


def _figures(name: str, entries: list[dict[str, Any]], policy_type: str | None) -> PartFigures | None:
    """None if the filter leaves nothing of a report. Of one type the figures are exact, as reported (rule 4)."""
    left = [entry for entry in entries if policy_type is None or entry["policy_type"][:KEY_CHARACTERS] == policy_type]
    if policy_type is not None and not left:
        return None
    figures = sessions.count(name, [read_result(entry) for entry in left])
    if policy_type is not None:
        figures.successful = sum(each.successful for each in figures.types.values())
        figures.failed = sum(each.failed for each in figures.types.values())
    return figures
