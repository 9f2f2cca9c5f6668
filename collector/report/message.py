"""From a mail to its parts, bounded: boundaries are looked for by hand, level by level.

A parser that reads line by line takes minutes over a mail of many nested levels; this one looks at each byte at
most once a level, and goes no deeper than MAX_DEPTH (Q86). Total but for its limits: broken MIME gives fewer parts.
"""

import binascii
from collections.abc import Iterator

from msgspec import Struct

from collector.errors import ReportRefused
from collector.report import headers as header_fields
from collector.report.headers import Headers
from collector.report.notes import Notes

MAX_DEPTH = 10
MAX_PARTS = 1000
_MAX_DELIMITER_REST = 200  # so that no part of the body is looked at again and again
_LF = 0x0A


class Mail(Struct, frozen=True):
    """A mail as it came, or one that lies within another (`is_nested`)."""

    raw: bytes
    headers: Headers
    is_nested: bool = False

    @property
    def is_announced(self) -> bool:
        """Whether it says of itself that it carries a report (RFC 8460 section 5.3)."""
        headers = self.headers
        content_type = headers.get("content-type", "").lower()
        return (
            "tls-report-domain" in headers
            or "tls-report-submitter" in headers
            or header_fields.text(headers.get("subject", "")).lower().startswith("report domain:")
            or (header_fields.parameter(content_type, "report-type") or "").strip() == "tlsrpt"
        )


class Part(Struct, frozen=True):
    """A part that holds no others, or a bare body or file; `content` is decoded.

    `content_type` is in lower case, without parameters. `mail` is the innermost mail around it, None for bare bytes.
    """

    content_type: str | None
    file_name: str | None
    content: bytes
    mail: Mail | None


def parts(raw: bytes, notes: Notes) -> tuple[Mail, list[Part]]:
    """The mail and its parts, in order, nested mails' included. Raises ReportRefused (`limit`)."""
    block, body = header_fields.split(raw)
    mail = Mail(raw, header_fields.parse(block))
    found: list[Part] = []
    _walk(mail.headers, body, mail, 0, notes, found)
    return mail, found


def _walk(headers: Headers, body: bytes, mail: Mail, depth: int, notes: Notes, found: list[Part]) -> None:
    """Adds to `found`."""
    if depth > MAX_DEPTH:
        raise ReportRefused("limit", f"parts nested deeper than {MAX_DEPTH}")
    value = headers.get("content-type")
    if not value:
        value = headers.get("contenttype") or "text/plain"
        if "contenttype" in headers and "content-type" not in headers:
            notes.add("Q78", "ContentType instead of Content-Type")
    content_type = header_fields.media_type(value)
    boundary = header_fields.parameter(value, "boundary") if content_type.startswith("multipart/") else None
    if boundary:
        for entity in _split(body, boundary, notes):
            block, inner = header_fields.split(entity)
            del entity  # a large mail of many levels would stand here once more for each of them
            _walk(header_fields.parse(block), inner, mail, depth + 1, notes, found)
    elif content_type in ("message/rfc822", "message/global"):
        entity = _decoded(headers, body)
        block, inner = header_fields.split(entity)
        nested = Mail(entity, header_fields.parse(block), is_nested=True)
        _walk(nested.headers, inner, nested, depth + 1, notes, found)
    elif len(found) == MAX_PARTS:
        raise ReportRefused("limit", f"more than {MAX_PARTS} parts")
    else:
        found.append(Part(content_type, _file_name(headers, value), _decoded(headers, body), mail))


def _split(body: bytes, boundary: str, notes: Notes) -> Iterator[bytes]:
    """The entities between the delimiter lines (RFC 2046 section 5.1.1); the line end before one belongs to it."""
    delimiter = b"--" + boundary.rstrip().encode("utf-8")
    start = -1
    at = body.find(delimiter)
    while at >= 0:
        behind = at + len(delimiter)
        rest = _rest_of_line(body, at, behind)
        mark = None if rest is None else rest.rstrip()
        if rest is not None and mark in (b"", b"--"):
            if start >= 0:
                yield body[start:at].removesuffix(b"\n").removesuffix(b"\r")
            if mark:
                return
            start = behind + len(rest) + 1
        at = body.find(delimiter, behind)
    if start >= 0:
        notes.add("Q75", "the closing boundary is missing")
        yield body[start:]


def _rest_of_line(body: bytes, at: int, behind: int) -> bytes | None:
    """What stands behind a would-be delimiter at `at`; None if it does not begin a line, or the line is too long."""
    if at and body[at - 1] != _LF:
        return None
    line_end = body.find(b"\n", behind, behind + _MAX_DELIMITER_REST)
    if line_end >= 0:
        return body[behind:line_end]
    return body[behind:] if len(body) - behind < _MAX_DELIMITER_REST else None


def _decoded(headers: Headers, body: bytes) -> bytes:
    encoding = headers.get("content-transfer-encoding", "").partition(";")[0].strip().lower()
    if encoding == "base64":
        return header_fields.from_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    return body


def _file_name(headers: Headers, content_type: str) -> str | None:
    name = header_fields.parameter(headers.get("content-disposition", ""), "filename")
    return name or header_fields.parameter(content_type, "name")
