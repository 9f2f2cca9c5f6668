"""Many small rows as one: on a page of domains the making of thousands of rows costs more than the database does."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_FIRST = date(1970, 1, 1)


class packed(FunctionElement[Any]):  # noqa: N801  a function of SQL
    """`packed(day, number...)`: of the rows of a group these columns, in any order, for `unpacked`. No NULL in them."""

    type = Text()
    inherit_cache = True


@compiles(packed, "sqlite")
def _concatenated(element: packed, compiler: SQLCompiler, **more: Any) -> str:
    day, *numbers = (compiler.process(clause, **more) for clause in element.clauses)
    quoted = f"""'"' || {day} || '"'"""
    return f"group_concat({_joined(quoted, numbers)})"


@compiles(packed, "postgresql")
def _aggregated(element: packed, compiler: SQLCompiler, **more: Any) -> str:
    day, *numbers = (compiler.process(clause, **more) for clause in element.clauses)
    # Dates are dear to write out there: as a number, of days since 1970.
    days = f"({day} - DATE '1970-01-01')"
    return f"string_agg({_joined(days, numbers)}, ',')"


def _joined(day: str, numbers: list[str]) -> str:
    return " || ',' || ".join([day, *(f"({number})" for number in numbers)])


def unpacked(text: str, numbers: int) -> Iterator[tuple[Any, ...]]:
    """(day, number...) of each row; `numbers` is how many columns stood beside the day."""
    values = iter(orjson.loads(f"[{text}]"))
    return zip(map(_day, values), *[values] * numbers, strict=True)


def unpacked_raw(text: str, numbers: int) -> Iterator[tuple[Any, ...]]:
    """The same with days as they stand in the text: `places()` knows them."""
    values = iter(orjson.loads(f"[{text}]"))
    return zip(values, *[values] * numbers, strict=True)


@lru_cache(maxsize=16)
def places(first: date, last: date) -> Mapping[str | int, int]:
    """For each day from `first` to `last`, as either database packs it, its place among them."""
    found: dict[str | int, int] = {}
    for place in range((last - first).days + 1):
        day = first + timedelta(days=place)
        found[day.isoformat()] = found[(day - _FIRST).days] = place
    return found


@lru_cache(maxsize=1000)
def _day(value: str | int) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else _FIRST + timedelta(days=value)
