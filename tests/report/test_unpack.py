"""Bounded unpacking: gzip as it really comes (Q82, Q83), bombs, zip containers (Q85)."""

import gzip
import io
import zipfile
import zlib

import pytest

from collector.errors import ReportRefused
from collector.report.notes import Notes
from collector.report.unpack import Room, unpack, zip_members

TEXT = b'{"report-id": "1"}' * 20
PACKED = gzip.compress(TEXT, mtime=0)


def test_a_bomb_stops_at_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(bytes(200_000_000)) + packer.flush()
    room = Room(1_000_000)
    with pytest.raises(ReportRefused) as refused:
        unpack(bomb, room, Notes())
    assert refused.value.code == "limit"
    assert "1000000" in refused.value.message
    assert room.left == 0  # a mail of a thousand bombs unpacks one


def test_exactly_the_limit_is_allowed_and_one_byte_more_is_not() -> None:
    assert unpack(PACKED, Room(len(TEXT)), Notes()) == TEXT
    with pytest.raises(ReportRefused, match="larger than"):
        unpack(PACKED, Room(len(TEXT) - 1), Notes())


def test_room_is_for_a_whole_delivery() -> None:
    room = Room(len(TEXT) * 2)
    unpack(PACKED, room, Notes())
    unpack(TEXT, room, Notes())
    with pytest.raises(ReportRefused):
        unpack(PACKED, room, Notes())


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_zip_gives_its_reports_and_nothing_else() -> None:
    data = zipped({"a.json": TEXT, "readme.txt": b"no", "../b.json.gz": PACKED})
    assert zip_members(data, Room(10_000)) == [("a.json", TEXT), ("../b.json.gz", PACKED)]


@pytest.mark.parametrize(
    ("data", "room", "code"),
    [
        (zipped({"a.json": bytes(1_000_000)}), 1000, "limit"),
        (zipped({"a.json": TEXT})[:-30], 10_000, "unpack"),
        (zipped({"a.json": TEXT}, zipfile.ZIP_LZMA), 10_000, "unpack"),
        (b"PK\x03\x04" + bytes(100), 10_000, "unpack"),
    ],
    ids=["bomb", "cut off", "unknown method", "rubbish"],
)
def test_zip_refused(data: bytes, room: int, code: str) -> None:
    with pytest.raises(ReportRefused) as refused:
        zip_members(data, Room(room))
    assert refused.value.code == code
