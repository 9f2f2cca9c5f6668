"""The `_mta-sts` TXT record (RFC 8461 section 3.1, M2 to M5). Pure: octets in, id or error out."""

import re

from collector.monitor.model import Problem, StsRecord

_GOOD = "v=STSv1; id=20260101T000000;"
# Records that do not begin so are dropped before anything else is looked at (M3).
_BEGINS = re.compile(rb"v=STSv1;")
# By its grammar a blank may stand before the semicolon, by the rule above it may not: a contradiction of the RFC,
# which erratum 6285 would settle by forbidding the blank. Senders differ.
_BEGINS_WITH_BLANK = re.compile(rb"v=STSv1[ \t]+;")
_MEANT = re.compile(rb"[\s\"']*v\s*=\s*[\"']?STSv1", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")
_VALUE = re.compile(r"[!-:<>-~]+\Z")  # visible ASCII but ";" and "="
_MOST_SHOWN = 60  # characters
_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")


def read(records: tuple[bytes, ...]) -> StsRecord:
    """The domain's record, from all TXT records at `_mta-sts.DOMAIN` (each one's strings joined, M4)."""
    exact = [record for record in records if _BEGINS.match(record)]
    with_blank = [record for record in records if _BEGINS_WITH_BLANK.match(record)]
    begun = exact or with_blank
    if not begun:
        return StsRecord(None, "no_record", problems=(_missing(records),))
    if len(begun) > 1:
        text = f"{len(begun)} records begin with v=STSv1; so senders use none of them"
        problem = Problem("several_records", "error", text, "Leave exactly one of them.")
        return StsRecord(None, "several_records", problems=(problem,))
    record = _printable(begun[0])
    warnings = (_blank_warning(with_blank[0], alone=not exact),) if with_blank else ()
    try:
        policy_id = _id(begun[0])
    except ValueError as error:
        problem = Problem("bad_record", "error", str(error), _GOOD)
        return StsRecord(None, "bad_record", record, (problem, *warnings))
    return StsRecord(policy_id, None, record, warnings)


def _missing(records: tuple[bytes, ...]) -> Problem:
    """Why none of the records counts; one that was meant to is named."""
    meant = next((record for record in records if _MEANT.match(record)), None)
    if meant is None:
        text = f"no TXT record begins with v=STSv1; ({len(records)} of other kinds)" if records else "no TXT record"
        return Problem("no_record", "error", text, _GOOD)
    shown = _printable(meant)
    if meant.lower().startswith(b"v=stsv1") and not meant.startswith(b"v=STSv1"):
        text = f"the record begins with {shown[:7]}, which must be v=STSv1 in just this case"
        return Problem("version_case", "error", text, "v=STSv1" + shown[7:])
    return Problem("version", "error", f"the record must begin with v=STSv1; and begins with {shown[:16]!r}", _GOOD)


def _blank_warning(record: bytes, *, alone: bool) -> Problem:
    if not alone:
        text = "a second record has a blank before its first semicolon: some senders drop it, some find two records"
        return Problem("blank_before_semicolon", "warning", text, "Leave exactly one of them.")
    text = "a blank stands before the first semicolon: some senders then see no record"
    return Problem("blank_before_semicolon", "warning", text, _without_blanks(record))


def _without_blanks(record: bytes) -> str:
    return "; ".join(_printable(field.strip(b" \t")) for field in record.split(b";")).rstrip()


def _id(record: bytes) -> str:
    """The id of one record. Raises ValueError, in words, where the record breaks the grammar."""
    if not record.isascii():
        raise ValueError("the record holds characters that are not ASCII")
    *closed, last = record.decode("ascii").split(";")[1:]
    # Blanks belong to the semicolons: none may follow a last field that has none.
    fields = [field.strip(" \t") for field in closed]
    if last.strip(" \t"):
        fields.append(last.lstrip(" \t"))
    ids = [value for name, value in map(_field, fields) if name == "id"]
    if not ids:
        other_case = [field for field in fields if field[:3].lower() == "id="]
        raise ValueError(
            f"id must be written in lower case: {_shown(other_case[0])}" if other_case else "there is no id= field"
        )
    if len(ids) > 1:
        raise ValueError("there is more than one id= field")
    if not _ID.match(ids[0]):
        raise ValueError(f"the id must be 1 to 32 letters and digits, nothing else: {_shown(ids[0])}")
    return ids[0]


def _field(field: str) -> tuple[str, str]:
    """Name and value. Unknown fields are ignored later, but they must be fields (section 3.1, ABNF)."""
    name, equals, value = field.partition("=")
    if not field:
        raise ValueError("nothing stands between two semicolons")
    if not equals or not _NAME.match(name) or not (_VALUE.match(value) or name == "id"):
        raise ValueError(f"this is no name=value: {_shown(field)}")
    return name, value


def _shown(field: str) -> str:
    """A piece of the record as it may stand in a message."""
    return _printable(field.encode())[:_MOST_SHOWN]


def _printable(octets: bytes) -> str:
    """As text to show: what is not visible ASCII is escaped."""
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}" for octet in octets)
