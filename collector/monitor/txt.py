"""What the `_mta-sts` and `_smtp._tls` TXT records have in common: one that counts, and fields between semicolons.

RFC 8461 section 3.1 and RFC 8460 section 3 say the same of both (M2 to M4, R1 to R8). Pure.
"""

import re
from dataclasses import dataclass

from collector.monitor.model import Problem

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")
_VALUE = re.compile(r"[!-:<>-~]+\Z")  # visible ASCII but ";" and "="
_MOST_SHOWN = 60  # characters


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one record that counts, or `error`: `no_record` or `several_records`, which the first problem explains.

    `meant`: what stands after the version of a record that counts for nobody, but was meant to.
    """

    record: bytes | None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    meant: bytes | None = None


def choose(records: tuple[bytes, ...], version: str, good: str, why: str) -> Chosen:
    """The record that begins with `version` (`v=STSv1`) and a semicolon; all others are dropped (M3, R7).

    `good` is a record to publish where there is none, `why` what it means that none counts.
    """
    exact = [record for record in records if record.startswith(f"{version};".encode())]
    # By its grammar a blank may stand before the semicolon, by the rule above it may not: a contradiction of both
    # RFCs, which erratum 6285 would settle by forbidding the blank. Senders differ.
    with_blank = [record for record in records if re.match(rb"%s[ \t]+;" % version.encode(), record)]
    begun = exact or with_blank
    if not begun:
        return _missing(records, version, good, why)
    if len(begun) > 1:
        text = f"{len(begun)} records begin with {version}; so senders use none of them: {why}"
        problem = Problem("several_records", "error", text, "Leave exactly one of them.")
        return Chosen(None, "several_records", (problem,))
    warnings = (_blank_warning(with_blank[0], alone=not exact),) if with_blank else ()
    return Chosen(begun[0], problems=warnings)


def _missing(records: tuple[bytes, ...], version: str, good: str, why: str) -> Chosen:
    """Why none of the records counts; one that was meant to is named."""
    value = version.partition("=")[2].encode()
    patterns = rb"[\s\"']*v\s*=\s*[\"']?%s[\"']?[\s;]*(?P<rest>.*)" % value
    pattern = re.compile(patterns, re.IGNORECASE | re.DOTALL)
    meant = next((match for record in records if (match := pattern.match(record))), None)
    if meant is None:
        others = f"no TXT record begins with {version}; ({len(records)} of other kinds):"
        none = others if records else f"there is no TXT record that begins with {version};"
        return Chosen(None, "no_record", (Problem("no_record", "error", f"{none} {why}", good),))
    octets: bytes = meant.string
    text = printable(octets)
    begins = text[: len(version)]
    if begins.lower() == version.lower() and begins != version:
        said = f"the record begins with {begins}, which must be {version} in just this case: {why}"
        problem = Problem("version_case", "error", said, version + text[len(version) :])
    else:
        said = f"the record must begin with {version}; and begins with {text[:16]!r}: {why}"
        problem = Problem("version", "error", said, good)
    return Chosen(None, "no_record", (problem,), meant["rest"])


def _blank_warning(record: bytes, *, alone: bool) -> Problem:
    if not alone:
        text = "a second record has a blank before its first semicolon: some senders drop it, some find two records"
        return Problem("blank_before_semicolon", "warning", text, "Leave exactly one of them.")
    text = "a blank stands before the first semicolon: some senders then see no record"
    return Problem("blank_before_semicolon", "warning", text, _without_blanks(record))


def _without_blanks(record: bytes) -> str:
    return "; ".join(printable(field.strip(b" \t")) for field in record.split(b";")).rstrip()


def fields(rest: str) -> list[str]:
    """What stands between the semicolons after the version, without the blanks that belong to these.

    None may follow a last field that has no semicolon: there it stays.
    """
    *closed, last = rest.split(";")
    found = [field.strip(" \t") for field in closed]
    if last.strip(" \t"):
        found.append(last.lstrip(" \t"))
    return found


def is_field(name: str, value: str) -> bool:
    """Whether the grammar knows `name=value`. Unknown fields are ignored, but they must be fields (R5)."""
    return bool(_NAME.match(name) and _VALUE.match(value))


def is_name(name: str) -> bool:
    return bool(_NAME.match(name))


def shown(text: str) -> str:
    """A piece of the record as it may stand in a message."""
    return printable(text[:_MOST_SHOWN].encode())[:_MOST_SHOWN]


def printable(octets: bytes) -> str:
    """As text to show: what is not visible ASCII is escaped."""
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}" for octet in octets)
