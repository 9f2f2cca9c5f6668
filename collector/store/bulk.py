"""Many rows at once: SQLite by prepared statements, PostgreSQL by COPY and unnest (DESIGN, The hot path).

A row is a tuple in the order of the table's columns.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson
import psycopg
from sqlalchemy import BigInteger, Column, Connection, Date, Dialect, Table, exc
from sqlalchemy.types import TypeEngine

from collector.store.types import Id, Instant, Json, microseconds

Row = tuple[Any, ...]


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows that are known to be new."""
    if not rows:
        return
    encoded = _encode(connection.dialect, table, rows)
    if connection.dialect.name == "postgresql":
        _copy(connection, table, encoded)
    else:
        connection.exec_driver_sql(_sqlite_insert(table), encoded)


def add_up(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows to a rollup: counts are added, `last_received` grows, other columns outside the key are set.

    No two rows may have the same key. Two writers never wait for each other in a circle here: whoever writes about
    a domain holds its lock (`plan.make`).
    """
    if not rows:
        return
    encoded = _encode(connection.dialect, table, rows)
    if connection.dialect.name == "postgresql":
        arrays = tuple(list(values) for values in zip(*encoded, strict=True))
        connection.exec_driver_sql(_postgresql_add_up(connection.dialect, table), arrays)
    else:
        connection.exec_driver_sql(_sqlite_insert(table) + _on_conflict(table, greatest="MAX"), encoded)


def _copy(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """COPY is psycopg's own, inside the transaction that SQLAlchemy began; its errors become SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    statement = f"COPY {_columns(connection.dialect, table)} FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise exc.DBAPIError.instance(statement, None, error, psycopg.Error) from error


def _encode(dialect: Dialect, table: Table, rows: Iterable[Row]) -> list[Row]:
    """Rows as the driver takes them. Most values are so already: only the others are touched."""
    encoders = _encoders(table, dialect.name, dialect)
    if not encoders:
        return list(rows)
    encoded: list[Row] = []
    for row in rows:
        values = list(row)
        for position, encode in encoders:
            if (value := values[position]) is not None:
                values[position] = encode(value)
        encoded.append(tuple(values))
    return encoded


_Encoder = Callable[[Any], Any]
_cache: dict[tuple[Table, str], tuple[tuple[int, _Encoder], ...]] = {}


def _encoders(table: Table, name: str, dialect: Dialect) -> tuple[tuple[int, _Encoder], ...]:
    """(position of the column, what turns its values into the driver's) where the two differ."""
    key = (table, name)
    if key not in _cache:
        found = ((position, _encoder(column.type, dialect)) for position, column in enumerate(table.columns))
        _cache[key] = tuple((position, encode) for position, encode in found if encode is not None)
    return _cache[key]


def _encoder(kind: TypeEngine[Any], dialect: Dialect) -> _Encoder | None:
    if isinstance(kind, Json):
        return lambda value: orjson.dumps(value).decode()
    if dialect.name == "postgresql":
        return None  # psycopg knows uuid, date, datetime, bytes and the rest
    if isinstance(kind, Id):
        return attrgetter("bytes")
    if isinstance(kind, Instant):
        return microseconds
    return date.isoformat if isinstance(kind, Date) else None


def _columns(dialect: Dialect, table: Table) -> str:
    quote = dialect.identifier_preparer.quote
    return f"{quote(table.name)} ({', '.join(quote(column.name) for column in table.columns)})"


@lru_cache(maxsize=64)
def _sqlite_insert(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(table.columns))})'  # noqa: S608


@lru_cache(maxsize=64)
def _on_conflict(table: Table, greatest: str) -> str:
    key = ", ".join(column.name for column in table.primary_key.columns)
    changes = [_change(table, column, greatest) for column in table.columns if not column.primary_key]
    return f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(changes)}"


def _change(table: Table, column: Column[Any], greatest: str) -> str:
    name = column.name
    if isinstance(column.type, BigInteger):
        return f"{name} = {table.name}.{name} + excluded.{name}"
    if isinstance(column.type, Instant):
        return f"{name} = {greatest}({table.name}.{name}, excluded.{name})"
    return f"{name} = COALESCE(excluded.{name}, {table.name}.{name})"


_statements: dict[Table, str] = {}


def _postgresql_add_up(dialect: Dialect, table: Table) -> str:
    if table not in _statements:
        kinds = [column.type.compile(dialect=dialect) for column in table.columns]
        arrays = ", ".join(f"%s::{kind.split('(')[0]}[]" for kind in kinds)
        _statements[table] = (
            f"INSERT INTO {_columns(dialect, table)} SELECT * FROM unnest({arrays})"  # noqa: S608
            + _on_conflict(table, greatest="GREATEST")
        )
    return _statements[table]
