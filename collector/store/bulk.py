"""Many rows at once: SQLite by prepared statements, PostgreSQL by COPY and unnest (DESIGN, The hot path).

A row is a tuple in the order of the table's columns.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Column, Connection, Dialect, Table, exc
from sqlalchemy.sql.sqltypes import NullType

from collector.store.types import Instant

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

    No two rows may have the same key. They are written in the order of their keys, so that two writers
    never wait for each other in a circle.
    """
    if not rows:
        return
    width = len(table.primary_key.columns)
    # Sorted before they are encoded: SQLite's driver takes bytes as memoryviews, which have no order.
    encoded = _encode(connection.dialect, table, sorted(rows, key=lambda row: row[:width]))
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
    encoders = _encoders(table, dialect.name, dialect)
    return [
        tuple([value if encode is None else encode(value) for encode, value in zip(encoders, row, strict=True)])
        for row in rows
    ]


_cache: dict[tuple[Table, str], tuple[Callable[[Any], Any] | None, ...]] = {}


def _encoders(table: Table, name: str, dialect: Dialect) -> tuple[Callable[[Any], Any] | None, ...]:
    """Per column what turns a Python value into the driver's, None where they are the same."""
    key = (table, name)
    if key not in _cache:
        _cache[key] = tuple(_encoder(column, dialect) for column in table.columns)
    return _cache[key]


def _encoder(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    kind = column.type.dialect_impl(dialect)
    assert not isinstance(kind, NullType)
    return kind.bind_processor(dialect)


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
