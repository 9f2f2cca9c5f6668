"""How much there is in the whole database: for those who watch the program, not the domains."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Column, Connection, Engine, func, select

from collector.store.engine import reading
from collector.store.queries.modes import published_at
from collector.store.queries.rows import PublishedPolicy
from collector.store.tables import delivery, delivery_part, domain, published_policy


@dataclass(frozen=True, slots=True)
class Counts:
    """`domains` by the published mode in force (`unknown` where we never looked); `reports` and `deliveries` by
    outcome, a report about several domains once for each. What does not occur is absent."""

    domains: dict[str, int]
    reports: dict[str, int]
    deliveries: dict[str, int]
    last_delivery: datetime | None


def counts(engine: Engine, *, now: datetime) -> Counts:
    """Reads through whole indexes: ask once a minute at most."""
    with reading(engine) as connection:
        return Counts(
            domains=_domains_by_mode(connection, now),
            reports=_by(connection, delivery_part.c.outcome),
            deliveries=_by(connection, delivery.c.outcome),
            last_delivery=connection.execute(
                select(delivery.c.received_at).order_by(delivery.c.delivery_id.desc()).limit(1)
            ).scalar(),
        )


def _by(connection: Connection, column: Column[str]) -> dict[str, int]:
    return dict(connection.execute(select(column, func.count()).group_by(column)).all())


def _domains_by_mode(connection: Connection, now: datetime) -> dict[str, int]:
    table = published_policy.c
    # Of the history only what decides the mode: a policy's text for each domain would be much to read.
    query = select(
        table.domain_id, table.mode, table.max_age, table.first_seen, table.last_seen, table.ended_at, table.error
    ).order_by(table.domain_id, table.first_seen)
    found: Counter[str] = Counter()
    for _, rows in groupby(connection.execute(query), key=lambda row: row.domain_id):
        history = [
            PublishedPolicy(
                mode=row.mode,
                policy_id=None,
                max_age=row.max_age,
                mx=(),
                first_seen=row.first_seen,
                last_seen=row.last_seen,
                ended_at=row.ended_at,
                error=row.error,
                error_detail=None,
            )
            for row in rows
        ]
        found[published_at(history, now) or "unknown"] += 1
    total = connection.execute(select(func.count()).select_from(domain)).scalar_one()
    found["unknown"] += total - found.total()
    return dict(found)
