"""From what was attached or posted to the JSON text: told by magic numbers, never by labels (Q77, Q79, Q96).

gzip at most twice (Q83, Q96), any header variant (Q82), several members and junk behind them (Q83); a zip
container with `.json` or `.json.gz` members (Q85). Everything is bounded before it is unpacked (RFC 8460 section 7).
"""

import io
import zipfile
import zlib
from dataclasses import dataclass, field

from collector.errors import ReportRefused
from collector.report.notes import Notes

GZIP = b"\x1f\x8b"  # RFC 1952 section 2.3.1
ZIP = b"PK\x03\x04"
_MAX_LAYERS = 2
_MAX_MEMBERS = 16  # of one gzip file
_MAX_ZIP_MEMBERS = 10_000
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(slots=True)
class Room:
    """How many unpacked bytes a delivery may still have. Once it was too small it stays empty."""

    left: int
    limit: int = field(init=False)

    def __post_init__(self) -> None:
        self.limit = self.left

    def take(self, size: int) -> None:
        if size > self.left:
            self.left = 0
            raise ReportRefused("limit", f"unpacked it is larger than {self.limit} bytes")
        self.left -= size


def is_packed(data: bytes) -> bool:
    """Whether the bytes begin as gzip or zip do."""
    return data.startswith((GZIP, ZIP))


def unpack(data: bytes, room: Room, notes: Notes) -> bytes:
    """The plain bytes in `data`. Raises ReportRefused (`unpack`, `limit`)."""
    for layer in range(_MAX_LAYERS):
        if not data.startswith(GZIP):
            break
        if layer:
            notes.add("Q83", "packed twice")
        data = _gunzip(data, room.left, room, notes)
    if is_packed(data):
        raise ReportRefused("unpack", "packed more than twice" if data.startswith(GZIP) else "a zip file within gzip")
    room.take(len(data))
    return data


def _gunzip(data: bytes, most: int, room: Room, notes: Notes) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for _ in range(_MAX_MEMBERS):
        stream = zlib.decompressobj(31)
        try:
            chunks.append(stream.decompress(data, most + 1 - size))
        except zlib.error as error:
            raise ReportRefused("unpack", f"broken gzip data: {error}") from None
        size += len(chunks[-1])
        if size > most:
            room.take(size)
        if not stream.eof:
            raise ReportRefused("unpack", "the gzip data ends too early")
        data = stream.unused_data
        if not data.startswith(GZIP):
            if data.strip(b"\r\n\0"):
                notes.add("Q83", f"{len(data)} bytes behind the gzip data were left out")
            return b"".join(chunks)
        notes.add("Q83", "gzip data of several members")
    raise ReportRefused("limit", f"more than {_MAX_MEMBERS} gzip members")


def zip_members(data: bytes, room: Room) -> list[tuple[str, bytes]]:
    """Name and bytes of each `.json`, `.json.gz` or `.gz` member of a zip file, in its order.

    Raises ReportRefused (`unpack`, `limit`).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if info.filename.lower().endswith((".json", ".gz"))]
            if len(infos) > _MAX_ZIP_MEMBERS:
                raise ReportRefused("limit", f"more than {_MAX_ZIP_MEMBERS} files in the zip file")
            return [(info.filename, _zip_member(archive, info, room)) for info in infos]
    except _ZIP_ERRORS as error:
        raise ReportRefused("unpack", f"broken zip file: {error}") from None


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: Room) -> bytes:
    if info.compress_type not in _ZIP_METHODS:
        raise ReportRefused("unpack", f"unknown packing of {info.filename!r} in the zip file")
    with archive.open(info) as member:
        content = member.read(room.left + 1)
    room.take(len(content))
    return content
