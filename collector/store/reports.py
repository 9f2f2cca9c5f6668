"""Reports as they are counted: what is needed to count them again, or to take them back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Connection, Select, Text, select, type_coerce

from collector.counting import sessions
from collector.counting.sessions import PartFigures
from collector.report.model import PolicyResult
from collector.store.results import read_result
from collector.store.tables import domain
from collector.store.tables import report as table


@dataclass(frozen=True, slots=True)
class Counted:
    """One report as far as it is about one domain, from its row."""

    domain_id: UUID
    domain: str
    day: date
    key: bytes
    report_id: UUID
    delivery_id: UUID
    received_at: datetime
    authenticated: bool
    reporter: str
    organization: str | None
    successful: int
    failed: int
    policy_results: str  # JSON, as it stands there

    def results(self) -> list[PolicyResult]:
        return [read_result(entry) for entry in orjson.loads(self.policy_results)]

    def figures(self) -> PartFigures:
        """What it was counted as."""
        return sessions.count(self.domain, self.results())


_AT_ONCE = 500


def with_ids(connection: Connection, report_ids: Iterable[UUID]) -> list[Counted]:
    """Those of these that are counted."""
    wanted = list(report_ids)
    found: list[Counted] = []
    for start in range(0, len(wanted), _AT_ONCE):
        found += where(connection, table.c.report_id.in_(wanted[start : start + _AT_ONCE]))
    return found


def of_day(connection: Connection, domain_id: UUID, day: date) -> list[Counted]:
    """All that counts for a day of a domain."""
    return where(connection, (table.c.domain_id == domain_id) & (table.c.day == day))


def where(connection: Connection, condition: ColumnElement[bool]) -> list[Counted]:
    each = table.c
    query: Select[Any] = (
        select(
            *(each.domain_id, domain.c.name, each.day, each.report_key, each.report_id, each.delivery_id),
            *(each.received_at, each.authenticated, each.reporter, each.organization_name),
            *(each.successful, each.failed, type_coerce(each.policy_results, Text)),
        )
        .join(domain, domain.c.domain_id == each.domain_id)
        .where(condition)
        .order_by(each.received_at, each.delivery_id)
    )
    return [Counted(*row) for row in connection.execute(query)]
