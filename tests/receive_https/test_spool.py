"""Files that are there whole or not at all, and that nobody takes twice."""

import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest

from collector.delivery import Envelope
from collector.errors import SpoolUnavailable
from collector.ids import new_id
from collector.receive.https.spool import Depth, Entry, Spool

NOW = datetime(2026, 11, 24, 7, 0, 0, 123456, tzinfo=UTC)
ENVELOPE = Envelope("https", peer="192.0.2.1", content_type='application/tlsrpt+gzip; x="\xe9"')
ROOM = 1_000_000


def entry(raw: bytes = b"\x1f\x8b\n\0{}", id: UUID | None = None) -> Entry:  # noqa: A002
    return Entry(id or new_id(), NOW, ENVELOPE, raw)


def keep(spool: Spool, what: Entry) -> None:
    spool.keep(what).release()


@pytest.fixture
def spool(spool_folder: Path) -> Spool:
    return Spool(spool_folder, ROOM)


@pytest.mark.parametrize("raw", [b"", b"\n", b"\n\n{}", bytes(range(256)) * 1000], ids=len)
def test_what_comes_out_is_what_went_in(spool: Spool, raw: bytes) -> None:
    kept = entry(raw)
    keep(spool, kept)
    [name] = spool.names()
    found = spool.take(name)
    assert found is not None
    held, taken = found
    assert taken == kept
    held.done()
    assert spool.names() == []
    assert list(spool.folder.iterdir()) == []


def test_time_of_arrival_survives_in_utc(spool: Spool) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    keep(spool, Entry(new_id(), elsewhere, ENVELOPE, b""))
    found = spool.take(spool.names()[0])
    assert found is not None
    assert found[1].received_at == NOW
    found[0].release()


def test_oldest_first(spool: Spool) -> None:
    kept = [entry() for _ in range(20)]
    for item in reversed(kept):
        keep(spool, item)
    assert [name.partition(".")[0] for name in spool.names()] == [str(item.id) for item in kept]


def test_others_cannot_read_it(spool: Spool) -> None:
    keep(spool, entry())
    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((spool.folder / spool.names()[0]).stat().st_mode) == 0o600


def test_one_at_a_time(spool: Spool) -> None:
    """While it is written, and while somebody has taken it; another `Spool` is as good as another process."""
    other = Spool(spool.folder, ROOM)
    held = spool.keep(entry())
    [name] = spool.names()
    assert other.take(name) is None
    held.release()
    taken = other.take(name)
    assert taken is not None
    assert spool.take(name) is None
    taken[0].done()
    assert spool.take(name) is None
    assert spool.names() == []


BROKEN: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("emptied", lambda content: b""),
    ("cut off", lambda content: content[:-1]),
    ("longer", lambda content: content + b"x"),
    ("one bit", lambda content: content[:-1] + bytes([content[-1] ^ 1])),
    ("another version", lambda content: content.replace(b'"version":1', b'"version":2')),
    ("no JSON", lambda content: b"x" + content),
    ("no zone", lambda content: content.replace(b"123456Z", b"123456")),
    ("no id", lambda content: content.replace(b'"id":"', b'"id":"x')),
]


@pytest.mark.parametrize(("what", "damage"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_broken_file_is_set_aside(
    spool: Spool, caplog: pytest.LogCaptureFixture, what: str, damage: Callable[[bytes], bytes]
) -> None:
    good, bad = entry(), entry()
    keep(spool, good)
    keep(spool, bad)
    file = spool.folder / f"{bad.id}.post"
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    assert spool.take(file.name) is None
    assert file.with_suffix(".broken").read_bytes() == damaged
    assert spool.names() == [f"{good.id}.post"]
    assert str(bad.id) in caplog.text
    assert Spool(spool.folder, ROOM).depth().set_aside == 1


def test_what_was_left_unfinished_is_cleared_away_in_the_end(spool: Spool) -> None:
    keep(spool, entry())
    old, new = spool.folder / "old.part", spool.folder / "new.part"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    assert len(spool.names()) == 1
    assert (old.exists(), new.exists()) == (False, True)


def test_depth(spool_folder: Path) -> None:
    now = [0.0]
    spool = Spool(spool_folder, ROOM, monotonic=lambda: now[0])
    other = Spool(spool_folder, ROOM)
    assert spool.depth() == Depth()
    held = spool.keep(entry(bytes(1000)))
    size = (spool_folder / held.name).stat().st_size
    assert spool.depth() == Depth(1, size)
    keep(other, entry(bytes(1000)))
    assert spool.depth() == Depth(1, size)  # what another process does is seen a second later
    now[0] += 1.5
    assert spool.depth() == Depth(2, 2 * size)
    held.done()
    assert spool.depth() == Depth(1, size)


def test_it_may_be_full(spool_folder: Path) -> None:
    spool = Spool(spool_folder, 3000)
    held = spool.keep(entry(bytes(2000)))
    with pytest.raises(SpoolUnavailable, match=r"full \(limits\.spool_bytes\)"):
        spool.keep(entry(bytes(2000)))
    held.done()
    keep(spool, entry(bytes(2000)))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    spool = Spool(tmp_path / "file" / "spool", ROOM)
    with pytest.raises(SpoolUnavailable, match="takes nothing: Not a directory"):
        spool.keep(entry())
    assert spool.names() == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be made here: mount needs to be root, outside of a closed container")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(disk: Path) -> None:
    spool = Spool(disk / "spool", ROOM)
    held = spool.keep(entry(bytes(20_000)))
    with pytest.raises(SpoolUnavailable, match="takes nothing: No space left on device"):
        spool.keep(entry(bytes(60_000)))
    assert [file.name for file in spool.folder.iterdir()] == [held.name]  # nothing half is left
    held.done()
    keep(spool, entry(bytes(20_000)))
