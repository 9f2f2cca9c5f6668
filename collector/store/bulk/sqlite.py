"""SQLite: prepared statements of its own driver."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Connection, Table, exc

from collector.store.bulk.base import Bulk, Forms, Row, Wanted, counts_of, is_empty, names, on_conflict, or_null
from collector.store.types import microseconds


class _Sqlite(Bulk):
    # The driver asks of every value that is no int, float, str or bytearray whether somebody adapts it. So bytes, bool
    # and None are three to seven times dearer than bytearray, int and "".
    forms = Forms(
        id=lambda value: bytearray(value.bytes),
        day=date.isoformat,
        instant=microseconds,
        octets=bytearray,
        flag=int,
        read_id=lambda value: UUID(bytes=value),
    )

    def lock(self, connection: Connection, numbers: Iterable[int]) -> bool:
        """There is one writer anyway."""
        return False

    def insert(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        _execute_many(connection, _insert(table), rows)

    def add_up(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        _execute_many(connection, _add_up(table), rows)

    def take_off(self, connection: Connection, table: Table, rows: Sequence[Row], *, unless: str | None) -> None:
        order = {column.name: place for place, column in enumerate(table.columns)}
        counts = [order[column.name] for column in counts_of(table)]
        key = [order[column.name] for column in table.primary_key]
        update, delete = _take_off(table, unless)
        _execute_many(connection, update, [tuple(row[place] for place in (*counts, *key)) for row in rows])
        _execute_many(connection, delete, [tuple(row[place] for place in key) for row in rows])

    def find(self, connection: Connection, wanted: Wanted, keys: Sequence[Row]) -> Iterator[tuple[int, Row]]:
        # One small statement per key: a long one would be prepared anew for each number of keys.
        statement = _select(wanted)
        cursor = _driver(connection).cursor()
        try:
            for index, key in enumerate(keys):
                for row in cursor.execute(statement, key):
                    yield index, row
        except sqlite3.Error as error:
            raise exc.DBAPIError.instance(statement, None, error, sqlite3.Error) from error


SQLITE = _Sqlite()


def _execute_many(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    try:
        _driver(connection).executemany(statement, rows)
    except sqlite3.Error as error:
        raise exc.DBAPIError.instance(statement, None, error, sqlite3.Error) from error


def _driver(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, inside the transaction that SQLAlchemy began."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


@lru_cache(maxsize=64)
def _insert(table: Table) -> str:
    values = ", ".join("?" for _ in table.columns)
    return f'INSERT INTO "{table.name}" ({names(table.columns)}) VALUES ({values})'  # noqa: S608


@lru_cache(maxsize=64)
def _add_up(table: Table) -> str:
    values = ", ".join(or_null(column, "?") for column in table.columns)
    insert = f'INSERT INTO "{table.name}" ({names(table.columns)}) VALUES ({values})'  # noqa: S608
    return insert + on_conflict(table, greatest="MAX", least="MIN")


@lru_cache(maxsize=64)
def _take_off(table: Table, unless: str | None) -> tuple[str, str]:
    less = ", ".join(f'"{column.name}" = MAX(0, "{column.name}" - ?)' for column in counts_of(table))
    where = " AND ".join(f'"{column.name}" = ?' for column in table.primary_key)
    return (
        f'UPDATE "{table.name}" SET {less} WHERE {where}',  # noqa: S608
        f'DELETE FROM "{table.name}" WHERE {where} AND {is_empty(table, unless)}',  # noqa: S608
    )


@lru_cache(maxsize=64)
def _select(wanted: Wanted) -> str:
    where = " AND ".join(f'"{column.name}" = ?' for column in wanted.by)
    if wanted.unless is not None and wanted.also is not None:
        where += f' AND ("{wanted.unless.name}" = 0 OR "{wanted.also.name}" = ?)'
    return f'SELECT {names(wanted.columns)} FROM "{wanted.table.name}" WHERE {where}'  # noqa: S608
