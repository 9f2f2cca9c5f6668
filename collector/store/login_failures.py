"""Failed log-ins of the last minutes, so that all processes count together.

All functions raise StoreUnavailable if the database is away.
"""

from datetime import datetime

from sqlalchemy import delete, insert, select

from collector.ids import new_id
from collector.store.engine import Engine, reading, writing
from collector.store.tables import login_failure as table


def since(engine: Engine, address: str, after: datetime, limit: int) -> tuple[tuple[bytes, datetime], ...]:
    """(hash of the name, when) of an address's failures after a time, newest first, `limit` at most."""
    query = (
        select(table.c.name_hash, table.c.failed_at)
        .where(table.c.address == address, table.c.failed_at > after)
        .order_by(table.c.failed_at.desc(), table.c.failure_id.desc())
        .limit(limit)
    )
    with reading(engine) as connection:
        return tuple((bytes(row.name_hash), row.failed_at) for row in connection.execute(query))


def add(engine: Engine, address: str, name_hash: bytes, *, now: datetime, forget_before: datetime) -> None:
    """Notes one, and forgets all that are too old to count."""
    with writing(engine) as connection:
        connection.execute(delete(table).where(table.c.failed_at < forget_before))
        connection.execute(
            insert(table).values(failure_id=new_id(), address=address, name_hash=name_hash, failed_at=now)
        )


def forget(engine: Engine, address: str, name_hash: bytes) -> None:
    """Forgets the failures of this name at this address."""
    with writing(engine) as connection:
        connection.execute(delete(table).where(table.c.address == address, table.c.name_hash == name_hash))
