"""The policy-string of a report: the policy as the sender had it, errors included (RFC 8460 sections 4.4 and 4.5).

Nothing here refuses anything: a policy-string may be deliberately invalid (R25, Q13).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from collector.report.model import MODES
from collector.report.normalise.names import name
from collector.report.notes import Notes

# Lines joined by line feeds that need no taking apart: none begins as JSON does, none holds a separator or two colons.
_REGULAR = re.compile(r"(?:[^\[\r\n;:][^\r\n;:]*(?::[^\r\n;:]*)?(?:\n|\Z))+\Z")
_CACHED_LENGTH = 2000  # characters: a stranger's policy of megabytes is not kept in memory
# RFC 8461 section 3.3: no policy is longer. What is longer stays in one piece: apart it would be millions of strings.
_LONGEST = 64 * 1024
_SEPARATORS = re.compile(r"[\r\n;]+")
# Fields that follow each other with nothing but blanks between them. Each run of blanks is walked once: tried from
# every blank in it, with every length, a stranger's 24,000 of them took seconds.
_JOINED_FIELDS = re.compile(r"(?<!\s)\s++(?=(?:version|mode|mx|max_age)\s*+:)")
_MAX_AGE = re.compile(r"[0-9]{1,10}\Z")


@dataclass(frozen=True, slots=True)
class ReportedPolicy:
    """What an MTA-STS policy-string says: `mode` one of MODES, `mx` patterns in normal form, sorted, each once."""

    mode: str
    mx: tuple[str, ...]
    max_age: int | None


def lines(value: list[Any], where: str, notes: Notes) -> tuple[str, ...]:
    """One field or TLSA record each, as sent where they came so. `where` is the JSON path for findings."""
    if are_regular(value):
        return tuple(value)
    separate: list[str] = []
    for entry in value:
        separate += _separated(entry, where, notes)
    return tuple(separate)


def are_regular(value: Sequence[str]) -> bool:
    """Whether each entry is one field or record already."""
    joined = "\n".join(value)
    return not value or (_REGULAR.match(joined) is not None and joined.count("\n") == len(value) - 1)


def _separated(entry: str, where: str, notes: Notes) -> list[str]:
    if len(entry) > _LONGEST:
        notes.add("Q10", f"{where}: a string longer than any policy, left in one piece")
        return [entry]
    flattened = _json_text(entry)
    if flattened is not None:
        notes.add("Q9", f"{where}: the records are JSON text within a string")
        return flattened
    pieces = [
        field.strip() for line in _SEPARATORS.split(entry) for field in _JOINED_FIELDS.split(line) if field.strip()
    ]
    if pieces == [entry.strip()]:
        return [entry]
    notes.add("Q10", f"{where}: several fields in one string" if entry else f"{where}: an empty string")
    return pieces


def _json_text(entry: str) -> list[str] | None:
    """Microsoft sends all TLSA records as one string that is itself a JSON array (Q9)."""
    if not entry.startswith("["):
        return None
    try:
        records = orjson.loads(entry)
    except orjson.JSONDecodeError:
        return None
    return records if all(isinstance(record, str) for record in records) else None


def parse(policy_lines: tuple[str, ...]) -> ReportedPolicy:
    """Mode, mx and max_age of an MTA-STS policy, in whatever order (Q12), with or without blanks (Q11).

    Of a repeated field the first counts (RFC 8461 section 3.2, M10). What is absent or senseless is unknown or None.
    """
    text = "\n".join(policy_lines)
    if len(text) <= _CACHED_LENGTH:
        return _parse_cached(text)
    return _parse("\n".join([line for line in policy_lines if len(line) <= _LONGEST]))


def _parse(text: str) -> ReportedPolicy:
    fields: dict[str, str] = {}
    mx: set[str] = set()
    for line in text.split("\n"):
        field, _, value = line.partition(":")
        field, value = field.strip().lower(), value.strip()
        if field == "mx":
            mx.add(value)
        else:
            fields.setdefault(field, value)
    mode = fields.get("mode", "").lower()
    max_age = fields.get("max_age", "")
    return ReportedPolicy(
        mode if mode in MODES else "unknown", patterns(mx), int(max_age) if _MAX_AGE.match(max_age) else None
    )


# Most reports of a sender carry the same policy day after day.
_parse_cached = lru_cache(maxsize=2048)(_parse)


def patterns(values: Iterable[str]) -> tuple[str, ...]:
    """MX patterns in normal form, sorted, each once; what is no pattern is left out."""
    return tuple(sorted({normal for value in values if (normal := pattern(value)) is not None}))


def pattern(value: str) -> str | None:
    """The normal form of an MX pattern, None if it is none."""
    wildcard = "*." if value.startswith("*.") else ""
    host = name(value.removeprefix("*."))
    return wildcard + host if host is not None else None
