"""Rows on the hot path, past SQLAlchemy's layers: a statement costs more in them than in the database."""

from sqlalchemy import Connection

from collector.store.bulk.base import MOST, Bulk, Forms, Row, Wanted

__all__ = ["MOST", "Bulk", "Forms", "Row", "Wanted", "of"]


def of(connection: Connection) -> Bulk:
    """What suits the database of `connection`."""
    # Imported late: who uses one kind of database need not wait for the other's driver.
    if connection.dialect.name == "postgresql":
        from collector.store.bulk.postgresql import POSTGRESQL

        return POSTGRESQL
    from collector.store.bulk.sqlite import SQLITE

    return SQLITE
