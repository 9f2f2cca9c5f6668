"""The `_mta-sts` TXT record (RFC 8461 section 3.1, M2 to M5). Pure: octets in, id or error out."""

import re
from collections.abc import Iterable

from collector.monitor import txt
from collector.monitor.model import Problem, StsRecord

VERSION = "v=STSv1"
_GOOD = f"{VERSION}; id=20260101T000000;"
_UNUSED = "senders then find no valid record, and deliver as if there were no policy"
_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
_NOT_ID = re.compile(r"[^A-Za-z0-9]")


class _Bad(Exception):
    """The record breaks the grammar. `code` is a problem's, `fix` the record to publish."""

    def __init__(self, text: str, code: str = "bad_record", fix: str = _GOOD) -> None:
        super().__init__(text)
        self.code = code
        self.fix = fix


def read(records: tuple[bytes, ...]) -> StsRecord:
    """The domain's record, from all TXT records at `_mta-sts.DOMAIN` (each one's strings joined, M4)."""
    chosen = txt.choose(records, VERSION, _GOOD, _UNUSED)
    if chosen.record is None:
        return StsRecord(None, chosen.error, problems=chosen.problems)
    record = txt.printable(chosen.record)
    try:
        policy_id = _id(chosen.record)
    except _Bad as error:
        problem = Problem(error.code, "error", f"{error}: {_UNUSED}", error.fix)
        return StsRecord(None, "bad_record", record, (problem, *chosen.problems))
    return StsRecord(policy_id, None, record, chosen.problems)


def _id(record: bytes) -> str:
    """The id of one record. Raises _Bad, in words, where the record breaks the grammar."""
    if not record.isascii():
        raise _Bad("the record holds characters that are not ASCII")
    fields = txt.fields(record.decode("ascii").partition(";")[2])
    ids = [value for name, value in map(_field, fields) if name == "id"]
    if not ids:
        other_case = [field for field in fields if field[:3].lower() == "id="]
        if other_case:
            raise _Bad(f"id must be written in lower case: {txt.shown(other_case[0])}", "id_case")
        raise _Bad("there is no id= field")
    if len(ids) > 1:
        raise _Bad("there is more than one id= field")
    if not _ID.match(ids[0]):
        text = f"the id must be 1 to 32 letters and digits, nothing else: {txt.shown(ids[0])}"
        raise _Bad(text, "id", _with_id(ids[0], fields))
    return ids[0]


def _with_id(wrong: str, fields: Iterable[str]) -> str:
    """The record with the letters and digits of `wrong` as its id, and all its other fields."""
    policy_id = _NOT_ID.sub("", wrong)[:32]
    others = [field for field in fields if not field.startswith("id=")]
    return "; ".join((VERSION, f"id={policy_id}", *others)) + ";" if policy_id else _GOOD


def _field(field: str) -> tuple[str, str]:
    """Name and value. Unknown fields are ignored later, but they must be fields (section 3.1, ABNF)."""
    name, equals, value = field.partition("=")
    if not field:
        raise _Bad("nothing stands between two semicolons")
    if not equals or not (txt.is_field(name, value) or name == "id"):
        raise _Bad(f"this is no name=value: {txt.shown(field)}")
    return name, value
