"""A mail as DKIM hashes it: header fields and body in canonical form (RFC 6376 section 3.4)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from msgspec import Struct

# A header is read whole before anything else is known about the mail.
MAX_HEADER_BYTES = 128 * 1024

_WSP = b" \t\r\n"
# One header field with its folded lines. As strict as Python's `email` about what a field is: see `read`.
_FIELD = re.compile(rb"^(([!-9;-~]+):.*(?:\n[ \t].*)*)\r\n", re.MULTILINE)


class Field(Struct, frozen=True, gc=False):
    """One header field: its name in lower case, and all of it as it came, without the last CRLF."""

    name: bytes
    raw: bytes

    @property
    def value(self) -> bytes:
        """What stands behind the colon, folds included."""
        return self.raw[len(self.name) + 1 :]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in CRLF form, cut into header fields (top to bottom) and body."""

    fields: Sequence[Field]
    body: bytes

    def named(self, name: bytes) -> list[Field]:
        """The fields of that name (lower case), top to bottom."""
        return [field for field in self.fields if field.name == name]


def read(mail: bytes) -> Mail | None:
    """Cut a mail, as it came (CRLF, or LF from files: Q92), into fields and body; None if its header is broken.

    An mbox `From ` line on top is left out (Q88). A mail without a blank line has no body.

    Broken is a line that is no field, and a bare CR. Whoever reads the report takes either for the end of the
    header: lines put in front of a signed mail must not be header here and body there.
    """
    head, body = _split(mail)
    if len(head) > MAX_HEADER_BYTES or head.count(b"\r") != head.count(b"\n"):
        return None
    if head.startswith(b"From "):
        head = head[head.index(b"\n") + 1 :]
    fields = [Field(name.lower(), raw) for raw, name in _FIELD.findall(head)]
    # What the pattern passed over is no field.
    if sum([len(field.raw) for field in fields]) + 2 * len(fields) != len(head):
        return None
    return Mail(fields, body)


def _split(mail: bytes) -> tuple[bytes, bytes]:
    """Header block and body in CRLF form; the blank line between them belongs to neither."""
    if mail.count(b"\n") != mail.count(b"\r\n"):
        mail = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if mail.startswith(b"\r\n"):
        return b"", mail[2:]
    end = mail.find(b"\r\n\r\n")
    if end >= 0:
        return mail[: end + 2], mail[end + 4 :]
    return (mail if not mail or mail.endswith(b"\r\n") else mail + b"\r\n"), b""


def header(fields: Iterable[Field], *, relaxed: bool) -> bytes:
    """Header fields in canonical form, CRLF between them (RFC 6376 sections 3.4.1, 3.4.2)."""
    if not relaxed:
        return b"\r\n".join([field.raw for field in fields])
    text = b"\r\n".join([field.name + b":" + field.raw[len(field.name) + 1 :].strip(_WSP) for field in fields])
    # Every line end that is left within a field is a fold: a blank or tab follows.
    return _single_blanks(text.replace(b"\r\n\t", b" ").replace(b"\r\n ", b" "))


def body_hash(body: bytes, *, relaxed: bool) -> bytes:
    """The SHA-256 of a body (CRLF form) in canonical form: what `bh=` has to say."""
    return sha256(canonical_body(body, relaxed=relaxed)).digest()


def canonical_body(body: bytes, *, relaxed: bool) -> bytes:
    """A body (CRLF form) in canonical form (RFC 6376 sections 3.4.3, 3.4.4)."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    if relaxed:
        body = _reduce_blanks(body)
    body = _without_blank_lines_at_end(body)
    return b"" if relaxed and body == b"\r\n" else body


def _reduce_blanks(body: bytes) -> bytes:
    """Each run of blanks and tabs as one blank, none before a line's end."""
    return _single_blanks(body).replace(b" \r\n", b"\r\n")


def _single_blanks(text: bytes) -> bytes:
    text = text.replace(b"\t", b" ")
    # Each pass halves the longest run. Several times faster than a regular expression where there is little to do.
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def _without_blank_lines_at_end(body: bytes) -> bytes:
    """`body`, which ends with CRLF, with one CRLF at its end. A bare CR is text and stays."""
    text = body.rstrip(b"\r\n")
    line_ends = body[len(text) :]
    return text + line_ends[: line_ends.rfind(b"\r\r") + 1] + b"\r\n"
