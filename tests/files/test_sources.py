"""From the paths of a command line to deliveries, and how far that has got."""

import io
import logging
import os
from pathlib import Path

import pytest

from collector.receive.files.pieces import Piece, Unreadable
from collector.receive.files.sources import Sources, size_of
from tests.files.test_mbox import FIRST, SECOND, written
from tests.files.test_pieces import zipped

MOST = 1000
BOX = written([FIRST, SECOND])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(BOX)
    (tmp_path / "b.zip").write_bytes(zipped({"1.json": b"{}", "2.json": b"[]"}))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x.json").write_bytes(b"{ }")
    return tmp_path


def test_everything_in_order(tree: Path) -> None:
    paths = [str(tree / "c"), "-", str(tree / "a"), str(tree / "b.zip"), str(tree / "gone")]
    assert list(Sources(paths, io.BytesIO(b"{}"), MOST)) == [
        Piece(f"{tree}/c/x.json", b"{ }", "x.json"),
        Piece("standard input", b"{}", None),
        Piece(f"{tree}/a: mail 1", FIRST, "a"),
        Piece(f"{tree}/a: mail 2", SECOND, "a"),
        Piece(f"{tree}/b.zip: 1.json", b"{}", "1.json"),
        Piece(f"{tree}/b.zip: 2.json", b"[]", "2.json"),
        Unreadable(f"{tree}/gone", "No such file or directory"),
    ]


def test_a_folder_named_dash_is_no_standard_input(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    (tree / "-").write_bytes(b"{}")
    assert list(Sources(["./-"], io.BytesIO(b""), MOST)) == [Piece("-", b"{}", "-")]


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.json")
    (tmp_path / name).write_bytes(b"{}")
    [piece] = Sources([str(tmp_path)], io.BytesIO(b""), MOST)
    assert isinstance(piece, Piece)
    assert (piece.file_name, piece.where) == ("caf\ufffd.json", f"{tmp_path}/caf\ufffd.json")


def test_what_is_empty_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "empty").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        assert list(Sources([str(tmp_path), "-"], io.BytesIO(b""), MOST)) == []
    assert caplog.messages == [f"{tmp_path}/empty: there is nothing in it", "standard input: there is nothing in it"]


def test_how_far_it_has_got(tree: Path) -> None:
    paths = [str(tree)]
    total = size_of(paths, io.BytesIO())
    sources = Sources(paths, io.BytesIO(), MOST)
    seen = [sources.done for _ in sources]
    assert seen == sorted(seen)
    assert 0 < seen[0] <= seen[-1] <= sources.done == total


def test_how_much_comes_through_a_pipe_nobody_can_tell(tree: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, (tree / "a").open("rb") as file:
        os.close(writing)
        assert size_of([str(tree / "a"), "-"], pipe) is None
        assert size_of([str(tree / "a"), "-", str(tree / "gone")], file) == 2 * len(BOX)
        sources = Sources(["-", str(tree / "a")], pipe, MOST)
        assert len(list(sources)) == 2
        assert sources.done == len(BOX)
