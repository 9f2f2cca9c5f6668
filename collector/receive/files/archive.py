"""The members of a zip file, one after the other: it is read like a folder, and none of it is unpacked to disk."""

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

# What `zipfile` raises over broken members and over those that it cannot unpack or has no password for.
ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError)
# Of the list of members, which is read at once, also these.
_BROKEN_LIST = (*ERRORS, ValueError, OverflowError, LookupError)
# A member, and the end of a list that holds none.
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


class BrokenArchive(Exception):
    """The list of members cannot be read. The message says why."""


def is_zip(head: bytes) -> bool:
    return head.startswith(_MAGIC)


@contextmanager
def opened(file: BinaryIO, head: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive in `file`, of which `head` has been read. What cannot be read twice (a pipe) is kept on disk.

    The list of members stands at its end and is held in memory: about 600 bytes for each. Raises BrokenArchive.
    """
    with tempfile.TemporaryFile() as kept:
        if file.seekable():
            whole = file
        else:
            kept.write(head)
            shutil.copyfileobj(file, kept)
            whole = kept
        try:
            archive = zipfile.ZipFile(whole)
        except _BROKEN_LIST as error:
            raise BrokenArchive(f"broken zip file: {error}") from None
        with archive:
            yield archive


def members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Its files in their order, without hidden ones and what macOS adds."""
    for member in archive.infolist():
        names = PurePosixPath(member.filename).parts
        if not member.is_dir() and not any(name.startswith(".") or name == "__MACOSX" for name in names):
            yield member
