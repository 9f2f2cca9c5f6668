"""Digests of JSON values: equal values give equal digests, whatever the bytes (rule 3).

The canonical form sorts member names and writes a whole number without a fraction: 5.0 equals 5.
"""

from hashlib import sha256
from typing import Any

import orjson

SIZE = 16  # bytes
_LARGEST = 2**63  # beyond it a JSON number is a double anyway


def digest(value: Any, *, has_float: bool) -> bytes:
    """16 bytes that stand for a JSON value; `has_float` tells whether it may hold floats."""
    if has_float:
        value = _whole_numbers(value)
    return digest_of_text(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def digest_of_text(text: bytes) -> bytes:
    """16 bytes that stand for the JSON value which has this canonical text."""
    return sha256(text).digest()[:SIZE]


def combined(digests: list[bytes]) -> str:
    """One digest over several, as hexadecimal text."""
    return sha256(b"".join(digests)).digest()[:SIZE].hex()


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _LARGEST else value
    if isinstance(value, dict):
        return {name: _whole_numbers(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(entry) for entry in value]
    return value
