"""PostgreSQL: COPY for new rows, arrays for the others (DESIGN, The hot path)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Boolean, Column, Connection, Date, Integer, LargeBinary, Table, exc
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from collector.store.bulk.base import Bulk, Row, Wanted, counts_of, is_empty, names, on_conflict, or_null
from collector.store.types import Id, Instant

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_Text = Callable[[Any], str]


class _Postgresql(Bulk):
    def lock(self, connection: Connection, numbers: Iterable[int]) -> bool:
        keys = sorted({number & (1 << 63) - 1 for number in numbers})
        _execute(connection, "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [_array(keys, str)])
        return True

    def insert(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        if not rows:
            return
        statement = f'COPY "{table.name}" ({names(table.columns)}) FROM STDIN (FORMAT BINARY)'
        try:
            with _driver(connection).cursor() as cursor, cursor.copy(statement.encode()) as copy:
                copy.set_types(_types(table))
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise exc.DBAPIError.instance(statement, None, error, psycopg.Error) from error

    def add_up(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            _execute(connection, _add_up(table), _arrays(table.columns, rows))

    def take_off(self, connection: Connection, table: Table, rows: Sequence[Row], *, unless: str | None) -> None:
        if rows:
            for statement in _take_off(table, unless):
                _execute(connection, statement, _arrays(table.columns, rows))

    def find(self, connection: Connection, wanted: Wanted, keys: Sequence[Row]) -> Iterator[tuple[int, Row]]:
        for number, *row in _execute(connection, _select(wanted), _arrays(wanted.asked, keys)):
            yield number - 1, tuple(row)


POSTGRESQL = _Postgresql()


def _execute(connection: Connection, statement: str, parameters: Sequence[str]) -> psycopg.Cursor[Row]:
    try:
        return _driver(connection).execute(statement.encode(), parameters)
    except psycopg.Error as error:
        raise exc.DBAPIError.instance(statement, None, error, psycopg.Error) from error


def _driver(connection: Connection) -> psycopg.Connection[Row]:
    """The driver's own connection, inside the transaction that SQLAlchemy began."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@lru_cache(maxsize=64)
def _types(table: Table) -> list[str]:
    return [_type(column.type) for column in table.columns]


def _type(kind: TypeEngine[Any]) -> str:
    """As psycopg and PostgreSQL both name it: without a length or a collation."""
    if isinstance(kind, Instant):
        return "timestamptz"
    name = re.split(r"\(| COLLATE ", kind.compile(dialect=_DIALECT))[0].lower()
    return "text" if name == "varchar" else name


@lru_cache(maxsize=64)
def _add_up(table: Table) -> str:
    values = ", ".join(or_null(column, f'"{column.name}"') for column in table.columns)
    insert = f'INSERT INTO "{table.name}" ({names(table.columns)}) SELECT {values} FROM {_unnest(table.columns)}'  # noqa: S608
    return f"{insert} AS new ({names(table.columns)})" + on_conflict(table, greatest="GREATEST", least="LEAST")


@lru_cache(maxsize=64)
def _take_off(table: Table, unless: str | None) -> tuple[str, str]:
    asked = f"{_unnest(table.columns)} AS asked ({names(table.columns)})"
    same = " AND ".join(f'"{table.name}"."{column.name}" = asked."{column.name}"' for column in table.primary_key)
    less = ", ".join(
        f'"{column.name}" = GREATEST(0, "{table.name}"."{column.name}" - asked."{column.name}")'
        for column in counts_of(table)
    )
    return (
        f'UPDATE "{table.name}" SET {less} FROM {asked} WHERE {same}',  # noqa: S608
        f'DELETE FROM "{table.name}" USING {asked} WHERE {same} AND {is_empty(table, unless)}',  # noqa: S608
    )


@lru_cache(maxsize=64)
def _select(wanted: Wanted) -> str:
    same = " AND ".join(f'found."{column.name}" = asked."{column.name}"' for column in wanted.by)
    if wanted.unless is not None and wanted.also is not None:
        name = wanted.also.name
        same += f' AND (NOT found."{wanted.unless.name}" OR found."{name}" = asked."{name}")'
    return (
        f"SELECT number, {names(wanted.columns, 'found.')} FROM {_unnest(wanted.asked)} WITH ORDINALITY"  # noqa: S608
        f' AS asked ({names(wanted.asked)}, number) JOIN "{wanted.table.name}" AS found ON {same}'
    )


def _unnest(columns: Iterable[Column[Any]]) -> str:
    return f"unnest({', '.join(f'%s::{_type(column.type)}[]' for column in columns)})"


def _arrays(columns: Iterable[Column[Any]], rows: Sequence[Row]) -> list[str]:
    """The columns of `rows`, each as an array in PostgreSQL's own notation: four times cheaper than psycopg's lists."""
    return [_array(values, _text(column.type)) for column, values in zip(columns, zip(*rows, strict=True), strict=True)]


def _array(values: Iterable[Any], text: _Text) -> str:
    texts = []
    before, as_text = None, ""
    for value in values:
        if value is not before:  # one domain's rows follow each other
            before, as_text = value, text(value)
        texts.append(as_text)
    return f"{{{','.join(texts)}}}"


def _text(kind: TypeEngine[Any]) -> _Text:
    if isinstance(kind, LargeBinary):
        return lambda value: rf'"\\x{value.hex()}"'
    if isinstance(kind, Id | Date | Instant | Integer | Boolean):
        return str  # none of these needs quotes
    return _quoted


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
