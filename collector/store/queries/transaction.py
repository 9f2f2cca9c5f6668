"""A read transaction of one query, or of several that see the same state: who asks for many things opens it once."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from collector.store import engine

Readable = Engine | Connection  # a database, or one of its read transactions


@contextmanager
def reading(database: Readable) -> Iterator[Connection]:
    """The read transaction that `database` is, or one of its own. Raises StoreUnavailable, from where it was opened."""
    if isinstance(database, Connection):
        yield database
        return
    with engine.reading(database) as connection:
        yield connection
