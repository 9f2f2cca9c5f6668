"""What the hot path asks of a database.

A row is a tuple in the order of the table's columns, its values in the `Forms` that the driver takes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Table, Text

from collector.store.types import Instant

Row = tuple[Any, ...]
MOST = 2**63 - 2  # the largest number of sessions in a rollup, see tables/rollups.py


@dataclass(frozen=True, slots=True)
class Forms:
    """How a driver takes what is no text, number or NULL. As it stands: as SQLAlchemy takes it."""

    id: Callable[[UUID], Any] = lambda value: value
    day: Callable[[date], Any] = lambda value: value
    instant: Callable[[datetime], Any] = lambda value: value
    octets: Callable[[bytes], Any] = lambda value: value
    flag: Callable[[bool], Any] = lambda value: value
    read_id: Callable[[Any], UUID] = lambda value: value  # and back


@dataclass(frozen=True)
class Wanted:
    """Which columns of a table are read, by which others.

    With `unless`, a flag, and `also`: the rows too in which the flag is set and `also` has the last value of the key;
    else only those in which it is not.
    """

    table: Table
    columns: tuple[Column[Any], ...]
    by: tuple[Column[Any], ...]
    unless: Column[Any] | None = None
    also: Column[Any] | None = None

    @property
    def asked(self) -> tuple[Column[Any], ...]:
        """What a key consists of."""
        return self.by if self.also is None else (*self.by, self.also)


class Bulk(ABC):
    """One kind of database. Errors are SQLAlchemy's, but for OverflowError, which SQLite's driver raises itself."""

    forms = Forms()

    @abstractmethod
    def lock(self, connection: Connection, numbers: Iterable[int]) -> bool:
        """Until the end of the transaction nobody else gets past here with one of these numbers.

        Whether anybody else could have written since the transaction began.
        """

    @abstractmethod
    def insert(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Inserts rows that are known to be new."""

    @abstractmethod
    def add_up(self, connection: Connection, table: Table, rows: Sequence[Row]) -> None:
        """Adds rows to a rollup: counts are added, `last_received` grows, other columns outside the key are set.

        No two rows may have the same key; "" stands for NULL in a text that may be NULL. Two writers never wait for
        each other in a circle here: whoever writes about a domain holds its lock.
        """

    @abstractmethod
    def take_off(self, connection: Connection, table: Table, rows: Sequence[Row], *, unless: str | None) -> None:
        """The reverse of `add_up`, for counts alone; none gets below zero.

        Rows of which all counts are zero then are deleted, but for those of which the condition `unless` (SQL) holds.
        """

    @abstractmethod
    def find(self, connection: Connection, wanted: Wanted, keys: Sequence[Row]) -> Iterable[tuple[int, Row]]:
        """For each of `keys`, by its index, the rows whose columns `wanted.by` equal it."""


def names(columns: Iterable[Column[Any]], prefix: str = "") -> str:
    """For a list of columns in SQL."""
    return ", ".join(f'{prefix}"{column.name}"' for column in columns)


def or_null(column: Column[Any], value: str) -> str:
    """`value`, SQL, with NULL for "" where `add_up` says so."""
    return f"NULLIF({value}, '')" if column.nullable and isinstance(column.type, Text) else value


def counts_of(table: Table) -> list[Column[Any]]:
    """The columns that are added up."""
    return [column for column in table.columns if isinstance(column.type, BigInteger) and not column.primary_key]


def is_empty(table: Table, unless: str | None) -> str:
    """SQL: whether nothing is left of a row."""
    zero = " AND ".join(f'"{table.name}"."{column.name}" = 0' for column in counts_of(table))
    return zero if unless is None else f"{zero} AND NOT {unless}"


def on_conflict(table: Table, greatest: str, least: str) -> str:
    """What `add_up` does with a row whose key is there already, with the database's functions of these names."""
    changes = [_change(table, column, greatest, least) for column in table.columns if not column.primary_key]
    return f" ON CONFLICT ({names(table.primary_key)}) DO UPDATE SET {', '.join(changes)}"


def _change(table: Table, column: Column[Any], greatest: str, least: str) -> str:
    name = column.name
    if isinstance(column.type, BigInteger):
        # A sum stays at the largest number: nobody's absurd figures keep others' reports from being counted.
        return f"{name} = {least}({table.name}.{name}, {MOST} - excluded.{name}) + excluded.{name}"
    if isinstance(column.type, Instant):
        return f"{name} = {greatest}({table.name}.{name}, excluded.{name})"
    if "last_received" in table.columns:
        # The name that the last report gave; one that comes late does not change it.
        is_later = f"excluded.last_received >= {table.name}.last_received"
        return (
            f"{name} = CASE WHEN {is_later} THEN COALESCE(excluded.{name}, {table.name}.{name})"
            f" ELSE COALESCE({table.name}.{name}, excluded.{name}) END"
        )
    return f"{name} = COALESCE(excluded.{name}, {table.name}.{name})"
