"""Many small rows as one: on a page of domains the making of thousands of rows costs more than the database does."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class packed(FunctionElement[Any]):  # noqa: N801  a function of SQL
    """`packed(day, number...)`: of the rows of a group these columns, in any order, for `unpacked`. No NULL in them."""

    type = Text()
    inherit_cache = True


@compiles(packed, "sqlite")
def _concatenated(element: packed, compiler: SQLCompiler, **more: Any) -> str:
    day, *numbers = (compiler.process(clause, **more) for clause in element.clauses)
    return f"group_concat({_joined(day, numbers)})"


@compiles(packed, "postgresql")
def _aggregated(element: packed, compiler: SQLCompiler, **more: Any) -> str:
    day, *numbers = (compiler.process(clause, **more) for clause in element.clauses)
    text = f"to_char({day}, 'YYYY-MM-DD')"  # whatever the server's DateStyle is
    return f"string_agg({_joined(text, numbers)}, ',')"


def _joined(day: str, numbers: list[str]) -> str:
    return " || ',' || ".join([f"""'"' || {day} || '"'""", *(f"({number})" for number in numbers)])


def unpacked(text: str, numbers: int) -> Iterator[tuple[Any, ...]]:
    """(day, number...) of each row; `numbers` is how many columns stood beside the day."""
    values = iter(orjson.loads(f"[{text}]"))
    return zip(map(_day, values), *[values] * numbers, strict=True)


@lru_cache(maxsize=1000)
def _day(text: str) -> date:
    return date.fromisoformat(text)
