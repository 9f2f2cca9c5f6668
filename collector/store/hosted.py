"""The policies that the dashboard serves itself: the one that holds, and those before it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, insert, select

from collector.errors import UsageError
from collector.monitor.advice import made
from collector.store.engine import reading, writing
from collector.store.tables import domain, hosted_policy


@dataclass(frozen=True, slots=True)
class HostedRow:
    """What was set at one time. `mode` None: nothing is served from then on, and the rest is None or empty too."""

    set_at: datetime
    set_by: str | None
    mode: str | None
    max_age: int | None
    mx: tuple[str, ...]
    policy_id: str | None


def history(engine: Engine, domain_id: UUID) -> tuple[HostedRow, ...]:
    """Newest first; empty if nothing was ever set."""
    table = hosted_policy
    query = select(table).where(table.c.domain_id == domain_id).order_by(table.c.set_at.desc())
    with reading(engine) as connection:
        return tuple(map(_row, connection.execute(query)))


def served(engine: Engine, name: str) -> HostedRow | None:
    """What is to be served for the known domain `name` (normal form); None if nothing is."""
    table = hosted_policy
    query = (
        select(table)
        .join(domain, domain.c.domain_id == table.c.domain_id)
        .where(domain.c.name == name)
        .order_by(table.c.set_at.desc())
        .limit(1)
    )
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return None if row is None or row.mode is None else _row(row)


def text(row: HostedRow) -> bytes:
    """The policy file for a row that has a mode."""
    assert row.mode is not None
    return made(row.mode, row.max_age or 0, row.mx).text.encode()


def put(engine: Engine, domain_id: UUID, row: HostedRow) -> None:
    """Makes `row` the one that holds. Raises UsageError if another was set at that time or later."""
    table = hosted_policy
    with writing(engine) as connection:
        newest = connection.execute(
            select(table.c.set_at).where(table.c.domain_id == domain_id).order_by(table.c.set_at.desc()).limit(1)
        ).scalar()
        if newest is not None and newest >= row.set_at:
            raise UsageError("the policy was changed in the meantime: look at it again")
        connection.execute(
            insert(table).values(
                domain_id=domain_id,
                set_at=row.set_at,
                set_by=row.set_by,
                mode=row.mode,
                max_age=row.max_age,
                mx=list(row.mx),
                policy_id=row.policy_id,
            )
        )


def _row(row: Row[Any]) -> HostedRow:
    return HostedRow(row.set_at, row.set_by, row.mode, row.max_age, tuple(row.mx), row.policy_id)
