"""Where in a delivery are the reports? Candidates are told by their bytes; labels only say how loud a failure is.

A part that is labelled as a report, or stands in a mail that announces one, and cannot be read: that is a broken
report, and its error is the reason. Anything else that cannot be read is just no report (RFC 8460 section 5.3, Q90).
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from collector.channels import MAIL_CHANNELS
from collector.errors import ReportRefused
from collector.report import labels, message
from collector.report.limits import Limits
from collector.report.message import Mail, Part
from collector.report.model import Finding, Report
from collector.report.notes import Notes
from collector.report.reader import read_plain
from collector.report.unpack import ZIP, Room, is_packed, unpack, zip_members

_NOT_A_REPORT = ReportRefused("not_a_report", "no TLS report in it")
# What every report holds and hardly anything else does.
_MARKS = re.compile(rb'"(?:date-range|policies)"')
_LEADING = b" \t\r\n\0\xef\xbb\xbf\xff\xfe"  # blanks and byte order marks, UTF-16 too (Q84)


class Hit(Struct, frozen=True):
    """A report, its JSON text as it came, and where it stood."""

    report: Report
    text: bytes
    file_name: str | None = None
    mail: Mail | None = None


class Search(Struct, frozen=True):
    """What a delivery holds. Without hits, `refusal` says why; with hits, broken reports beside them are findings."""

    hits: tuple[Hit, ...]
    findings: tuple[Finding, ...]
    refusal: ReportRefused | None


def documents(
    raw: bytes, channel: str, *, limits: Limits, content_type: str | None = None, file_name: str | None = None
) -> tuple[bytes, ...]:
    """The JSON text of each report in a delivery, as it came, in the order of `Delivery.found`."""
    found = search(raw, channel, limits=limits, content_type=content_type, file_name=file_name)
    return tuple(hit.text for hit in found.hits)


def search(
    raw: bytes, channel: str, *, limits: Limits, content_type: str | None = None, file_name: str | None = None
) -> Search:
    """Every report in a delivery. `content_type` and `file_name` label a bare body or file. Raises nothing."""
    notes = Notes()
    reading = _Reading(Room(limits.report_bytes), limits, notes)
    try:
        for part, is_claimed in _candidates(raw, channel, content_type, file_name, notes):
            reading.read(part, is_claimed)
    except ReportRefused as refusal:  # of the mail as a whole
        return Search((), notes.findings(), _alone(refusal))
    hits, refusals = reading.hits, reading.refusals
    if not hits:
        return Search((), notes.findings(), refusals[0] if refusals else _NOT_A_REPORT)
    for broken in refusals:
        notes.add("Q87", f"beside it a report that cannot be read ({broken.code}): {broken.message}")
    return Search(tuple(hits), notes.findings(), None)


def _candidates(
    raw: bytes, channel: str, content_type: str | None, file_name: str | None, notes: Notes
) -> Iterator[tuple[Part, bool]]:
    """What may be a report, and whether its labels or its mail say that it is."""
    if channel in MAIL_CHANNELS or (channel == "import" and not _looks_bare(raw)):
        yield from _in_mail(raw, notes)
        return
    label = (content_type or "").partition(";")[0].strip().lower() or None
    is_claimed = labels.claims(label, file_name)
    if is_claimed or _looks_bare(raw):
        yield Part(label, file_name, raw, None), is_claimed


def _in_mail(raw: bytes, notes: Notes) -> Iterator[tuple[Part, bool]]:
    mail, parts = message.parts(raw, notes)
    for part in parts:
        if labels.claims(part.content_type, part.file_name):
            yield part, True
        elif _looks_bare(part.content):
            yield part, mail.is_announced or (part.mail is not None and part.mail.is_announced)


def _looks_bare(raw: bytes) -> bool:
    return is_packed(raw) or _looks_like_json(raw)


def _looks_like_json(data: bytes) -> bool:
    return data[:1000].lstrip(_LEADING).startswith((b"{", b"["))


class _Reading:
    """What came of the candidates so far, and how much room there still is."""

    def __init__(self, room: Room, limits: Limits, notes: Notes) -> None:
        self.hits: list[Hit] = []
        self.refusals: list[ReportRefused] = []
        self._room = room
        self._limits = limits
        self._notes = notes

    def read(self, part: Part, is_claimed: bool) -> None:
        try:
            members = _members(part, self._room)
        except ReportRefused as refusal:
            # Packed bytes that were posted or imported are meant to be a report; an attachment may be anything.
            if is_claimed or part.mail is None:
                self.refusals.append(_alone(refusal))
            return
        for name, text, own in members:
            if not is_claimed and not _is_marked(text):
                continue
            try:
                report = read_plain(text, own, self._limits)
            except ReportRefused as refusal:
                self.refusals.append(_alone(refusal))
            else:
                self.hits.append(Hit(report, text, name, part.mail))
                labels.note(part.content, part.content_type, name, part.mail is not None, self._notes)


def _alone(refusal: ReportRefused) -> ReportRefused:
    """The same without the frames it was raised in: with those it would hold the mail and all that was made of it,
    and be held by them, until the garbage collector comes round."""
    return ReportRefused(refusal.code, refusal.message)


def _members(part: Part, room: Room) -> list[tuple[str | None, bytes, Notes]]:
    """Name, JSON text and findings of each report in a part: several only in a zip file (Q85)."""
    packed: list[tuple[str | None, bytes]] = [(part.file_name, part.content)]
    if part.content.startswith(ZIP):
        packed = list(zip_members(part.content, room))
    elif labels.is_gzip(part.content_type) and not _looks_bare(part.content):
        raise ReportRefused("unpack", f"labelled {part.content_type}, and neither gzip data nor JSON")
    members = []
    for name, content in packed:
        own = Notes()
        members.append((name, unpack(content, room, own), own))
    return members


def _is_marked(text: bytes) -> bool:
    # UTF-16 (Q84) has a NUL in each pair.
    return _MARKS.search(text.replace(b"\0", b"") if b"\0" in text[:4] else text) is not None
