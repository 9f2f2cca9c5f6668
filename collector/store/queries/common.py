"""What several queries share: conditions, cursors, figures."""

import base64
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Table, Uuid, and_, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

from collector.errors import UsageError
from collector.store.queries.rows import Filter

# A regular reporter sent reports about at least so many days of four weeks.
REGULAR_DAYS = 7
REGULAR_WINDOW = timedelta(days=28)


# A statement is put together once, with names for what changes: to do so anew each time takes SQLAlchemy longer than
# SQLite takes to answer most of them.


def within(table: Table, *, authenticated_only: bool) -> ColumnElement[bool]:
    """The rows of a rollup that a filter asks for of one domain; `bounds()` names both."""
    conditions = [
        table.c.domain_id == bindparam("domain_id"),
        table.c.day.between(bindparam("first_day"), bindparam("last_day")),
    ]
    if authenticated_only:
        conditions.append(table.c.authenticated)
    return and_(*conditions)


def bounds(domain_id: UUID, wanted: Filter) -> dict[str, UUID | date]:
    """The parameters of a statement with `within()`."""
    return {"domain_id": domain_id, "first_day": wanted.first, "last_day": wanted.last}


class among(FunctionElement[bool]):  # noqa: N801  an operator of SQL
    """`column IN (ids)`, the ids being a list under the parameter `name`; on PostgreSQL they are one parameter.

    The statement is the same then however many there are, and is prepared: read, planned and sent anew each time, a
    hundred parameters cost as much as what they ask for.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Column[Any], name: str) -> None:
        array = bindparam(name, type_=ARRAY(Uuid()))
        super().__init__(column.in_(bindparam(name, expanding=True)), column == any_(array))

    def self_group(self, against: OperatorType | None = None) -> Self:
        return self  # a function's would be compared with 1 on SQLite, where no index would help then


@compiles(among)
def _in(element: among, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.clauses.clauses[0], **more)


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.clauses.clauses[1], **more)


def within_all(table: Table) -> ColumnElement[bool]:
    """The rows of a rollup for the domains under `domain_ids`, from `first_day` to `last_day`."""
    days = table.c.day.between(bindparam("first_day"), bindparam("last_day"))
    return and_(among(table.c.domain_id, "domain_ids"), days)


class unindexed(FunctionElement[Any]):  # noqa: N801  an operator of SQL
    """`column`, for which SQLite is to use no index: it keeps no statistics by which it would choose the better one."""

    inherit_cache = True

    def __init__(self, column: Column[Any]) -> None:
        self.type = column.type
        super().__init__(column)


@compiles(unindexed)
def _plain(element: unindexed, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.clauses, **more)


@compiles(unindexed, "sqlite")
def _with_a_plus(element: unindexed, compiler: SQLCompiler, **more: Any) -> str:
    return f"+{compiler.process(element.clauses, **more)}"


class total(FunctionElement[Any]):  # noqa: N801  a function of SQL
    """`sum(column)` for counts up to 64 bits, whatever they come to: SQLite's own fails where the sum is larger."""

    type = BigInteger()
    inherit_cache = True


@compiles(total)
def _sum(element: total, compiler: SQLCompiler, **more: Any) -> str:
    return f"sum({compiler.process(element.clauses, **more)})"


@compiles(total, "sqlite")
def _sum_of_halves(element: total, compiler: SQLCompiler, **more: Any) -> str:
    # Arithmetic, other than sum(), goes on with floating point beyond 64 bits: absurd figures are then near enough.
    high, low = (compiler.process(element.clauses, **more) for _ in range(2))
    return f"(sum(({high}) >> 32) * 4294967296 + sum(({low}) & 4294967295))"


def number(value: Any) -> int:
    """A sum as the databases give it (None, int, Decimal) as a plain int."""
    return int(value or 0)


def start_of(day: date) -> datetime:
    """00:00 UTC of a day."""
    return datetime.combine(day, time(), UTC)


def end_of(day: date) -> datetime:
    """24:00 UTC of a day."""
    return start_of(day) + timedelta(days=1)


def encode_cursor(value: str) -> str:
    """An opaque cursor: nobody should build on what is in it."""
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Raises UsageError for what is no cursor of ours."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:  # no base64, or no UTF-8 inside
        raise UsageError("this is no cursor") from None
    if "\0" in text:  # PostgreSQL takes none
        raise UsageError("this is no cursor")
    return text


def decode_id(cursor: str) -> UUID:
    """The id in a cursor. Raises UsageError."""
    try:
        return UUID(decode_cursor(cursor))
    except ValueError:
        raise UsageError("this is no cursor") from None


def decode_offset(cursor: str | None) -> int:
    """The offset in a cursor, 0 for None. Raises UsageError."""
    if cursor is None:
        return 0
    text = decode_cursor(cursor)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UsageError("this is no cursor")
    return int(text)
