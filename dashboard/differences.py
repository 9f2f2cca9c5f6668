"""What differs between two JSON documents: where, and what each says. For reports under one identity (a conflict)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import orjson

MOST = 200
_LONGEST = 300
_DEEPEST = 50
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """`where` is a JSON pointer; the values are JSON, cut at 300 characters; None: it is not there."""

    where: str
    first: str | None
    second: str | None


def differences(first: bytes, second: bytes, most: int = MOST) -> tuple[Difference, ...] | None:
    """The first `most` of them in the order of the first document; None if one of the two cannot be read as JSON."""
    try:
        one, other = orjson.loads(first), orjson.loads(second)
    except orjson.JSONDecodeError:
        return None
    return tuple(islice(_differ("", one, other, 0), most))


def _differ(where: str, one: object, other: object, depth: int) -> Iterator[Difference]:
    if depth < _DEEPEST and isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            escaped = name.replace("~", "~0").replace("/", "~1")
            yield from _differ(f"{where}/{escaped}", one.get(name, _ABSENT), other.get(name, _ABSENT), depth + 1)
    elif depth < _DEEPEST and isinstance(one, list) and isinstance(other, list):
        for index in range(max(len(one), len(other))):
            left, right = (items[index] if index < len(items) else _ABSENT for items in (one, other))
            yield from _differ(f"{where}/{index}", left, right, depth + 1)
    elif type(one) is not type(other) or one != other:
        yield Difference(where or "/", _told(one), _told(other))


def _told(value: object) -> str | None:
    if value is _ABSENT:
        return None
    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
