"""From a file to the bytes of each delivery in it. What it is, its bytes tell: a zip file, a mailbox, or one delivery.

A zip file and a mailbox are containers, as a folder is: each member and each mail is a delivery of its own, with its
own raw bytes and its own outcome. A zip file within another is one delivery, in which `ingest()` finds reports (Q85).
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from collector.receive.files import archive, mbox

# Enough for a mailbox's first line and the beginning of the next.
_HEAD = 2048


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of one delivery. `where` is for people: the path, and which mail or member of it.

    One larger than the limit is cut behind its first byte too many: `ingest()` refuses it by its size all the same.
    """

    where: str
    raw: bytes = field(repr=False)
    file_name: str | None = None  # without its folders


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or the rest of one, that could not be read."""

    where: str
    why: str


Found = Piece | Unreadable


def pieces(file: BinaryIO, where: str, name: str | None, most: int) -> Iterator[Found]:
    """The deliveries in an open file called `name`, each of at most `most` bytes. An empty file holds none."""
    try:
        head = file.read(_HEAD)
        if archive.is_zip(head):
            with archive.opened(file, head) as zip_file:
                yield from _members(zip_file, where, most)
        else:
            yield from _content(head, file, where, name, most)
    except OSError as error:
        yield Unreadable(where, error.strerror or str(error))
    except archive.BrokenArchive as error:
        yield Unreadable(where, str(error))


def _members(zip_file: zipfile.ZipFile, where: str, most: int) -> Iterator[Found]:
    for member in archive.members(zip_file):
        inside = f"{where}: {member.filename}"
        try:
            with archive.open_member(zip_file, member) as stream:
                yield from _content(stream.read(_HEAD), stream, inside, PurePosixPath(member.filename).name, most)
        except archive.ERRORS as error:
            yield Unreadable(inside, str(error) or type(error).__name__)


def _content(head: bytes, stream: IO[bytes], where: str, name: str | None, most: int) -> Iterator[Piece]:
    if mbox.is_mbox(head):
        for number, raw in enumerate(mbox.mails(head, stream, most), 1):
            yield Piece(f"{where}: mail {number}", raw, name)
    elif head:
        yield Piece(where, head[: most + 1] + stream.read(max(most + 1 - len(head), 0)), name)
