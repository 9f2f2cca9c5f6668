"""The members of a zip file, one after the other: it is read like a folder, and none of it is unpacked to disk."""

import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, BinaryIO

# What `zipfile` raises over broken lists and members, and over those that it has no password for.
ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
# Others are rare, and LZMA takes as much memory as the file says.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# A member, and the end of a list that holds none.
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


class BrokenArchive(Exception):
    """The list of members cannot be read. The message says why."""


def is_zip(head: bytes) -> bool:
    return head.startswith(_MAGIC)


@contextmanager
def opened(file: BinaryIO, head: bytes) -> Iterator[zipfile.ZipFile]:
    """The archive in `file`, of which `head` has been read. What cannot be read twice (a pipe) is kept on disk.

    The list of members stands at its end and is held in memory: about 700 bytes for each. Raises BrokenArchive.
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
        except ERRORS as error:
            raise BrokenArchive(f"broken zip file: {error}") from None
        with archive:
            yield archive


def members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Its files in their order, without hidden ones and what macOS adds."""
    for member in archive.infolist():
        names = PurePosixPath(member.filename).parts
        if not member.filename.endswith("/") and not any(name.startswith(".") or name == "__MACOSX" for name in names):
            yield member


def open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """A stream of its content. That and reading it raise ERRORS."""
    if member.compress_type not in _METHODS:
        raise NotImplementedError(f"it is packed in an unknown way ({member.compress_type})")
    return archive.open(member)
