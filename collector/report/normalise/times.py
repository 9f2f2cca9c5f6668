"""Date-times of a report: RFC 3339 section 5.6, and what is sent instead (Q30 to Q33)."""

import re
from datetime import UTC, datetime, timedelta

from collector.errors import ReportRefused
from collector.report.notes import Notes

_FIRST_YEAR, _LAST_YEAR = 1970, 9000  # what every database and every calendar holds
# What is sent nearly always; the day may still be none of that month.
_PLAIN = re.compile(
    r"(?:19[7-9][0-9]|[2-8][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z\Z"
)
_RIGHT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\Z")
_LENIENT = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:(?:[Tt]|[ _]+)([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]+))?)?)?"
    r"\s*([Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)


def plain(value: str) -> datetime | None:
    """The instant of a date-time in the commonest form, UTC with a Z; None for any other."""
    if _PLAIN.match(value) is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def parse(value: str, where: str, notes: Notes) -> datetime:
    """The instant in UTC. Without a zone it is UTC (Q30); offsets and fractions count (Q31).

    A date alone is its midnight, 24:00:00 the next one, second 60 the next second; a blank may stand for the T (Q32).
    Raises ReportRefused (`schema`) for anything else, and for years before 1970 or after 9000.
    """
    match = _LENIENT.match(value.strip())
    if match is None:
        raise ReportRefused("schema", f"{where}: {value[:60]!r} is no date-time")
    try:
        instant = _instant(match)
    except ValueError as error:
        raise ReportRefused("schema", f"{where}: {value[:60]!r} is no date-time: {error}") from None
    if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
        raise ReportRefused("schema", f"{where}: the year {instant.year} is not from {_FIRST_YEAR} to {_LAST_YEAR}")
    if _RIGHT.match(value) is None or match[4] == "24":
        # A date alone has no zone either: that is one deviation, not two.
        code = "Q30" if match[8] is None and match[4] is not None else "Q32"
        notes.add(code, f"{where}: {value[:60]!r} " + ("has no zone, read as UTC" if code == "Q30" else "is lax"))
    return instant


def _instant(match: re.Match[str]) -> datetime:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), int(match[6] or 0)
    if not _FIRST_YEAR - 1 <= year <= _LAST_YEAR + 1:
        raise ValueError(f"the year {year} is not from {_FIRST_YEAR} to {_LAST_YEAR}")
    add = timedelta()
    if (hour, minute, second) == (24, 0, 0):
        hour, add = 0, timedelta(days=1)
    elif second == 60:
        second, add = 59, timedelta(seconds=1)
    microsecond = int((match[7] or "0")[:6].ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, microsecond, UTC) + add - _offset(match[8])


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone[0] not in "+-":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError(f"the offset {zone} is no offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
