"""From bytes to a JSON value, held to I-JSON (RFC 7493, which RFC 8460 section 4 asks for; R15).

Refused as `json`: what is no JSON, NaN and Infinity, numbers beyond a double, a member name used twice.
Refused as `limit`: deeper nesting than any report needs.
Tolerated with a finding: a byte order mark and UTF-16 (Q84), lone surrogates and bytes that are no UTF-8 (R15).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from collector.errors import ReportRefused
from collector.report.notes import Notes

_LONE_HIGH = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})")
_LONE_LOW = re.compile(r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A JSON value. `has_float`: some number in it is a float. `has_nul`: some string may hold a NUL (Q58)."""

    value: Any
    has_float: bool
    has_nul: bool


def decode(data: bytes, notes: Notes) -> Decoded:
    """The JSON value that `data` holds. Raises ReportRefused (`json`, `limit`)."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        data = _as_utf8(data, notes)
        value = _loads(data)
    has_escapes = b"\\" in data
    # RFC 7493 section 2.3. The parser keeps the last of two equal names: then fewer names come out than went in.
    if count_names(data, has_escapes) != count_names(_dumps(value), has_escapes):
        raise ReportRefused("json", "a member name occurs twice in one object")
    return Decoded(value, _has_float(value), has_escapes and b"\\u0000" in data)


def _loads(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        code = "limit" if error.msg.startswith("depth limit") else "json"
        raise ReportRefused(code, f"no JSON: {error}") from None


def _as_utf8(data: bytes, notes: Notes) -> bytes:
    """`data` as UTF-8 without a mark, lone surrogates replaced. Called for what is no I-JSON as it stands."""
    encoding = json.detect_encoding(data)
    if encoding != "utf-8":
        notes.add("Q84", f"the JSON is {encoding.upper().replace('-SIG', ' with a byte order mark')}")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        notes.add("R15", "bytes that are no " + encoding.upper().removesuffix("-SIG") + " were replaced")
    return _without_lone_surrogates(text, notes).encode()


def _without_lone_surrogates(text: str, notes: Notes) -> str:
    # An escaped backslash before a "u" is no escape: those pairs step aside for a moment. NUL is not in any JSON text.
    if "\\u" not in text or "\0" in text:
        return text
    text = text.replace("\\\\", "\0")
    text, high = _LONE_HIGH.subn(r"\\ufffd", text)
    text, low = _LONE_LOW.subn(r"\\ufffd", text)
    if high or low:
        notes.add("R15", f"{high + low} lone surrogates were replaced")
    return text.replace("\0", "\\\\")


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:  # it goes 254 levels deep; a report needs 6
        raise ReportRefused("limit", f"nested too deep: {error}") from None


def _has_float(value: Any) -> bool:
    """Level by level: a loop for each object would cost twice as much."""
    level: Sequence[Any] = [value]
    while level:
        kinds = set(map(type, level))
        if float in kinds:
            return True
        objects = [entry.values() for entry in level if type(entry) is dict] if dict in kinds else []
        arrays = [entry for entry in level if type(entry) is list] if list in kinds else []
        level = [*chain.from_iterable(objects), *chain.from_iterable(arrays)]
    return False


def count_names(text: bytes, has_escapes: bool) -> int:
    """The member names in a JSON text, together with what its values have of the same mark in any text of theirs.

    Without escapes in the text that came a colon within a string is one in every text of that value: colons are
    counted. Else pairs of quotation marks, less those that are escaped.
    """
    if not has_escapes:
        return text.count(b":")
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return text.count(b'"') // 2
