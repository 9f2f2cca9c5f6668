"""A mailbox in one file, cut into its mails as a stream: never more than one mail of it in memory, and that bounded.

The writers of such files agree on little. A mail begins behind a line that begins with `From ` and is followed by a
header field, and that comes first, or behind a blank line, or holds a time and a year: so a sentence in a text that
begins with "From" is no end of a mail, and neither is a blank line needed that some writers forget.
"""

import re
from collections.abc import Iterator
from typing import IO

_CHUNK = 256 * 1024
# The line `From `, bounded, and as much of the next one as tells a header field. `>From ` there is an older hop's own.
_LINE = re.compile(rb"From [^\n]{0,1000}\n(?=[!-9;-~]{1,80}[ \t]{0,9}:|>From )")
_LOOK_AHEAD = 1200
# RFC 4155 appendix A: the sender and asctime(), which some write with a zone.
_TIME = re.compile(rb"\d:\d\d")
_YEAR = re.compile(rb"\b\d{4}\b")
_OLDER_HOPS = re.compile(rb"(?:>+From [^\n]*\n)+")
# mboxrd puts one `>` before each such line. mboxo leaves lines alone that have one, which nobody can tell apart.
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BLANK_LINES = (b"\n\n", b"\n\r\n")


def is_mbox(head: bytes) -> bool:
    """Whether bytes that begin with `head` (2 KiB or all of them) are a mailbox."""
    return _LINE.match(head.lstrip(b"\r\n")) is not None


def mails(head: bytes, stream: IO[bytes], most: int) -> Iterator[bytes]:
    """Each mail of a mailbox that begins with `head` and goes on with `stream`, as it was before it was put there.

    Of one that is larger than `most` bytes only the first `most + 1` are kept.
    """
    text = head.lstrip(b"\r\n")
    first = _LINE.match(text)
    assert first is not None, "it was told by its first line"
    text = text[first.end() :]
    mail = _Bounded(most)
    searched = 0
    while True:
        chunk = stream.read(_CHUNK)
        text += chunk
        # What stands near the end may be cut through; it is looked at again with more behind it.
        end = max(len(text) - _LOOK_AHEAD, 0) if chunk else len(text)
        start = 0
        while (line := _separator(text, searched, end)) is not None:
            mail.add(text[start : line.start()])
            yield mail.take()
            start = searched = line.end()
        if not chunk:
            break
        # The three bytes before a line tell whether the one above it is blank.
        searched = max(end, searched, start)
        keep_from = max(searched - 3, start)
        mail.add(text[start:keep_from])
        text, searched = text[keep_from:], searched - keep_from
    mail.add(text[start:])
    yield mail.take()


def _separator(text: bytes, start: int, end: int) -> re.Match[bytes] | None:
    """The next line between two mails that begins at text[start] to text[end]."""
    at = max(start - 1, 0)
    while (at := text.find(b"\nFrom ", at, end + len("From "))) >= 0:
        at += 1
        line = _LINE.match(text, at)
        if line is not None and (text[max(at - 3, 0) : at].endswith(_BLANK_LINES) or _is_dated(line[0])):
            return line
    return None


def _is_dated(line: bytes) -> bool:
    return _TIME.search(line) is not None and _YEAR.search(line) is not None


class _Bounded:
    """Gathers one mail. A little more is kept than `most`, for the blank line that will be taken off."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = bytearray()
        self._size = 0

    def add(self, some: bytes) -> None:
        self._size += len(some)
        self._kept += some[: self._most + 3 - len(self._kept)]

    def take(self) -> bytes:
        """The mail as it was before it was put into the mailbox; the next one begins."""
        mail, size = bytes(self._kept), self._size
        self._kept, self._size = bytearray(), 0
        return (_as_it_was(mail) if len(mail) == size else mail)[: self._most + 1]


def _as_it_was(mail: bytes) -> bytes:
    for blank_line in _BLANK_LINES:  # it belongs to the mailbox
        if mail.endswith(blank_line):
            mail = mail[: len(mail) - len(blank_line) + 1]
            break
    if older := _OLDER_HOPS.match(mail):
        mail = mail[older.end() :]
    return _ESCAPED.sub(rb"\1", mail) if b">From " in mail else mail
