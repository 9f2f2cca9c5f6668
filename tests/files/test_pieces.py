"""What is in a file: its bytes tell."""

import io
import re
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.receive.files.pieces import Piece, Unreadable, pieces
from tests.files.test_mbox import written
from tests.support import reports

MOST = 100_000
JSON = reports.to_json(reports.report())
PACKED = reports.to_gzip(JSON)
MAIL = reports.mail(reports.report())
OTHER = reports.mail(reports.report(report_id="other"))
MBOX = written([MAIL, OTHER])


def zipped(members: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


class Pipe(io.BytesIO):
    """Bytes that come once."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")


def found(content: bytes, most: int = MOST) -> list[Piece | Unreadable]:
    return list(pieces(io.BytesIO(content), "f", "f", most))


ZIP = zipped({"a/1.json": JSON, "a/": b"", "a/2.json.gz": PACKED, "mails": MBOX, "3.eml": MAIL})
IN_ZIP = [
    Piece("f: a/1.json", JSON, "1.json"),
    Piece("f: a/2.json.gz", PACKED, "2.json.gz"),
    Piece("f: mails: mail 1", MAIL, "mails"),
    Piece("f: mails: mail 2", OTHER, "mails"),
    Piece("f: 3.eml", MAIL, "3.eml"),
]
CASES = {
    "JSON": (JSON, [Piece("f", JSON, "f")]),
    "gzip": (PACKED, [Piece("f", PACKED, "f")]),
    "a mail": (MAIL, [Piece("f", MAIL, "f")]),
    "a mailbox": (MBOX, [Piece("f: mail 1", MAIL, "f"), Piece("f: mail 2", OTHER, "f")]),
    "a zip file": (ZIP, IN_ZIP),
    "nothing": (b"", []),
    "an empty zip file": (zipped({}), []),
    "rubbish": (b"\xff" * 5000, [Piece("f", b"\xff" * 5000, "f")]),
    "hidden members": (zipped({".a": b"x", "__MACOSX/._b.json": b"x", "b/.c/d": b"x", "e": b"x"}), [Piece("f: e", b"x", "e")]),
    "a zip file in a zip file is one delivery": (zipped({"inner.zip": ZIP}), [Piece("f: inner.zip", ZIP, "inner.zip")]),
    "an empty member": (zipped({"a": b"", "b": b"x"}), [Piece("f: b", b"x", "b")]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), CASES.values(), ids=CASES)
def test_what_a_file_holds(content: bytes, expected: list[Piece]) -> None:
    assert found(content) == expected
    assert list(pieces(Pipe(content), "f", "f", MOST)) == expected


def test_the_limit_is_that_of_each_delivery() -> None:
    most = 1500
    content = zipped({"large.json": b"{" * 10_000_000, "mails": written([MAIL, b"X: y\n" * 10_000, OTHER])})
    large, first, cut, last = found(content, most)
    assert [isinstance(one, Piece) and len(one.raw) for one in (large, cut)] == [most + 1, most + 1]
    assert (first, last) == (Piece("f: mails: mail 1", MAIL, "mails"), Piece("f: mails: mail 3", OTHER, "mails"))
    assert found(b"x" * 5000, 10) == [Piece("f", b"x" * 11, "f")]


def broken(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + bytes([value]) + content[at + 1 :]


STORED = zipped({"1.json": JSON, "2.json": JSON}, zipfile.ZIP_STORED)
BROKEN = {
    "cut off": (STORED[:-30], "f: broken zip file: File is not a zip file", 0),
    "another content": (broken(STORED, 60, 0), "f: 1.json: Bad CRC-32", 1),
    "no deflate data": (broken(zipped({"1.json": JSON * 3}), 36, 0xFF), "f: 1.json: Error -3 while decompressing", 0),
    "with a password": (
        broken(broken(STORED, 6, 1), STORED.index(b"PK\x01\x02") + 8, 1), "f: 1.json: .* password required", 1
    ),
    "packed some other way": (
        broken(broken(STORED, 8, 97), STORED.index(b"PK\x01\x02") + 10, 97), "f: 1.json: it is packed in an unknown way", 1
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said", "others"), BROKEN.values(), ids=BROKEN)
def test_a_broken_zip_file(content: bytes, said: str, others: int) -> None:
    """What can be read of it is read."""
    results = found(content)
    [wrong] = [f"{one.where}: {one.why}" for one in results if isinstance(one, Unreadable)]
    assert re.match(said, wrong)
    assert sum(isinstance(one, Piece) for one in results) == others


@given(st.lists(st.tuples(st.integers(0, len(ZIP) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(ZIP)))
def test_any_damage_leaves_what_can_be_read(damage: list[tuple[int, int]], end: int) -> None:
    content = bytearray(ZIP)
    for at, value in damage:
        content[at] = value
    for one in found(bytes(content[:end])):
        assert isinstance(one, Unreadable) or len(one.raw) <= MOST + 1


class Failing(io.BytesIO):
    """A disk that fails in the middle."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 2048:
            raise OSError(5, "Input/output error")
        return super().read(size)


@pytest.mark.parametrize("content", [JSON.ljust(5000), MBOX * 2], ids=["JSON", "mbox"])
def test_a_disk_that_fails_is_told(content: bytes) -> None:
    *_, last = pieces(Failing(content), "f", "f", MOST)
    assert last == Unreadable("f", "Input/output error")
