"""The mark of the last change: whoever shows the same mark has all that was changed before it.

A mark is random and stands in one row. Changes commit first and leave their mark after that, in a transaction of its
own; all these transactions write the same row, so each commits after the one before. A streaming replica makes
transactions visible in the order in which they were committed. So in a snapshot of a replica that shows the mark which
the database itself showed a moment ago, every change whose mark was left by then is there. That holds whatever the
clocks say, for any number of web servers, and for several replicas behind one address: a connection is to one of them.
"""

from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.dialects.postgresql import insert

from collector.errors import ReplicaBehind
from collector.store.engine import reading, writing
from collector.store.tables import change_mark

_NAME = "dashboard"
_WANTED = "tlsrpt_mark"
_QUERY = select(change_mark.c.mark).where(change_mark.c.name == _NAME)


def leave(engine: Engine) -> None:
    """Called when a change is committed. PostgreSQL only. Raises StoreUnavailable."""
    row = {"name": _NAME, "mark": uuid4()}
    statement = insert(change_mark).values(row)
    with writing(engine) as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"mark": row["mark"]}))


def last(engine: Engine) -> UUID | None:
    """The mark of the last change; None before the first. Raises StoreUnavailable."""
    with reading(engine) as connection:
        return _shown(connection)


def at_least(replica: Engine, mark: UUID | None) -> Engine:
    """`replica` for readers who want all changes up to `mark`: without them they meet ReplicaBehind.

    `replica` is one that `check_each` was told of.
    """
    return replica.execution_options(**{_WANTED: (mark,)})


def check_each(replica: Engine) -> None:
    """From now on every transaction there looks first, in its own snapshot, whether it has what its reader wants."""
    event.listen(replica, "begin", _check)


def _check(connection: Connection) -> None:
    wanted = connection.get_execution_options().get(_WANTED)
    # A server never loses what it has shown: of each connection it is asked once for each mark.
    if wanted is None or connection.info.get(_WANTED) == wanted:
        return
    if _shown(connection) != wanted[0]:
        raise ReplicaBehind("the replica has not got the last change yet")
    connection.info[_WANTED] = wanted


def _shown(connection: Connection) -> UUID | None:
    found: UUID | None = connection.execute(_QUERY).scalar()
    return found
